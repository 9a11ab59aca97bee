"""What an offer's periods may come to: how long the money is held, what calendars must publish.

The contract may take effect at any instant from the offer until the offer period is over, so that
every one of them is asked at the offer, and nothing fails later (SPEC sections 3 and 10).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.refusals import Code
from services.chassis.answers import Refusal
from services.contracts.domain.calendars import Calendar, Calendars
from services.contracts.domain.commands import At, ClaimedTerms, Offer
from services.contracts.domain.contract import ON_OFFER, Contract
from services.contracts.domain.periods import (
    DAYS_MAX,
    Days,
    Exact,
    Period,
    is_published,
    longest_hold,
)
from services.contracts.domain.zones import is_known

PERIOD_MS_MAX: Final = 100 * 366 * 24 * 3_600_000
"""A hundred years: beyond it no calendar or bank can answer for an instant."""
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Starts:
    """The instants at which an offer may take effect in time, both included."""

    first: datetime
    last: datetime

    @classmethod
    def of(cls, offer: Offer, at: At) -> "Starts":
        """Return those of ``offer``: its period is half-open."""
        end = offer.offer_expires_at
        return cls(at.t, end - _TICK if end > at.t else at.t)


def period_invalid(periods: Iterable[tuple[str, Period]]) -> Refusal | None:
    """Refuse the first period, by its clause, that is none or that nobody could answer for."""
    for clause, period in periods:
        if isinstance(period, Exact):
            if not 0 < period.duration_ms <= PERIOD_MS_MAX:
                return _invalid(clause, f"{period.duration_ms} ms", maximum_ms=str(PERIOD_MS_MAX))
        elif not 0 < period.days <= DAYS_MAX:
            return _invalid(clause, f"{period.days} days", maximum_days=str(DAYS_MAX))
        elif not is_known(period.zone):
            return _invalid(clause, f"in the zone {period.zone}, which there is not",
                            zone=period.zone)  # fmt: skip
    return None


def longest_chain(terms: ClaimedTerms, starts: Starts, calendars: Calendars) -> timedelta:
    """Return how long the money of any tranche may have to be held until its first deadline."""
    return max(
        longest_hold(period, starts.first, starts.last, _calendar_of(period, calendars))
        for period in {tranche.period for tranche in terms.tranches}
    )


def not_published(terms: ClaimedTerms, starts: Starts, calendars: Calendars) -> Refusal | None:
    """Refuse the first period that could run past the days which its calendar publishes."""
    for index, tranche in enumerate(terms.tranches):
        period = tranche.period
        if isinstance(period, Exact) or period.calendar is None:
            continue
        calendar = calendars.get(period.calendar)
        if is_published(period, starts.first, starts.last, calendar):
            continue
        facts = {"clause": f"tranches[{index}].period", "calendar": period.calendar}
        if calendar is None:
            detail = f"no calendar {period.calendar} is published"
            return Refusal(Code.CALENDAR_NOT_PUBLISHED, detail, facts)
        published = {
            "version": calendar.version,
            "published_from": calendar.first_day.isoformat(),
            "published_until": calendar.last_day.isoformat(),
        }
        return Refusal(
            Code.CALENDAR_NOT_PUBLISHED,
            f"{period.days} business days of {calendar.id} could leave its published days,"
            f" {calendar.first_day} to {calendar.last_day}",
            facts | published,
        )
    return None


def calendars_awaited(contract: Contract | None) -> list[str]:
    """Return the calendars by which the contract would find its deadlines if it took effect now."""
    if contract is None or contract.status not in ON_OFFER:
        return []
    periods = (tranche.period for tranche in contract.tranches)
    return [p.calendar for p in periods if isinstance(p, Days) and p.calendar is not None]


def _calendar_of(period: Period, calendars: Calendars) -> Calendar | None:
    return calendars.get(period.calendar or "") if isinstance(period, Days) else None


def _invalid(clause: str, detail: str, **facts: str) -> Refusal:
    return Refusal(Code.PERIOD_INVALID, f"{clause} is {detail}", {"clause": clause, **facts})
