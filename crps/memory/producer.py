"""The relay over the log in memory: the real relay, with a producer whose faults can be chosen."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from aiokafka.errors import KafkaError, RequestTimedOutError

from crps.memory.clock import VirtualClock
from crps.memory.database import MemoryPool
from crps.memory.log import Headers, Log, LogRecord, Partition
from services.chassis.errors import is_retryable
from services.chassis.meters import Meters
from services.chassis.outbox import EARLY_SECONDS, Relay

RECORDS_PER_BATCH: Final = 20
"""Small, so that one partition's rows often need several batches."""

Ack = Callable[[Partition], str | None]
"""Tells of a batch to this partition: None goes well, ``lost`` and ``unheard`` fail: the broker
does not have it, or has it and cannot say so."""


@dataclass(slots=True)
class _Builder:
    """A record batch being filled, as ``AIOKafkaProducer.create_batch`` gives it."""

    records: list[tuple[bytes, bytes, Headers]] = field(default_factory=list)

    def append(
        self,
        *,
        key: bytes,
        value: bytes,
        timestamp: int | None,  # noqa: ARG002  # the broker's time is what counts
        headers: list[tuple[str, bytes]],
    ) -> object | None:
        """Add a record; None when the batch is full."""
        if len(self.records) >= RECORDS_PER_BATCH:
            return None
        self.records.append((key, value, tuple(headers)))
        return self


class MemoryProducer:
    """An idempotent producer: once a partition failed it takes no more batches for it."""

    def __init__(self, log: Log, ack: Ack) -> None:
        self._log = log
        self._ack = ack
        self._poisoned: set[Partition] = set()

    async def partitions_for(self, _: str) -> set[int]:
        """Return the partitions of a topic."""
        return set(range(self._log.partitions))

    def create_batch(self) -> _Builder:
        """Return an empty batch."""
        return _Builder()

    async def send_batch(
        self, builder: _Builder, topic: str, *, partition: int
    ) -> "asyncio.Future[LogRecord]":
        """Append the batch; the future has its last record, or why it failed."""
        outcome: asyncio.Future[LogRecord] = asyncio.get_running_loop().create_future()
        target = (topic, partition)
        answer = "lost" if target in self._poisoned else self._ack(target)
        if answer != "lost":
            for record in builder.records:
                appended = self._log.append(topic, *record, partition=partition)
        if answer is None:
            outcome.set_result(appended)
        else:
            self._poisoned.add(target)
            outcome.set_exception(
                RequestTimedOutError() if answer == "unheard" else KafkaError("not leader")
            )
        return outcome

    async def stop(self) -> None:
        """Do nothing: nothing is open."""


class MemoryRelay(Relay):
    """The relay of one service process, sending into the log in memory."""

    def __init__(
        self,
        pool: MemoryPool,
        log: Log,
        owner: str,
        ack: Ack,
        clock: VirtualClock,
        meters: Meters,
    ) -> None:
        """``clock`` is moved by a pause; nothing sleeps."""
        # The relay takes whatever answers its statements; it is typed for the real pool.
        stand_in: Any = pool
        super().__init__(stand_in, "memory", owner, meters)
        self._log = log
        self._ack = ack
        self._clock = clock

    async def _pause(self) -> None:
        self._clock.advance(timedelta(seconds=EARLY_SECONDS))

    async def _producing(self) -> Any:
        if self._producer is None:
            self._producer = MemoryProducer(self._log, self._ack)
        return self._producer

    async def round(self) -> bool:
        """Send one round as the relay's loop does; True when there is more to send at once."""
        try:
            return await self.run_once()
        except Exception as error:
            if not (isinstance(error, KafkaError) or is_retryable(error)):
                raise
            await self._drop_producer()
            return True
