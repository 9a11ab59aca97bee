"""The disputes of a replay in numbers: who answered, what settled by itself, how fast. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from crps.audit.history import Dispute, History
from crps.replay.measures import Quantiles, in_ms, quantiles


def count_disputes(histories: Iterable[History]) -> dict[str, int]:
    """Return how many disputes were opened, and how many payees answered, were silent, conceded.

    An answer is any claim that the payee stated; it conceded if it gave up some of what was
    contested.
    """
    disputes = [dispute for history in histories for dispute in history.disputes]
    answered = sum(dispute.answered for dispute in disputes)
    return {
        "opened": len(disputes),
        "answered": answered,
        "silent": len(disputes) - answered,
        "conceded": sum(_payee_conceded(dispute) for dispute in disputes),
    }


def undisputed_share(histories: Iterable[History]) -> dict[str, float]:
    """Return, by asset, which share of the money in dispute the parties settled by themselves.

    In dispute is what was free when the payer opened it. Settled by the parties is what its claim
    left to the payee at once, and what either gave up by a statement.
    """
    disputed: dict[str, int] = defaultdict(int)
    settled: dict[str, int] = defaultdict(int)
    for history in histories:
        for dispute in history.disputes:
            disputed[history.asset] += dispute.admitted + dispute.contested
            settled[history.asset] += dispute.admitted + dispute.conceded
    return {asset: round(settled[asset] / disputed[asset], 4) for asset in sorted(disputed)}


def half_lives_ms(histories: Iterable[History]) -> Quantiles:
    """Return how long after its opening half of what a dispute contested was contested no more.

    By append times, from the opening to the decision that settles the half, or more; half of an
    odd amount is rounded down, but of one unit it is that unit. What is still open is left out.
    """
    return quantiles(
        in_ms(length)
        for history in histories
        for dispute in history.disputes
        if (length := _half_life(dispute)) is not None
    )


def _half_life(dispute: Dispute) -> timedelta | None:
    half, settled = max(dispute.contested // 2, 1), 0
    for decided in dispute.attributions:
        settled += decided.amount
        if settled >= half:
            return decided.appended_at - dispute.appended_at
    return None


def _payee_conceded(dispute: Dispute) -> bool:
    return any(
        decided.to == "payer" and decided.command_id is not None for decided in dispute.attributions
    )
