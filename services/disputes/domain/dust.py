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


def is_divisible(to_payee: int, to_payer: int, minimum: int) -> bool:
    """Tell whether two shares can be paid: each is 0 or at least ``minimum``."""
    return not any(0 < share < minimum for share in (to_payee, to_payer))


def payee_shares(to_payee: int, contested: int, minimum: int) -> dict[str, int]:
    """Return the legal shares of the payee next to ``to_payee``, by the name of the fact.

    None or all of what is contested is always one; between them both shares must be payable.
    """
    edges = {0, contested, minimum, contested - minimum}
    legal = {edge for edge in edges if 0 <= edge <= contested
             and is_divisible(edge, contested - edge, minimum)}  # fmt: skip
    below = [edge for edge in legal if edge <= to_payee]
    above = [edge for edge in legal if edge >= to_payee]
    named = {"to_payee_below": max(below, default=None), "to_payee_above": min(above, default=None)}
    return {name: share for name, share in named.items() if share is not None}
