"""The relay: sends what the outbox holds, in order per key, and forgets it once the broker has it.

At least once, never out of order per contract. Rows are deleted by id after the ack and after a
failure only each partition's acked prefix; a lease token keeps a relay that lost its shards from
deleting. The idempotent producer is rebuilt after any failure, since one hard error poisons it.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.envelope import TYPE_HEADER
from services.chassis.errors import is_retryable
from services.chassis.ids import new_uuid
from services.chassis.journal import QUERIES, SHARDS
from services.chassis.meters import Meters
from services.chassis.partitioner import partition_of
from services.chassis.pulse import Pulse

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=10)
ROWS_PER_SHARD: Final = 100
POLL_SECONDS: Final = 0.05
"""How long a row of another process, or of a crash, may wait; our own wake the relay at once."""
IDLE_POLL_SECONDS: Final = 0.25
"""How long it may wait at most, after two seconds or so with nothing to send."""
SEND_SECONDS: Final = 15.0
BATCH_BYTES: Final = 512 * 1024
EARLY_SECONDS: Final = 0.02
"""Pause before a record that the broker stamped too early is sent again."""

_CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json")


class Relay:
    """One process's relay over the shards it holds by lease."""

    def __init__(
        self, pool: asyncpg.Pool, bootstrap: str, owner: str, meters: Meters | None = None
    ) -> None:
        """``owner`` is stable over restarts, so that a restarted process has its shards at once."""
        self._pool = pool
        self._bootstrap = bootstrap
        self._owner = owner
        self._meters = meters or Meters()
        self._producer: AIOKafkaProducer | None = None
        self._token: UUID = new_uuid()
        self._shards: list[int] = []
        self._leased_at = float("-inf")
        self._wake = asyncio.Event()
        self._rest = POLL_SECONDS
        """How long to rest after a round that was not full, unless woken."""
        self.pulse = Pulse()
        self.trouble: str | None = None
        """Why the last round failed; None when it did not."""

    def wake(self) -> None:
        """Say that something was committed to the outbox."""
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Relay until ``stopping``; what is left stays in the outbox for the next one."""
        failures = 0
        try:
            while not stopping.is_set():
                self.pulse.turn()
                try:
                    self._wake.clear()
                    full = await self.run_once()
                    failures = 0
                    if full:
                        continue
                except Exception as error:
                    if not _is_passing(error):
                        raise
                    failures += 1
                    self.trouble = repr(error)
                    self._meters.send_failed()
                    log.warning("relay.failed", error=repr(error), failures=failures)
                    await self._drop_producer()
                    await asyncio.sleep(min(2.0, 0.05 * 2**failures))
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._rest)
        finally:
            await self._drop_producer()

    async def run_once(self) -> bool:
        """Send one round; True when there is surely more to send at once."""
        await self._lease()
        rows = (
            await self._pool.fetch(QUERIES["read_outbox"], self._shards, ROWS_PER_SHARD)
            if self._shards
            else []
        )
        early = await self._send(rows) if rows else False
        self._rest = POLL_SECONDS if rows else min(IDLE_POLL_SECONDS, self._rest * 1.1)
        self.pulse.work()
        self.trouble = None
        if early:
            await self._pause()
        return early or len(rows) >= ROWS_PER_SHARD

    async def _pause(self) -> None:
        """Let the broker's clock come nearer to the instant of a record that was early."""
        await asyncio.sleep(EARLY_SECONDS)

    async def _lease(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._leased_at < LEASE.total_seconds() / 3:
            return
        token = new_uuid()
        rows = await self._pool.fetch(
            QUERIES["lease_shards"], self._owner, token, list(range(SHARDS)), LEASE
        )
        self._token, self._shards = token, sorted(row[0] for row in rows)
        self._leased_at = now

    async def _send(self, rows: list[asyncpg.Record]) -> bool:
        """Send ``rows`` and delete what arrived; True when some came too early and stay.

        Raises the first failure after the acked prefix of every partition was deleted.
        """
        producer = await self._producing()
        batches = await _pack(producer, rows)
        async with asyncio.timeout(SEND_SECONDS):
            sent = [
                (batch, await producer.send_batch(batch.builder, batch.topic,
                                                  partition=batch.partition))
                for batch in batches
            ]  # fmt: skip
            outcomes = await asyncio.gather(*(f for _, f in sent), return_exceptions=True)
        arrived: list[asyncpg.Record] = []
        failed: dict[tuple[str, int], BaseException] = {}
        early = False
        for batch, outcome in zip(batches, outcomes, strict=True):
            target = (batch.topic, batch.partition)
            if isinstance(outcome, BaseException):
                failed.setdefault(target, outcome)
            if target in failed or isinstance(outcome, BaseException):
                continue
            appended_at = datetime.fromtimestamp(outcome.timestamp / 1000, UTC)
            for row in batch.rows:
                if row["not_before"] is not None and appended_at < row["not_before"]:
                    early = True
                else:
                    arrived.append(row)
        await self._pool.execute(
            QUERIES["delete_sent"],
            [row["shard"] for row in arrived],
            [row["id"] for row in arrived],
            self._token,
        )
        self._meters.sent(Counter(row["topic"] for row in arrived))
        for error in failed.values():
            raise error
        return early

    async def _producing(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES,
                max_request_size=4 * BATCH_BYTES,
                request_timeout_ms=10_000,
                metadata_max_age_ms=60_000,
            )
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await producer.stop()


@dataclass(slots=True)
class _Batch:
    topic: str
    partition: int
    builder: Any
    rows: list[asyncpg.Record]


async def _pack(producer: AIOKafkaProducer, rows: list[asyncpg.Record]) -> list[_Batch]:
    """Lay rows into record batches, one topic and partition each, in the order of their ids."""
    counts = {t: len(await producer.partitions_for(t)) for t in {row["topic"] for row in rows}}
    batches: list[_Batch] = []
    open_batches: dict[tuple[str, int], _Batch] = {}
    for row in rows:
        topic = row["topic"]
        target = (topic, partition_of(row["key"], counts[topic]))
        batch = open_batches.get(target)
        if batch is None or not _append(batch, row):
            batch = open_batches[target] = _Batch(*target, producer.create_batch(), [])
            batches.append(batch)
            appended = _append(batch, row)
            assert appended, "the size of every row was checked when it was written"
    return batches


def _append(batch: _Batch, row: asyncpg.Record) -> bool:
    headers = [(TYPE_HEADER, row["type"].encode()), _CONTENT_TYPE]
    extra = row["headers"]
    if extra:
        headers += [(n, v.encode()) for n, v in zip(extra[::2], extra[1::2], strict=True)]
    metadata = batch.builder.append(
        key=row["key"], value=row["value"], timestamp=None, headers=headers
    )
    if metadata is None:
        return False
    batch.rows.append(row)
    return True


def _is_passing(error: Exception) -> bool:
    """Tell whether a new producer or a new connection can help."""
    return isinstance(error, KafkaError) or is_retryable(error)
