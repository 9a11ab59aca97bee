"""Local time in a zone, by the pinned IANA database and never the machine's own (SPEC section 3).

Two processes on different machines must find the same instant, so the zones come from the package
``tzdata``, whose release goes into every derivation.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION

TZ_VERSION: Final[str] = IANA_VERSION
"""Release of the IANA database, such as 2026f."""

Met = Literal["gap", "fold"]
_SECOND: Final = timedelta(seconds=1)


def is_known(zone: str) -> bool:
    """Tell whether the database has a zone of this name."""
    return zone in _names()


def local_day(instant: datetime, zone: str) -> date:
    """Return the day that it is in ``zone`` at ``instant``; KeyError of an unknown zone."""
    return instant.astimezone(zone_of(zone)).date()


def instant_of(day: date, at: time, zone: str) -> tuple[datetime, Met | None]:
    """Return when it is ``at`` on ``day`` in ``zone``, in UTC, and what stood in the way.

    In a gap it is the first instant after, also where the whole day is skipped; in a fold, when
    clocks show ``at`` twice, the later one.
    """
    earlier, later = _readings(day, at, zone)
    if earlier == later:
        return later, None
    if earlier < later:
        return later, "fold"
    # In a gap the offset after it gives the earlier instant of the two, and neither is shown.
    return _first_showing(datetime.combine(day, at), later, earlier, zone), "gap"


@lru_cache(maxsize=4096)
def day_begins(day: date, zone: str) -> datetime:
    """Return the first instant of a local day, in UTC; of a skipped day, that of the next."""
    earlier, later = _readings(day, time.min, zone)
    if earlier <= later:
        return earlier
    return _first_showing(datetime.combine(day, time.min), later, earlier, zone)


def _readings(day: date, at: time, zone: str) -> tuple[datetime, datetime]:
    """Return the instants by the offset before and after a change of clocks; else both are one."""
    wall = datetime.combine(day, at, tzinfo=zone_of(zone))
    return wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def _first_showing(wall: datetime, before: datetime, after: datetime, zone: str) -> datetime:
    """Return the first instant in ``(before, after]`` whose clocks show ``wall`` or later."""
    tz = zone_of(zone)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(tz).replace(tzinfo=None) >= wall:
            after = middle
        else:
            before = middle
    return after


@cache
def _names() -> frozenset[str]:
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return the zone of this name; KeyError when there is none."""
    if name not in _names():
        raise KeyError(name)
    place = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with place.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
