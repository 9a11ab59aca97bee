"""When a loop last went round, and when it last did what it is for: the ground of health."""

import time


class Pulse:
    """One loop's two instants, on the process's own monotonic clock.

    A loop that fails and tries again turns: it lives, and is not ready. One that does not turn
    is wedged: its process must die.
    """

    __slots__ = ("_turned", "_worked")

    def __init__(self) -> None:
        self._turned = time.monotonic()
        self._worked = float("-inf")

    def turn(self) -> None:
        """Say that the loop goes round."""
        self._turned = time.monotonic()

    def work(self) -> None:
        """Say that a whole round succeeded."""
        self._turned = self._worked = time.monotonic()

    @property
    def still_for(self) -> float:
        """Seconds since the loop last turned."""
        return time.monotonic() - self._turned

    @property
    def idle_for(self) -> float:
        """Seconds since a round last succeeded; infinite when none ever did."""
        return time.monotonic() - self._worked
