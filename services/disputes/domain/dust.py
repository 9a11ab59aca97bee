"""The rail's minimum: which cuts of what is contested leave no dust, neither paid nor behind."""


def is_payable(cut: int, contested: int, minimum: int) -> bool:
    """Tell whether ``cut`` can move and what is left can still move (SPEC section 4).

    Both must be at least ``minimum``; what is left may be 0.
    """
    return max(minimum, 1) <= cut <= contested and (cut == contested or contested - cut >= minimum)


def nearest_payable(cut: int, contested: int, minimum: int) -> tuple[int | None, int]:
    """Return the legal cuts next below (if any) and next above ``cut``, which is not legal.

    All that is contested is always a legal cut, because it is never less than ``minimum``.
    """
    edges = {minimum, contested - minimum, contested}
    legal = [edge for edge in edges if is_payable(edge, contested, minimum)]
    return (
        max((edge for edge in legal if edge < cut), default=None),
        min(edge for edge in legal if edge > cut),
    )
