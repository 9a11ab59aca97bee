"""How long a chain period lasts: which instant ends it, and how that was found (SPEC section 3).

``n`` days end at the cut-off, local time, of the n-th such day after the local day of effect.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from services.contracts.domain.calendars import Calendar
from services.contracts.domain.zones import TZ_VERSION, Met, day_begins, instant_of, local_day

DAYS_MAX: Final = 36_600
"""A hundred years, as of exact periods."""
STARTS_MAX: Final = 60
"""Days of an offer period that are looked at one by one; beyond them a bound stands for them."""
_DAY: Final = timedelta(days=1)
_OFFSETS_APART: Final = timedelta(hours=26)
"""No two offsets from UTC lie further apart: -12 to +14 hours."""


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact duration."""

    duration_ms: int

    @property
    def unit(self) -> Literal["exact"]:
        """Return the word for it."""
        return "exact"


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a zone: every one, or the business days of a calendar."""

    days: int
    zone: str
    cutoff: time
    calendar: str | None = None
    """The id of the calendar; None: every day counts."""

    @property
    def unit(self) -> Literal["calendar_days", "business_days"]:
        """Return the word for it."""
        return "calendar_days" if self.calendar is None else "business_days"


Period = Exact | Days


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a deadline was found; of an exact period the period says it all."""

    period: Period
    effective_day: date | None = None
    last_day: date | None = None
    """The last day that was counted."""
    calendar_version: str | None = None
    tz_version: str | None = None
    met: Met | None = None


def derive(
    period: Period, effective_at: datetime, calendar: Calendar | None
) -> tuple[datetime, Derivation] | None:
    """Return the deadline and its derivation; None where its days are not published.

    ``calendar`` is the published version of the one that the period names, if it names one.
    """
    if isinstance(period, Exact):
        return effective_at + timedelta(milliseconds=period.duration_ms), Derivation(period)
    today = local_day(effective_at, period.zone)
    last_day = _last_day(period, today, calendar)
    if last_day is None:
        return None
    deadline_at, met = instant_of(last_day, period.cutoff, period.zone)
    version = None if calendar is None else calendar.version
    return deadline_at, Derivation(period, today, last_day, version, TZ_VERSION, met)


def is_published(
    period: Period, first: datetime, last: datetime, calendar: Calendar | None
) -> bool:
    """Tell whether the deadline can be found whenever in ``[first, last]`` it takes effect.

    A later start never ends earlier, so the two ends answer for all between.
    """
    if isinstance(period, Exact) or period.calendar is None:
        return True
    if calendar is None or last.date() - calendar.last_day > _DAY:
        return False
    days = (local_day(instant, period.zone) for instant in (first, last))
    return all(_last_day(period, day, calendar) is not None for day in days)


def longest_hold(
    period: Period, first: datetime, last: datetime, calendar: Calendar | None
) -> timedelta:
    """Return the longest time from a start in ``[first, last]`` to its deadline.

    Of one local day the first instant holds longest. Starts whose deadline is not published are
    left out. Beyond ``STARTS_MAX`` days it may be up to 26 h too long, never too short.
    """
    if isinstance(period, Exact):
        return timedelta(milliseconds=period.duration_ms)
    near = min(last, first + STARTS_MAX * _DAY)
    found = (
        (derive(period, start, calendar), start) for start in _starts(first, near, period.zone)
    )
    holds = [derived[0] - start for derived, start in found if derived is not None]
    if near < last:
        holds.append(_bound(period, calendar))
    return max(holds, default=timedelta(0))


def _starts(first: datetime, last: datetime, zone: str) -> Iterator[datetime]:
    yield first
    day, final = local_day(first, zone), local_day(last, zone)
    while day < final:
        day += _DAY
        yield day_begins(day, zone)


def _bound(period: Days, calendar: Calendar | None) -> timedelta:
    """Return what no start's hold exceeds."""
    longest = period.days * _DAY
    if period.calendar is not None:
        days = calendar.business_days if calendar is not None else ()
        pairs = zip(days, days[period.days :], strict=False)
        longest = max((later - earlier for earlier, later in pairs), default=timedelta(0))
    cutoff = timedelta(hours=period.cutoff.hour, minutes=period.cutoff.minute)
    return longest + cutoff + _OFFSETS_APART


def _last_day(period: Days, today: date, calendar: Calendar | None) -> date | None:
    if period.calendar is None:
        return today + period.days * _DAY
    return None if calendar is None else calendar.nth_after(today, period.days)
