"""The rail's minimum: which amounts can be drawn so that no dust is paid or left behind."""

from collections.abc import Sequence
from itertools import accumulate


def is_payable(x: int, frees: Sequence[int], minimum: int) -> bool:
    """Tell whether ``x`` can be drawn from ``frees`` in order (SPEC section 4).

    The movement must be at least ``minimum``, and what stays in each tranche 0 or at least that.
    """
    if x < max(minimum, 1) or x > sum(frees):
        return False
    left = x
    for free in frees:
        rest = free - min(left, free)
        if 0 < rest < minimum:
            return False
        left -= min(left, free)
    return True


def nearest_payable(x: int, frees: Sequence[int], minimum: int) -> tuple[int | None, int]:
    """Return the legal amounts next below (if any) and next above ``x``, from the same tranches.

    All of it is always legal, because no tranche ever holds less than ``minimum``.
    """
    ends = list(accumulate(frees))
    edges = {minimum, *ends, *(end - minimum for end in ends)}
    legal = [edge for edge in edges if is_payable(edge, frees, minimum)]
    return (
        max((edge for edge in legal if edge < x), default=None),
        min(edge for edge in legal if edge > x),
    )
