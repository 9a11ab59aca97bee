"""What a journey does by hand: publish exact bytes anywhere, read everything, wait for a record.

Nothing here sleeps: whoever waits is woken by the next record, or fails at its deadline with what
was seen instead.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from schemas import topics
from services.chassis.partitioner import partition_of

PARTITIONS: Final = 12
DEADLINE_SECONDS: Final = 60.0
_BATCH_BYTES: Final = 2 * 1024 * 1024

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A record read from the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes | None]

    @property
    def type(self) -> str:
        """The type as its header says it."""
        return (self.headers.get("type") or b"").decode(errors="replace")

    @property
    def json(self) -> Any:
        """The value as JSON."""
        return json.loads(self.value)


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a record of ours stands."""

    topic: str
    partition: int
    offset: int


class NonUtf8Name(str):
    """A header's name that is written as bytes no UTF-8 reader accepts."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"


class Player:
    """Publishes to any topic, and keeps all that the services say."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.seen: list[Seen] = []
        self._arrived = asyncio.Condition()
        self._producer: Any = None

    @contextlib.asynccontextmanager
    async def playing(self) -> AsyncIterator["Player"]:
        """Read from the present end of every topic for the length of the block."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            max_request_size=_BATCH_BYTES,
            max_batch_size=_BATCH_BYTES,
        )
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        await self._producer.start()
        await consumer.start()
        try:
            names = [topic.name for topic in topics.TOPICS if not topic.party_writable]
            consumer.assign([TopicPartition(n, p) for n in names for p in range(PARTITIONS)])
            await consumer.seek_to_end()
            reading = asyncio.create_task(self._read(consumer))
            try:
                yield self
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        finally:
            await consumer.stop()
            await self._producer.stop()

    async def send(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers,
        *,
        key: bytes | None,
        partition: int,
    ) -> Sent:
        """Append exactly this record; returns where it stands."""
        batch = self._producer.create_batch()
        # The client's writer in Python, since the compiled one insists on well-formed names.
        batch._builder = _DefaultRecordBatchBuilderPy(
            magic=2,
            compression_type=0,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=-1,
            batch_size=_BATCH_BYTES,
        )
        appended = batch.append(key=key, value=value, timestamp=None, headers=list(headers))
        assert appended is not None
        batch.close()
        acked = await self._producer.send_batch(batch, topic, partition=partition)
        stands = await acked
        return Sent(topic, partition, stands.offset)

    async def wait(
        self, found: Callable[[Seen], bool], what: str, *, seconds: float = DEADLINE_SECONDS
    ) -> Seen:
        """Return the first record for which ``found`` holds, past or to come."""

        def first() -> Seen | None:
            return next((record for record in self.seen if found(record)), None)

        async with self._arrived:
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait_for(lambda: first() is not None)
            except TimeoutError:
                raise AssertionError(f"never came: {what}; last:\n{self._last()}") from None
        record = first()
        assert record is not None
        return record

    async def event(self, contract_id: UUID, wire_type: str) -> Seen:
        """Wait for a contract's event of this type."""
        key = str(contract_id).encode()
        return await self.wait(
            lambda r: r.key == key and r.type == wire_type, f"{wire_type} of {contract_id}"
        )

    async def verdict(self, sent: Sent) -> tuple[str, str]:
        """Wait for what became of a bad record: ("refused" or "dead", code)."""
        record = await self.wait(lambda r: _is_verdict(r, sent), f"a verdict on {sent}")
        if record.type == "crps.command.refused.v1":
            return "refused", record.json["data"]["code"]
        assert record.headers["crps-detail"]
        return "dead", (record.headers["crps-reason"] or b"").decode()

    def _last(self) -> str:
        return "\n".join(f"{r.topic} {r.type} {r.key!r} {r.value[:200]!r}" for r in self.seen[-10:])

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        async for r in consumer:
            headers = dict(r.headers)
            async with self._arrived:
                self.seen.append(
                    Seen(r.topic, r.partition, r.offset, r.key, r.value or b"", headers)
                )
                self._arrived.notify_all()


def _is_verdict(record: Seen, sent: Sent) -> bool:
    if record.type == "crps.record.quarantined.v1":
        origin = tuple(record.headers.get(f"crps-origin-{n}") for n in
                       ("topic", "partition", "offset"))  # fmt: skip
        place = (sent.topic, str(sent.partition), str(sent.offset))
        return origin == tuple(part.encode() for part in place)
    if record.type == "crps.command.refused.v1":
        # An answer's id repeats where the command stands.
        place_of = f"/{sent.topic}/{sent.partition}/{sent.offset}"
        return str(record.json["id"]).endswith(place_of)
    return False


def contract_in(partition: int) -> UUID:
    """Return a new contract id that belongs to ``partition``."""
    while True:
        contract_id = uuid4()
        if partition_of(str(contract_id).encode(), PARTITIONS) == partition:
            return contract_id
