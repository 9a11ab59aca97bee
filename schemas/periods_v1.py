"""Periods in days: how the terms state one, and how its deadline was found (SPEC section 3).

``n`` days end at the cut-off, local time, of the n-th such day after the local day of effect.
"""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from schemas.fields import Fact, Named, Request, Token

DayCount = Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]
"""A number of days; the rules refuse any but 1 to 36,600 as ``PERIOD_INVALID``."""
Zone = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+/-]{0,63}$"),
    Named("Zone", "A time zone by its IANA name, such as Asia/Shanghai."),
]
CutOff = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Named("CutOff", "A local time of day from 00:00 to 23:59, as 17:00."),
]
CALENDAR_ID: Final = "[A-Z][A-Z0-9-]{0,11}"
CalendarId = Annotated[
    str,
    StringConstraints(pattern=f"^{CALENDAR_ID}$"),
    Named("CalendarId", "A business calendar as it is installed, such as CN."),
]
CalendarVersion = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$"),
    Named("CalendarVersion", "Which edition of a business calendar."),
]
LapseReason = Annotated[
    Literal["calendar_not_published"],
    Named(
        "LapseReason",
        "Why an offer lapsed although it was accepted and funded: when it could have taken effect,"
        " a period ran past the days that its calendar published.",
    ),
]


class CalendarDaysPeriod(Request):
    """A chain period of calendar days (SPEC section 3)."""

    unit: Literal["calendar_days"]
    days: DayCount
    """How many days after the local day of effect, 1 to 36,600."""
    zone: Zone
    """Whose days they are."""
    cutoff: CutOff
    """When the last of them ends, local time."""


class BusinessDaysPeriod(Request):
    """A chain period of business days (SPEC section 3)."""

    unit: Literal["business_days"]
    days: DayCount
    """How many business days after the local day of effect, 1 to 36,600."""
    zone: Zone
    """Whose days they are."""
    cutoff: CutOff
    """When the last of them ends, local time."""
    calendar: Token
    """The id of the business calendar; without a published one the offer is refused."""


class Derivation(Fact):
    """How a deadline was found; frozen with it. Whoever has the same facts finds the same."""

    unit: Literal["exact", "calendar_days", "business_days"]
    duration_ms: int | None = None
    """Of an exact period: milliseconds from the instant of effect."""
    days: int | None = None
    """Of a period in days: how many were counted, and all that follows."""
    zone: Zone | None = None
    cutoff: CutOff | None = None
    effective_day: date | None = None
    """The local day of effect; the first day counted comes after it."""
    last_day: date | None = None
    """The last day counted, at whose cut-off the deadline is."""
    calendar: CalendarId | None = None
    """Of business days."""
    calendar_version: CalendarVersion | None = None
    """The newest that was published when the contract took effect."""
    tz_version: str | None = None
    """Release of the IANA time zone database by which the zone was read, such as 2026f."""
    met: Literal["gap", "fold"] | None = None
    """Where the clocks skip the cut-off, the deadline is the first instant after the `gap`; where
    they show it twice, the later one of the `fold`."""
