"""The virtual clock: it stands still until somebody moves it, and never goes back."""

from collections.abc import Callable
from datetime import datetime, timedelta

Clock = Callable[[], datetime]
"""Reads an instant, in UTC."""


class VirtualClock:
    """The one source of time of a world in memory."""

    def __init__(self, start: datetime) -> None:
        """``start`` is an aware instant in UTC."""
        self._now = start

    def __call__(self) -> datetime:
        """Return the present instant."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward by ``by``, which is not negative."""
        assert by >= timedelta(0), "time does not go back"
        self._now += by

    def advance_to(self, instant: datetime) -> None:
        """Move forward to ``instant``; one that is past changes nothing."""
        self._now = max(self._now, instant)

    def skewed(self, by: timedelta) -> Clock:
        """Return a clock that runs ``by`` ahead of this one (behind it, if negative)."""
        return lambda: self._now + by
