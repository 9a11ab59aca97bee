"""Local wall-clock times of Brazil as instants: the one place where the dataset's zone is known.

Brazil moved its clocks at midnight until 2019, so both odd cases occur in the data: a midnight that
does not exist (spring, October or November), and an hour that comes twice (autumn, February).
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
SECOND: Final = timedelta(seconds=1)


def to_utc(wall: datetime, zone: ZoneInfo = SAO_PAULO) -> datetime:
    """Return the instant, in UTC, at which the clocks of `zone` show the naive time `wall`.

    A time in a gap is the first valid instant after it; a time that comes twice is the later one
    (SPEC section 3, "Deadline").
    """
    later = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if later.astimezone(zone).replace(tzinfo=None) == wall:
        return later
    after_gap = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return _end_of_gap(later, after_gap, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant with the new offset; `before` has the old one, `after` the new."""
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + timedelta(seconds=(after - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after


def local_day(instant: datetime, zone: ZoneInfo = SAO_PAULO) -> date:
    """Return the calendar day of `zone` in which the aware `instant` falls."""
    return instant.astimezone(zone).date()


def end_of_day(day: date, zone: ZoneInfo = SAO_PAULO) -> datetime:
    """Return the first instant, in UTC, that no longer belongs to `day` in `zone`."""
    return to_utc(datetime.combine(day + timedelta(days=1), time()), zone)
