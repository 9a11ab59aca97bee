"""Kills services while a replay runs: kill -9, one at random, at a fixed interval."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol


class Killable(Protocol):
    """Whoever can kill a service by its name."""

    def kill(self, name: str, /) -> int | None:
        """Kill it; return the pid that was hit, None if it was dead at this moment."""


@asynccontextmanager
async def killing(
    supervisor: Killable, names: Sequence[str], *, every_s: float | None, seed: int
) -> AsyncIterator[Counter[str]]:
    """Kill one of the services every `every_s` seconds inside the block; count the hits.

    The same seed draws the same services. Without an interval nothing is killed.
    """
    hits: Counter[str] = Counter()
    if every_s is None:
        yield hits
        return
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    task = asyncio.create_task(_kill(supervisor, names, every_s, chance, hits))
    try:
        yield hits
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _kill(
    supervisor: Killable,
    names: Sequence[str],
    every_s: float,
    chance: random.Random,
    hits: Counter[str],
) -> None:
    while True:
        await asyncio.sleep(every_s)
        name = chance.choice(names)
        if supervisor.kill(name) is not None:
            hits[name] += 1
