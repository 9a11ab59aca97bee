"""When things happen: data time compressed onto the wall clock, and a heap of what is due.

Pure: instants come in as arguments. A day of the data lasts `scale_ms` of wall time.
"""

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, Generic, TypeVar

from crps.replay.plan import DISPUTE_PERIOD, ContractPlan

DAY_MS: Final = 24 * 3600 * 1000
MILLISECOND: Final = timedelta(milliseconds=1)
NEAR: Final = timedelta(milliseconds=200)
"""Closer than this to a deadline, the wall clock decides rather than the data."""

FUNDING_ROOM: Final = timedelta(seconds=60)
"""What an offer that is to be funded in time stays open after the instant of its payment.

A lapse is the one race decided by processing time (SPEC section 3), and seven compressed days may
be shorter than a busy machine needs for one payment, or a killed service for its restart. Without
this room the replay would measure that, and send home money that the data says came in time.
"""

ANSWER_ROOM: Final = timedelta(seconds=10)
"""What a dispute that is to be answered stays open after the instant of its answer.

Nobody can answer what it has not seen: the payee of a replay waits for the opening to be published,
and three compressed days may be over by then.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Data time on the wall clock: `data_start` falls on `wall_start`."""

    data_start: datetime
    wall_start: datetime
    scale_ms: int

    def wall(self, instant: datetime) -> datetime:
        """Return when an instant of the data comes."""
        return self.wall_start + compressed(instant - self.data_start, self.scale_ms)


def compressed(length: timedelta, scale_ms: int) -> timedelta:
    """Return how long a length of data time takes, to the microsecond."""
    # As a fraction: two years times the milliseconds of a day is no length that Python can hold.
    microseconds = Fraction(length // timedelta.resolution * scale_ms, DAY_MS)
    return timedelta(microseconds=round(microseconds))


def compressed_ms(length: timedelta, scale_ms: int) -> int:
    """Return the same in whole milliseconds, at least 1: a period of terms must be positive."""
    return whole_ms(compressed(length, scale_ms))


def whole_ms(length: timedelta) -> int:
    """Return a length of wall time as a period of terms: whole milliseconds, at least 1."""
    return max(round(length / MILLISECOND), 1)


def in_days(length_ms: float, scale_ms: int) -> float:
    """Return how many days of the data a length of wall time stands for."""
    return round(length_ms / scale_ms, 2)


def offer_period(plan: ContractPlan, scale_ms: int) -> timedelta:
    """Return how long the plan's offer stands on the wall clock.

    Its own period, compressed; with `FUNDING_ROOM` after the payment at least, if the data pays in
    time. An offer that the data lets lapse, unpaid or paid late, keeps the exact compression, and
    so does one at true dates, where nothing is too short.
    """
    period = compressed(plan.offer_period, scale_ms)
    if plan.funded_at is None or plan.funded_at - plan.offered_at >= plan.offer_period:
        return period
    if scale_ms == DAY_MS:
        return period
    return max(period, compressed(plan.funded_at - plan.offered_at, scale_ms) + FUNDING_ROOM)


def dispute_period(plan: ContractPlan, scale_ms: int) -> timedelta:
    """Return the dispute period of the plan's terms on the wall clock.

    Compressed; with `ANSWER_ROOM` after the answer at least, if the data has one. A dispute whose
    payee stays silent keeps the exact compression, and so does one that never comes or has its true
    dates.
    """
    period = compressed(DISPUTE_PERIOD, scale_ms)
    if plan.dispute is None or plan.dispute.answer_after is None or scale_ms == DAY_MS:
        return period
    return max(period, compressed(plan.dispute.answer_after, scale_ms) + ANSWER_ROOM)


class Agenda(Generic[T]):
    """What is still to be done, earliest first; equal instants in the order they were added."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, T]] = []
        self._added = 0
        self.last_due: datetime | None = None
        """The latest instant that was ever added."""

    def add(self, due: datetime, action: T) -> None:
        """Plan an action; an instant in the past is due at once."""
        self._added += 1
        heapq.heappush(self._heap, (due, self._added, action))
        self.last_due = due if self.last_due is None else max(self.last_due, due)

    def take_due(self, now: datetime) -> list[T]:
        """Remove and return what is due at `now`, in order."""
        due: list[T] = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    @property
    def next_due(self) -> datetime | None:
        """When the next action is due; None if nothing is planned."""
        return self._heap[0][0] if self._heap else None
