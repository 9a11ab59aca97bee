"""First deadlines, found anew from the signed periods and the instant of effect (SPEC section 3).

Business days are counted by the calendar version that the derivation names, as it is stored. Under
another release of the time zone database than the derivation names a deadline may differ by a day.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION

from crps.audit.books import CalendarRow
from schemas.contracts_v1 import ContractEffective, EffectiveTranche
from schemas.periods_v1 import BusinessDaysPeriod, CalendarDaysPeriod, Derivation
from schemas.terms_v1 import ExactPeriod, Period, Terms

Calendars = Mapping[tuple[str, str], CalendarRow]
"""By id and version."""

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_AROUND: Final = timedelta(hours=26)
"""No offset from UTC is further from any other."""


def deadlines_agreed(told: ContractEffective, terms: Terms, calendars: Calendars) -> Iterator[str]:
    """Yield a sentence for each tranche whose deadline is not what its signed period leads to."""
    if len(told.tranches) != len(terms.tranches):
        yield f"{len(told.tranches)} tranches took effect, {len(terms.tranches)} were signed"
    for number, (tranche, signed) in enumerate(
        zip(told.tranches, terms.tranches, strict=False), start=1
    ):
        if (flaw := _flaw(tranche, signed.period, told.effective_at, calendars)) is not None:
            yield f"the deadline of tranche {number} {flaw}"


def _flaw(
    tranche: EffectiveTranche, period: Period, effective_at: datetime, calendars: Calendars
) -> str | None:
    derivation = tranche.derivation
    stated = derivation.model_dump(include=set(type(period).model_fields))
    if stated != period.model_dump():
        return "is derived from another period than was signed"
    if isinstance(period, ExactPeriod):
        expected = effective_at + timedelta(milliseconds=period.duration_ms)
        return None if tranche.deadline_at == expected else "is not the one that was signed"
    zone = _zone(period.zone)
    if zone is None:
        return f"lies in the zone {period.zone}, which there is not"
    today = effective_at.astimezone(zone).date()
    if isinstance(period, BusinessDaysPeriod):
        calendar = calendars.get((period.calendar, derivation.calendar_version or ""))
        if calendar is None:
            return f"rests on {period.calendar} {derivation.calendar_version}, never published"
        last_day = _nth_business_day(today, period.days, calendar)
    else:
        last_day = today + period.days * _DAY
    if (derivation.effective_day, derivation.last_day) != (today, last_day) or last_day is None:
        return f"is derived from other days than {today} and {last_day}"
    return _differs(tranche.deadline_at, last_day, period, derivation, zone)


def _differs(
    found: datetime,
    last_day: date,
    period: CalendarDaysPeriod | BusinessDaysPeriod,
    derivation: Derivation,
    zone: ZoneInfo,
) -> str | None:
    expected = _at_cutoff(datetime.combine(last_day, time.fromisoformat(period.cutoff)), zone)
    apart = abs(found - expected)
    if apart == timedelta(0) or (derivation.tz_version != IANA_VERSION and apart <= _DAY):
        return None
    return "is not the one that was signed"


def _nth_business_day(day: date, n: int, calendar: CalendarRow) -> date | None:
    """Return the n-th business day after ``day``, counted one by one; None if not published."""
    while n > 0:
        day += _DAY
        if not calendar.first_day <= day <= calendar.last_day:
            return None
        is_weekday = day.isoweekday() <= 5 and day not in calendar.holidays
        n -= is_weekday or day in calendar.workdays
    return day


def _at_cutoff(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the last instant at which clocks in ``zone`` show ``wall``, else the first after."""
    around = wall.replace(tzinfo=UTC)
    offsets = {zone.utcoffset((around + k * _AROUND).astimezone(zone)) for k in (-1, 0, 1)}
    shown = [
        instant
        for instant in (around - (offset or timedelta(0)) for offset in offsets)
        if instant.astimezone(zone).replace(tzinfo=None) == wall
    ]
    if shown:
        return max(shown)
    low, high = around - _AROUND, around + _AROUND
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).replace(tzinfo=None) > wall:
            high = middle
        else:
            low = middle
    return high


@cache
def _zone(name: str) -> ZoneInfo | None:
    database = resources.files("tzdata")
    if name not in (database / "zones").read_text("utf-8").split():
        return None
    place = database.joinpath("zoneinfo", *name.split("/"))
    with place.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
