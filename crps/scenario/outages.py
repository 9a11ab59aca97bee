"""Outages on a real system: whenever something was done, a service is away while the rest goes on.

It stands still, is told to end, or is killed (`processes`). Either it is gone before the next
messages are written, so that they wait for it in the log; or it is hit a moment after them, at its
work. Everybody else comes to rest without it. Then it comes back, and all come to rest, at the
same instant of the virtual clock: it was late, and nothing else.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Final, Protocol

from crps.scenario.processes import Kind, Outage
from schemas.topics import SERVICES

MOST_OFTEN: Final = ("contracts", "disputes")
"""Who decides whose the money is, and so is away twice as often as the others."""
ROUND: Final = tuple(Outage(name, kind) for name in (*SERVICES, *MOST_OFTEN) for kind in Kind)
"""Every service in every way; the next round comes when all of this one have been."""

_WORKS_SECONDS: Final = 0.05
"""For about so long there is something to do after a message."""


class Interruptible(Protocol):
    """The services' processes."""

    async def take_away(self, outage: Outage) -> None:
        """Let the service stand still, or have its process end."""

    async def bring_back(self, outage: Outage) -> None:
        """Return once the service has a process that goes on, or a new one that starts."""


class Resting(Protocol):
    """A system that comes to rest, if need be without one of its services."""

    @property
    def processes(self) -> Interruptible:
        """Its processes."""

    def is_running(self, service: str) -> bool:
        """Tell whether the service runs, as far as the scenario says."""

    async def rest(self, *, without: str | None = None) -> None:
        """Wait until all who run, but this one, have done all there is to do."""


class Outages:
    """Takes one service after the other away; the same seed, the same outages."""

    def __init__(self, seed: int, works_s: float = _WORKS_SECONDS) -> None:
        """Hit a service at its work so long after a message at most."""
        self.seed = seed
        self._works_s = works_s
        self.counted: Counter[Outage] = Counter()
        """How often each service was away, and how."""
        # Repeatable on purpose.
        self._chance = random.Random(seed)  # noqa: S311
        self._drawn = self._draw()
        self._present: Outage | None = None

    def told(self) -> dict[str, dict[str, int]]:
        """Return for each service how often it was away in which way."""
        return {name: {k: self.counted[Outage(name, k)] for k in Kind} for name in SERVICES}

    async def rest(self, system: Resting) -> None:
        """Let the system rest without a service that is away, then with it.

        Half of the times the next one is gone when this returns.
        """
        if self._present is None:
            await asyncio.sleep(self._chance.uniform(0, self._works_s))
            await self._begin(system)
        if self._present is not None:
            await system.rest(without=self._present.service)
            await self.end(system)
        await system.rest()
        if self._chance.random() < 1 / 2:
            await self._begin(system)

    async def end(self, system: Resting) -> None:
        """Bring back who is away, if anybody is."""
        if self._present is not None:
            present, self._present = self._present, None
            await system.processes.bring_back(present)

    async def _begin(self, system: Resting) -> None:
        """Take the next one away; a service that the scenario has paused is away already."""
        for _ in ROUND:
            outage = next(self._drawn)
            if system.is_running(outage.service):
                await system.processes.take_away(outage)
                self._present = outage
                self.counted[outage] += 1
                return

    def _draw(self) -> Iterator[Outage]:
        while True:
            yield from self._chance.sample(ROUND, len(ROUND))
