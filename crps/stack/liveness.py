"""Kills what lingers: a service that runs and does not say for long that it lives.

A process that is stopped, or whose event loop stands still, cannot end itself; its supervisor
starts a whole one in its place.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from crps.stack.readiness import ask_liveness
from crps.stack.supervisor import Supervisor

LOOK_S = 2.0
LINGERS_S = 30.0
"""Longer than a process takes to start, and than a busy machine keeps one from answering."""


@asynccontextmanager
async def ending_what_lingers(
    supervisor: Supervisor, ports: Mapping[str, int], *, lingers_s: float = LINGERS_S
) -> AsyncIterator[None]:
    """Ask the services at `ports` for the length of the block whether they live."""
    watches = [
        asyncio.create_task(_watch(supervisor, name, port, lingers_s), name=f"live-{name}")
        for name, port in ports.items()
    ]
    try:
        yield
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


async def _watch(supervisor: Supervisor, name: str, port: int, lingers_s: float) -> None:
    clock = asyncio.get_running_loop().time
    known, heard_at = supervisor.pid(name), clock()
    while True:
        await asyncio.sleep(min(LOOK_S, lingers_s / 2))
        lives = await ask_liveness(port)
        with contextlib.suppress(KeyError):  # It was stopped for good.
            pid = supervisor.pid(name)
            if lives or pid != known or pid is None:
                known, heard_at = pid, clock()
            elif clock() - heard_at > lingers_s:
                supervisor.kill(name)
