"""A business calendar as a value: which days are business days, and how far that is published.

Saturdays and Sundays are free and all other days are worked, but for the holidays and the make-up
workdays that are listed (SPEC section 3).
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """One version of a calendar; what it says of its days never changes."""

    id: str
    version: str
    first_day: date
    last_day: date
    """Of the published days; of any other nothing is known."""
    holidays: frozenset[date]
    workdays: frozenset[date]
    """Saturdays and Sundays that are worked."""
    business_days: tuple[date, ...] = field(init=False, repr=False)
    """All of them, in order."""

    def __post_init__(self) -> None:
        days = (self.first_day + n * _DAY for n in range((self.last_day - self.first_day).days + 1))
        business_days = tuple(day for day in days if self._is_worked(day))
        object.__setattr__(self, "business_days", business_days)

    def nth_after(self, day: date, n: int) -> date | None:
        """Return the ``n``-th business day after ``day``; None where it is not published."""
        if (self.first_day - day) > _DAY:
            return None
        index = bisect_right(self.business_days, day) + n - 1
        return self.business_days[index] if index < len(self.business_days) else None

    def _is_worked(self, day: date) -> bool:
        return day in self.workdays or (day.weekday() < _SATURDAY and day not in self.holidays)


Calendars = Mapping[str, Calendar]
"""Id -> the newest version that is published."""
