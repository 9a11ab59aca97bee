"""Kills services while a replay runs: kill -9, one after the other, at a fixed interval.

In rounds: each round hits every service once, in an order drawn anew. A victim so has the time to
come back and to be killed at its work; hitting one again and again would only keep it away.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol


class Killable(Protocol):
    """Whoever can kill a service by its name."""

    def kill(self, name: str, /) -> int | None:
        """Kill it; return the pid that was hit, None if it was dead at this moment."""


@asynccontextmanager
async def killing(
    supervisor: Killable | None, names: Sequence[str], *, every_s: float | None, seed: int
) -> AsyncIterator[Counter[str]]:
    """Kill one of the services every `every_s` seconds inside the block; count the hits.

    The same seed draws the same services. Without a supervisor or an interval nothing is killed.
    """
    hits: Counter[str] = Counter()
    if supervisor is None or every_s is None:
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
    for name in victims(names, chance):
        await asyncio.sleep(every_s)
        if supervisor.kill(name) is not None:
            hits[name] += 1


def victims(names: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Yield names for ever: every round all of them, never one twice in a row if there are more."""
    last: str | None = None
    while True:
        drawn = chance.sample(names, len(names))
        if drawn[0] == last:
            drawn.append(drawn.pop(0))
        yield from drawn
        last = drawn[-1]
