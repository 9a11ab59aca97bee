"""The disputes service with a loop that breaks it on demand, run as a process by the fault tests.

The demand is a file that holds the fault's name; whoever takes it removes it first, so that the
process that follows is a whole one.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.chassis.bus import Bus
from services.chassis.lifecycle import Process, run
from services.chassis.processor import Processor
from services.chassis.pulse import Pulse
from services.disputes.app import runtime

DEMAND = Path(os.environ.get("FAULT_DEMAND", "/nowhere"))
NEVER = 3600.0

_buses: list[Bus] = []


async def dies() -> None:
    raise RuntimeError("the loop dies")


async def stands() -> None:
    await asyncio.Event().wait()


async def blocks() -> None:
    """Stop the whole event loop, as a computation without end would."""
    _sleep()


def _sleep() -> None:
    while True:
        time.sleep(NEVER)


async def sticks() -> None:
    """From now on a batch never ends."""

    async def process(*_: Any) -> None:
        await asyncio.Event().wait()

    Processor.process = process  # type: ignore[method-assign]


async def deafens() -> None:
    """Leave the consumer as aiokafka's issue 1154 does: to be joined anew, and nobody does."""
    coordinator = _buses[0].consumer._coordinator
    coordinator._coordination_task.cancel()
    coordinator._coordination_task = asyncio.create_task(stands())
    coordinator.request_rejoin()


FAULTS: dict[str, Callable[[], Awaitable[None]]] = {
    "dies": dies,
    "stands": stands,
    "blocks": blocks,
    "sticks": sticks,
    "deafens": deafens,
}


class Saboteur:
    """The loop; ``ends`` is the one fault it commits by returning."""

    def __init__(self) -> None:
        self.pulse = Pulse()

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            self.pulse.work()
            fault = _demanded()
            if fault == "ends":
                return
            if fault is not None:
                await FAULTS[fault]()
            await asyncio.sleep(0.05)


def _demanded() -> str | None:
    if not DEMAND.is_file():
        return None
    fault = DEMAND.read_text()
    DEMAND.unlink()
    return fault


def _saboteur(_: Process) -> Saboteur:
    return Saboteur()


def _remember_buses() -> None:
    start = Bus.start

    async def remembering(self: Bus, processor: Processor[Any]) -> None:
        _buses.append(self)
        await start(self, processor)

    Bus.start = remembering  # type: ignore[method-assign]


if __name__ == "__main__":
    _remember_buses()
    run(lambda: replace(runtime(), workers=(_saboteur,)))
