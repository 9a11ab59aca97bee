"""Ends a process that lingers: one of its loops stands still, or the event loop itself does.

The first is found by a task that looks at the loops' pulses, the second by a thread, which does not
depend on the event loop and which also ends a process that does not manage to stop in order.
Nothing is lost by a hard end: every step of the hot path stands a crash.
"""

import asyncio
import contextlib
import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import structlog

from services.chassis.errors import ServiceError
from services.chassis.pulse import Pulse

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0
LEAVE_SECONDS: Final = 5.0
"""How long a process that must die may take to leave in order."""
EXIT_CODE: Final = 70
"""What the process ends with when nothing else is left (EX_SOFTWARE)."""


class Wedged(ServiceError):
    """A loop does not go round although nothing keeps it; only a new process helps."""


def standing_still(pulses: Mapping[str, Pulse], wedged_seconds: float) -> dict[str, str]:
    """Return, by loop, for how long those stand still that stand still for too long."""
    return {
        name: f"has not gone round for {pulse.still_for:.0f} s"
        for name, pulse in pulses.items()
        if pulse.still_for > wedged_seconds
    }


async def watch_loops(
    pulses: Callable[[], Mapping[str, Pulse]],
    wedged_seconds: float,
    stopping: asyncio.Event,
    fail: Callable[[BaseException], None],
) -> None:
    """Call ``fail`` once one of the loops stands still for ``wedged_seconds``."""
    while not stopping.is_set():
        still = standing_still(pulses(), wedged_seconds)
        if still:
            log.critical("service.wedged", loops=still)
            fail(Wedged(", ".join(f"{name} {how}" for name, how in still.items())))
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)


class Guard:
    """The thread: ends the process when the event loop stands still, or leaving takes too long.

    It counts its own rounds and not the clock, so that a process which was stopped as a whole and
    goes on later is not taken for one whose loop stood still.
    """

    def __init__(
        self, wedged_seconds: float, end: Callable[[int], object] = os._exit, look_s: float = 1.0
    ) -> None:
        """``end`` ends the process at once with a code."""
        self._rounds_allowed = max(1, int(wedged_seconds / look_s))
        self._end = end
        self._look_s = look_s
        self._answered = True
        self._leave_rounds: int | None = None
        self._over = threading.Event()

    @contextlib.contextmanager
    def guarding(self) -> Iterator[None]:
        """Guard the running event loop for the block."""
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._run, args=(loop,), name="guard", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()

    def must_leave(self) -> None:
        """Say that the process is to end: it has ``LEAVE_SECONDS`` to do so in order."""
        self._leave_rounds = int(LEAVE_SECONDS / self._look_s)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        silent = 0
        while not self._over.wait(self._look_s):
            silent = 0 if self._answered else silent + 1
            self._answered = False
            with contextlib.suppress(RuntimeError):  # The loop is closed: we are nearly gone.
                loop.call_soon_threadsafe(self._answer)
            if self._leave_rounds is not None:
                self._leave_rounds -= 1
            overdue = self._leave_rounds is not None and self._leave_rounds <= 0
            if silent >= self._rounds_allowed or overdue:
                self._die()
                return

    def _answer(self) -> None:
        self._answered = True

    def _die(self) -> None:
        # Frames only: a traceback with values could hold what must not be logged.
        with contextlib.suppress(Exception):
            faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        self._end(EXIT_CODE)
