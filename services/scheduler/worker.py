"""The loop that fires due timers: at most 100 ms after the instant, never before it."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

import asyncpg
import structlog

from services.chassis.errors import is_retryable
from services.chassis.pulse import Pulse
from services.scheduler.store import Fired, fire_due

log = structlog.get_logger()

POLL_SECONDS: Final = 0.1
"""How long a timer may lie that another process armed, or that a batch under way has locked."""
RETRY_SECONDS: Final = 0.3


class TimerLoop:
    """Claims due timers and announces them through the outbox, in one statement a round."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        announced: Callable[[], None],
        late: Callable[[float], None] = lambda _: None,
    ) -> None:
        """``announced`` is called after each round that put something into the outbox.

        ``late`` is told of each timer by how many seconds it fired after its instant.
        """
        self._pool = pool
        self._announced = announced
        self._late = late
        self._wake = asyncio.Event()
        self.pulse = Pulse()

    def wake(self) -> None:
        """Say that timers were armed."""
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Fire until ``stopping``; what fails with the surroundings is tried again."""
        while not stopping.is_set():
            self.pulse.turn()
            self._wake.clear()
            pause = POLL_SECONDS
            try:
                fired = await self.run_once()
            except Exception as error:
                if not is_retryable(error):
                    raise
                log.warning("timers.failed", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if fired.full:
                continue
            if fired.next_in is not None and not fired.is_virtual:
                pause = min(pause, fired.next_in)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def run_once(self, now: datetime | None = None) -> Fired:
        """Fire one batch of what is due at ``now``, by default the database's clock."""
        fired = await fire_due(self._pool, now)
        if fired.count:
            self._announced()
        for seconds in () if fired.is_virtual else fired.late:
            self._late(seconds)
        self.pulse.work()
        return fired
