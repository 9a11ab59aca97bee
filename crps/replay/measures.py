"""The arithmetic of the closing report: outcomes, money and times of audited histories. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crps.audit.history import ENDED, Attribution, Dispute, History, Instruction, Statement
from crps.replay.plan import Outcome

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of times in milliseconds; None where nothing was measured."""

    p50: float | None
    p99: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class Money:
    """Where the money of one asset is, in minor units.

    `open` is counted by itself, from the buckets and from what the bank has not confirmed, so that
    `funded = settled + returned + open` can fail.
    """

    funded: int
    settled: int
    returned: int
    open: int

    @property
    def adds_up(self) -> bool:
        """Whether every unit that came in is somewhere, once: none lost, none paid twice."""
        return self.open >= 0 and self.funded == self.settled + self.returned + self.open


def outcome(history: History) -> Outcome | None:
    """Return how a contract ended; None while it has not.

    ``lapsed``: it never became effective. ``arrived``: the deadline moved at least a part.
    ``disputed``: not that, and something was settled by a dispute. Else by who moved it last.
    """
    if history.status not in ENDED:
        return None
    if history.effective_at is None:
        return "lapsed"
    causes = [attribution.cause for attribution in history.attributions]
    if "arrival" in causes:
        return "arrived"
    if set(causes) - {"release", "return"}:
        return "disputed"
    return "returned" if causes and causes[-1] == "return" else "released"


def money_by_asset(histories: Iterable[History]) -> dict[str, Money]:
    """Return the money of each asset, over all histories."""
    sums: dict[str, Money] = {}
    for history in histories:
        before = sums.get(history.asset, Money(0, 0, 0, 0))
        one = money_of(history)
        sums[history.asset] = Money(
            before.funded + one.funded,
            before.settled + one.settled,
            before.returned + one.returned,
            before.open + one.open,
        )
    return dict(sorted(sums.items()))


def money_of(history: History) -> Money:
    """Return where the money of one contract is."""
    confirmed: dict[str, int] = defaultdict(int)
    sent_home = 0
    for instruction in history.instructions:
        if instruction.confirmed_at is not None:
            confirmed[instruction.direction] += instruction.amount
            sent_home += instruction.amount if instruction.receipt is not None else 0
    funded = sum(receipt.amount for receipt in history.receipts)
    entered = history.total if history.effective_at is not None else 0
    attributed = sum(attribution.amount for attribution in history.attributions)
    executed = sum(confirmed.values()) - sent_home
    return Money(
        funded=funded,
        settled=confirmed["settle"],
        returned=confirmed["return"],
        open=history.free
        + history.contested
        + (attributed - executed)
        + (funded - entered - sent_home),
    )


def lateness_ms(histories: Iterable[History]) -> Quantiles:
    """Return how long after its deadline an arrival or a dispute's ending was instructed."""
    return quantiles(
        in_ms(instruction.appended_at - attribution.due_at)
        for attribution, instruction in _executed(histories)
        if attribution.due_at is not None
    )


def latency_ms(histories: Iterable[History]) -> Quantiles:
    """Return how long after a party's act was appended its instruction was."""
    return quantiles(
        in_ms(instruction.appended_at - attribution.command_appended_at)
        for attribution, instruction in _executed(histories)
        if attribution.command_appended_at is not None
    )


def quantiles(values: Iterable[float]) -> Quantiles:
    """Return median, 99th percentile and maximum, by the nearest rank."""
    ordered = sorted(values)
    if not ordered:
        return Quantiles(None, None, None)
    return Quantiles(_rank(ordered, 50), _rank(ordered, 99), round(ordered[-1], 1))


def count_instructions(histories: Collection[History]) -> dict[str, int]:
    """Return how many instructions of each direction were issued, and how many were confirmed."""
    every = [instruction for history in histories for instruction in history.instructions]
    settles = sum(instruction.direction == "settle" for instruction in every)
    confirmed = sum(instruction.confirmed_at is not None for instruction in every)
    return {"settle": settles, "return": len(every) - settles, "confirmed": confirmed}


def append_times(histories: Iterable[History]) -> dict[str, datetime]:
    """Return when each applied command was first appended, by its id.

    Openings and statements are among them, also those that moved nothing.
    """
    return {
        applied.command_id: applied.command_appended_at
        for history in histories
        for applied in _applied(history)
        if applied.command_id is not None and applied.command_appended_at is not None
    }


def _applied(history: History) -> Iterable[Attribution | Dispute | Statement]:
    yield from history.attributions
    for dispute in history.disputes:
        yield dispute
        yield from dispute.statements


def _executed(histories: Iterable[History]) -> Iterable[tuple[Attribution, Instruction]]:
    for history in histories:
        by_event = {i.event_id: i for i in history.instructions}
        for attribution in history.attributions:
            instruction = by_event.get(attribution.event_id)
            if instruction is not None:
                yield attribution, instruction


def _rank(ordered: Sequence[float], percent: int) -> float:
    # The smallest value that at least so many percent do not exceed.
    return round(ordered[-(-len(ordered) * percent // 100) - 1], 1)


def in_ms(length: timedelta) -> float:
    """Return a length in milliseconds."""
    return length / _MILLISECOND
