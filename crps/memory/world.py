"""The whole system in memory: four services, the bank, the log and one virtual clock."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from crps.memory.bank import BankProcess, Said, unchanged
from crps.memory.clock import VirtualClock
from crps.memory.database import Database
from crps.memory.log import Headers, Log, LogRecord
from crps.memory.process import NeverStill, ServiceProcess, Wiring, whole
from crps.memory.producer import Ack
from crps.memory.wirings import wirings
from services.chassis.inbox import Service

ROUNDS_MAX: Final = 2_000
"""More rounds than this without standing still means that something goes round in circles."""


class World:
    """Everything that runs, and nothing that decides what happens next."""

    def __init__(
        self,
        *,
        seed: int,
        start: datetime,
        upstream_keys: Mapping[str, bytes],
        partitions: int = 12,
        skews: Mapping[str, timedelta] | None = None,
        ack: Ack = lambda _: None,
        bend: Callable[[Said], Said] = unchanged,
        dress: Callable[[str, Service[Any]], Service[Any]] = lambda _, service: service,
    ) -> None:
        """``skews``: how far a service's database clock, or ``broker``, is ahead of the truth.

        ``ack`` and ``bend`` are faults of the broker and the bank; ``dress`` may wrap a service.
        """
        skews = skews or {}
        self.clock = VirtualClock(start)
        self.log = Log(self.clock.skewed(skews.get("broker", timedelta(0))), partitions)
        ids = random.Random(seed)  # noqa: S311  # a world repeats itself on purpose
        self.services = {
            wiring.name: ServiceProcess(
                replace(wiring, service=partial(_dressed, dress, wiring)),
                self.log,
                Database(self.clock.skewed(skews.get(wiring.name, timedelta(0)))),
                self.clock,
                upstream_keys,
                ack,
            )
            for wiring in wirings(lambda: UUID(int=ids.getrandbits(128), version=4))
        }
        self.bank = BankProcess(self.log, bend)
        self.paused: set[str] = set()
        """Services that stand still: they neither read nor send nor fire."""

    def append(self, topic: str, key: bytes, value: bytes, headers: Headers) -> LogRecord:
        """Write a record as somebody outside does."""
        return self.log.append(topic, key, value, headers)

    async def round(self) -> bool:
        """Let everybody do what there is to do at this instant; True if anything was done."""
        before = len(self.log.history)
        moved = False
        for service in self._running():
            if backlog := service.backlog():
                await service.consume(whole(backlog))
                moved = True
            await service.fire()
            while service.unsent:
                await service.relay.round()
        if backlog := self.bank.backlog():
            self.bank.serve(whole(backlog))
            moved = True
        return moved or len(self.log.history) > before

    async def rest(self) -> None:
        """Go round until nothing moves at this instant; raises ``NeverStill``."""
        for _ in range(ROUNDS_MAX):
            if await self.round():
                continue
            before = [service.waiting for service in self._running()]
            for service in self._running():
                await service.attend()
            after = [service.waiting for service in self._running()]
            if before == after and not await self.round():
                return
        raise NeverStill(f"still moving after {ROUNDS_MAX} rounds at {self.clock()}")

    def next_due(self) -> datetime | None:
        """Return the earliest instant that the scheduler, unless paused, still waits for."""
        if "scheduler" in self.paused:
            return None
        timers = self.services["scheduler"].database["timer"]
        return min((row["due_at"] for row in timers if row["waiting"]), default=None)

    def _running(self) -> list[ServiceProcess]:
        return [each for name, each in self.services.items() if name not in self.paused]

    async def run_out(self) -> None:
        """Rest, and move the clock to each next due instant, until nothing waits any more."""
        for _ in range(ROUNDS_MAX):
            await self.rest()
            due = self.next_due()
            if due is None:
                return
            # A little more, because append times are whole milliseconds and clocks may be skewed.
            late = max(due - self.clock(), timedelta(0)) + timedelta(milliseconds=20)
            self.clock.advance(late)
        raise NeverStill("deadline after deadline")


def _dressed(dress: Callable[[str, Service[Any]], Service[Any]], wiring: Wiring) -> Service[Any]:
    return dress(wiring.name, wiring.service())
