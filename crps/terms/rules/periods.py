"""Rules about time: chain periods and their order, the dispute's period, moves, the rail's hold."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

from crps.terms.rules.rule import Draft, Found, Severity, length, rule
from schemas.values import written
from services.contracts.domain.horizons import Starts
from services.contracts.domain.offers import hold_needed

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_MS: Final = timedelta(milliseconds=1)
_YEAR_MS: Final = 366 * _DAY_MS


@rule(Severity.WARNING, "Give at least an hour; the payer can release earlier at any time.")
def chain_period_short(draft: Draft) -> Iterator[Found]:
    """Find periods in which the payer has no time to look."""
    for index, period_ms in enumerate(draft.periods_ms):
        if period_ms < _HOUR_MS:
            yield Found(
                f"tranches[{index}].period",
                f"After {length(period_ms)} the money is the payee's: the payer hardly has time to"
                " look at what it got, or to dispute it.",
            )


@rule(Severity.WARNING, "Shorten it, or split the sum into tranches that end one after another.")
def chain_period_long(draft: Draft) -> Iterator[Found]:
    """Find periods of more than a year."""
    for index, period_ms in enumerate(draft.periods_ms):
        if period_ms > _YEAR_MS:
            yield Found(
                f"tranches[{index}].period",
                f"The payee waits {length(period_ms)} for it if the payer says nothing, and the"
                " payer's money is bound as long.",
            )


@rule(Severity.WARNING, "List the tranches in the order of their deadlines.")
def deadlines_out_of_order(draft: Draft) -> Iterator[Found]:
    """Find that acts without a tranche follow another order than the list."""
    for index, (earlier, later) in enumerate(pairwise(draft.periods_ms), start=1):
        if later < earlier:
            yield Found(
                f"tranches[{index}].period",
                f"Tranche {index + 1} ends before tranche {index}: a release that names none pays"
                f" it first, and a return takes tranche {index} first.",
            )


@rule(Severity.NOTICE, "Set the periods apart, or name the tranche in every act.")
def deadlines_equal(draft: Draft) -> Iterator[Found]:
    """Find that the list decides between tranches, where deadlines do not."""
    periods = draft.periods_ms
    for index, period_ms in enumerate(periods):
        same = [number for number, other in enumerate(periods, 1) if other == period_ms]
        if len(same) > 1 and same[0] == index + 1:
            numbers = ", ".join(map(str, same))
            yield Found(
                f"tranches[{index}].period",
                f"Tranches {numbers} end at the same instant: a release that names none pays"
                f" tranche {same[0]} first, a return takes tranche {same[-1]} first.",
            )


@rule(Severity.WARNING, "Give at least a day: 86400000.")
def dispute_period_short(draft: Draft) -> Iterator[Found]:
    """Find that an answer may come too late."""
    dispute = draft.claimed.dispute
    if dispute.period_ms < _DAY_MS:
        loss = (
            "a payee that does not answer by then loses all that is contested"
            if dispute.silence_rule
            else "what the parties do not settle by then goes as they signed"
        )
        yield Found(
            "dispute.period_ms", f"A dispute ends after {length(dispute.period_ms)}: {loss}."
        )


@rule(Severity.NOTICE, "Write caps.extend_ms, such as 259200000 for three days.")
def extension_not_offered(draft: Draft) -> Iterator[Found]:
    """Find that the payee cannot give more time."""
    if draft.claimed.caps.extend_ms is None:
        yield Found(
            "caps.extend_ms",
            "The payee cannot give more time, so a payer that needs some has to open a dispute.",
        )


@rule(Severity.NOTICE, "Write caps.advance_ms below the shortest period, or 0 for no advance.")
def advance_unbounded(draft: Draft) -> Iterator[Found]:
    """Find that the payer can give up all of its time."""
    cap_ms = draft.claimed.caps.advance_ms
    if cap_ms is None or cap_ms >= min(draft.periods_ms):
        yield Found(
            "caps.advance_ms",
            "The payer may bring a deadline forward to the next instant, and then has no time left"
            " to look or to dispute: whoever presses it gains by that.",
        )


@rule(Severity.NOTICE, "Choose a cut-off at which no clock is turned, such as 17:00.")
def cutoff_on_a_turned_clock(draft: Draft) -> Iterator[Found]:
    """Find that the cut-off's hour is skipped or comes twice on the last day."""
    for index, (deadline_at, derivation) in enumerate(draft.deadlines):
        if derivation.met is not None:
            yield Found(
                f"tranches[{index}].period.cutoff",
                f"On the last day clocks are turned over the cut-off ({derivation.met}): the"
                f" deadline would be {written(deadline_at)}.",
            )


@rule(Severity.WARNING, "Shorten the periods or caps, or choose a rail that holds longer.")
def hold_barely_fits(draft: Draft) -> Iterator[Found]:
    """Find that the rail's own timer follows within a day."""
    hold_hours = draft.terms.rail.max_hold_hours
    if hold_hours is None:
        return
    needed = hold_needed(draft.claimed, Starts(draft.at, draft.at), draft.calendars)
    spare_ms = hold_hours * _HOUR_MS - needed // _MS
    if 0 <= spare_ms < _DAY_MS:
        yield Found(
            "rail.max_hold_hours",
            f"Beyond its margin the rail has {length(spare_ms)} to spare: if the bank is later than"
            " that, its own timer sends the payee's money back to the payer.",
        )
