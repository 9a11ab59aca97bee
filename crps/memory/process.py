"""One service process in memory: the real processor, relay and loops over the two borders.

A crash leaves the database and the committed offsets and nothing else; a restart builds the
process anew from them, as the operating system would.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from crps.memory.clock import VirtualClock
from crps.memory.database import Database, MemoryPool
from crps.memory.log import Log, LogRecord, Partition
from crps.memory.producer import Ack, MemoryRelay
from crps.proofs import ENVIRONMENT
from services.chassis.inbox import Service, Subscription
from services.chassis.intake import Intake
from services.chassis.journal import QUERIES
from services.chassis.processor import Processor

BACKOFF: Final = timedelta(milliseconds=300)
RETRIES_MAX: Final = 100


class NeverStill(Exception):
    """The system does not come to rest."""


class Crashed(BaseException):
    """The process dies here. Not an ``Exception``: nothing in it may survive this."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What makes a service: its name, topics and rooms, and how its tables are added."""

    name: str
    subscriptions: Sequence[Subscription]
    service: Callable[[], Service[Any]]
    add_tables: Callable[[Database], None]
    fire: Callable[[MemoryPool], Any] | None = None
    """One round of the service's own loop, if it has one."""


class ServiceProcess:
    """A running service; between two awaits nothing else runs."""

    def __init__(
        self,
        wiring: Wiring,
        log: Log,
        database: Database,
        clock: VirtualClock,
        upstream_keys: Mapping[str, bytes],
        ack: Ack = lambda _: None,
    ) -> None:
        """``clock`` is what a pause moves; the database has its own view of it."""
        self.wiring = wiring
        self.name = wiring.name
        self.database = database
        self.offsets: dict[Partition, int] = {}
        """The group's offsets, as the broker keeps them."""
        self._log = log
        self._clock = clock
        self._keys = upstream_keys
        self._ack = ack
        self._pool = MemoryPool(database)
        self._retries = 0
        wiring.add_tables(database)
        self._start()

    def _start(self) -> None:
        pool: Any = self._pool
        self._intake = Intake(
            self.wiring.subscriptions, self._keys, lambda _: self._log.partitions, ENVIRONMENT
        )
        self.service = self.wiring.service()
        self._processor = Processor(
            self.name,
            pool,
            self.wiring.subscriptions,
            self.service,
            self._intake,
            committed=lambda: None,
            backoff=self._back_off,
        )
        self.relay = MemoryRelay(self._pool, self._log, f"{self.name}-0", self._ack, self._clock)
        self._positions = dict(self.offsets)

    def restart(self) -> None:
        """Begin anew with what was committed."""
        self._start()

    def rewind(self, offsets: Mapping[Partition, int]) -> None:
        """Read on from ``offsets``, as after a rebalance or an operator's reset."""
        self.offsets |= offsets
        self._positions |= offsets

    def backlog(self) -> dict[Partition, int]:
        """Return how many records wait to be read, by partition, where there are any."""
        found = {}
        for subscription in self.wiring.subscriptions:
            for partition in self._log.partitions_of(subscription.topic.name):
                waiting = self._log.end(partition) - self._positions.get(partition, 0)
                if waiting:
                    found[partition] = waiting
        return found

    async def consume(self, counts: Mapping[Partition, int], *, commit: bool = True) -> None:
        """Process one batch of so many records of each partition, as the bus does.

        Without ``commit`` the offsets' commit fails, and the bus goes on all the same.
        """
        batch: list[LogRecord] = []
        for partition, count in counts.items():
            batch += self._log.read(partition, self._positions.get(partition, 0), count)
        await self.process(batch)
        read = {(r.topic, r.partition): r.offset + 1 for r in batch}
        self._positions |= read
        self.database.on_step("processed")
        if commit:
            self.offsets |= read
        if self._processor.waiting_for_facts:
            await self.attend()

    async def process(self, records: Sequence[LogRecord]) -> None:
        """Process these records as one batch, wherever they stand."""
        self._retries = 0
        await self._processor.process(records)

    async def attend(self) -> None:
        """Try again what waits, as the bus does once a second."""
        self._retries = 0
        await self._processor.attend(self)

    @property
    def waiting(self) -> list[tuple[object, ...]]:
        """What is held, and for what."""
        return [
            (*self.database["held_record"].key_of(row), row["reason"], row["facts_offset"])
            for row in self.database["held_record"]
        ]

    @property
    def unsent(self) -> int:
        """How many rows wait in the outbox."""
        return len(self.database["outbox"])

    async def fire(self) -> None:
        """Let the service's own loop go round once."""
        if self.wiring.fire is not None:
            await self.wiring.fire(self._pool)

    async def retry_blocked(self) -> None:
        """Do what an operator does after a repair: let every blocked contract try again."""
        for contract_id in {row["contract_id"] for row in self.database["held_record"]}:
            await self._pool.execute(QUERIES["retry_blocked"], contract_id)

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Return the offset after the last record of each partition."""
        return {partition: self._log.end(partition) for partition in partitions}

    async def committed(self, partition: Partition) -> int:
        """Return the offset up to which this service has processed the partition."""
        return self.offsets.get(partition, 0)

    async def _back_off(self, error: BaseException) -> None:
        self._retries += 1
        if self._retries > RETRIES_MAX:
            raise NeverStill(f"{self.name} runs one batch again and again") from error
        self._clock.advance(BACKOFF)


def whole(backlog: Mapping[Partition, int], limit: int = 500) -> dict[Partition, int]:
    """Return counts that take up to ``limit`` records of every partition."""
    return {partition: min(count, limit) for partition, count in backlog.items()}
