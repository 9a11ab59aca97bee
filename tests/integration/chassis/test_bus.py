"""The bus on real Kafka: what must not be lost, and how partitions are shared out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from crps.stack.addresses import Addresses
from schemas import topics
from services.chassis.bus import Bus
from services.chassis.config import ServiceSettings
from services.chassis.inbox import Subscription
from services.chassis.partitioner import partition_of
from services.chassis.positions import Partition
from services.chassis.work import Ahead

pytestmark = pytest.mark.connected

TOPIC = topics.SCHEDULER_EVENTS.name
SUBSCRIPTIONS = (
    Subscription(topics.SCHEDULER_EVENTS),
    Subscription(topics.DISPUTES_ANSWERS),
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
_NUMBERS = count(1)


class Recorder:
    """Takes the place of the processor: keeps what it is given, or fails."""

    def __init__(self, key: bytes, *, failing: bool = False) -> None:
        self.waiting_for_facts = False
        self.positions: dict[tuple[str, int], int] = {}
        self.values: list[bytes | None] = []
        self.failures: list[BaseException] = []
        self._key, self._failing = key, failing
        self._moved = asyncio.Condition()
        self.now = NOW
        self.early = b""
        """A record of this value was appended a minute after ``NOW``."""

    async def process(self, records: Sequence[Any]) -> Mapping[Partition, Ahead]:
        ours = [r for r in records if r.key == self._key]
        if self._failing and ours:
            raise RuntimeError("a bug below the processor")
        early = next((r for r in ours if r.value == self.early), None)
        ahead = early and Ahead(early.offset, NOW + timedelta(seconds=60), self.now)
        waits = bool(ahead and ahead.must_wait)
        async with self._moved:
            self.values += [r.value for r in ours if not waits or r.offset < early.offset]
            self._moved.notify_all()
        return {(early.topic, early.partition): ahead} if waits else {}

    async def attend(self, _: Any) -> None:
        """Nothing waits here."""

    async def clock(self) -> datetime:
        return self.now

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)

    async def saw(self, number: int) -> None:
        async with asyncio.timeout(30), self._moved:
            await self._moved.wait_for(lambda: len(self.values) >= number)


def new_group() -> str:
    return f"toy{next(_NUMBERS)}x{uuid4().hex[:8]}"


@contextlib.asynccontextmanager
async def running(
    stack: Addresses, group: str, recorder: Recorder, instance: str = "0"
) -> AsyncIterator[Bus]:
    settings = ServiceSettings(
        kafka=stack.kafka, postgres="postgresql://nowhere", instance=instance
    )
    bus = Bus(group, settings, SUBSCRIPTIONS, recorder.fail)
    # A batch that never ends is part of these tests; its process would be gone by now.
    bus._broker.config.broker_config.graceful_timeout = 0.5
    await bus.start(recorder)  # type: ignore[arg-type]
    try:
        yield bus
    finally:
        await bus.stop()


@pytest.fixture
async def producer(stack: Addresses) -> AsyncIterator[Any]:
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all")
    await producer.start()
    yield producer
    await producer.stop()


async def committed(stack: Addresses, group: str, key: bytes) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, group_id=f"crps.{group}")
    await consumer.start()
    try:
        return await consumer.committed(TopicPartition(TOPIC, partition_of(key, 12))) or 0
    finally:
        await consumer.stop()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def test_a_new_group_reads_what_was_written_before_it_came(
    stack: Addresses, producer: Any
) -> None:
    key, group = str(uuid4()).encode(), new_group()
    for value in (b"1", b"2"):
        last = await producer.send_and_wait(TOPIC, value, key=key)
    recorder = Recorder(key)
    async with running(stack, group, recorder):
        await recorder.saw(2)
    assert recorder.values == [b"1", b"2"]
    assert await committed(stack, group, key) > last.offset


async def test_a_batch_that_fails_ends_the_process_and_is_read_again(
    stack: Addresses, producer: Any
) -> None:
    key, group = str(uuid4()).encode(), new_group()
    first = await producer.send_and_wait(TOPIC, b"1", key=key)
    failing = Recorder(key, failing=True)
    async with running(stack, group, failing):
        await until(lambda: failing.failures)
        await producer.send_and_wait(TOPIC, b"2", key=key)
    assert [repr(e) for e in failing.failures] == ["RuntimeError('a bug below the processor')"]
    assert failing.values == []
    assert await committed(stack, group, key) <= first.offset
    mended = Recorder(key)
    async with running(stack, group, mended):
        await mended.saw(2)
    assert mended.values == [b"1", b"2"]


class _StrangeName(str):
    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"


async def test_headers_that_are_not_utf8_cost_no_record(stack: Addresses, producer: Any) -> None:
    key, group = str(uuid4()).encode(), new_group()
    strange: list[list[tuple[str, bytes]]] = [
        [], [("type", b"\xff\xfe")], [(_StrangeName("x"), b"1")], []
    ]  # fmt: skip
    batch = producer.create_batch()
    # The client's writer in Python, since the compiled one insists on well-formed names.
    batch._builder = _DefaultRecordBatchBuilderPy(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=100_000,
    )  # fmt: skip
    for number, headers in enumerate(strange):
        batch.append(key=key, value=b"%d" % number, timestamp=None, headers=headers)
    batch.close()
    await (await producer.send_batch(batch, TOPIC, partition=partition_of(key, 12)))
    recorder = Recorder(key)
    async with running(stack, group, recorder):
        await recorder.saw(4)
    assert recorder.values == [b"0", b"1", b"2", b"3"]
    assert recorder.failures == []


async def test_a_partition_ahead_of_the_clock_waits_and_the_others_go_on(
    stack: Addresses, producer: Any
) -> None:
    key, group = str(uuid4()).encode(), new_group()
    early = await producer.send_and_wait(TOPIC, b"1", key=key)
    for value in (b"early", b"3"):
        await producer.send_and_wait(TOPIC, value, key=key)
    await producer.send_and_wait(topics.DISPUTES_ANSWERS.name, b"other", key=key)
    recorder = Recorder(key)
    recorder.early = b"early"
    async with running(stack, group, recorder) as bus:
        await recorder.saw(2)
        assert sorted(recorder.values) == [b"1", b"other"]
        await producer.send_and_wait(topics.DISPUTES_ANSWERS.name, b"another", key=key)
        await recorder.saw(3)
        await until(lambda: bus.pauses.seconds)
        assert list(bus.pauses.seconds.values()) == [60.0]
        await bus._attend_once()
        assert bus.readiness() is None
        assert bus.pauses.trouble is not None
    assert await committed(stack, group, key) == early.offset + 1
    recorder.values.clear()
    async with running(stack, group, recorder) as bus:
        await until(lambda: bus.pauses.seconds)  # Whoever comes next meets the record again.
        recorder.now += timedelta(seconds=58)
        await bus._attend_once()
        await recorder.saw(2)
        assert bus.pauses.trouble is None
    assert recorder.values == [b"early", b"3"]
    assert recorder.failures == []
    assert await committed(stack, group, key) == early.offset + 3


async def test_two_processes_share_partition_numbers_not_topics(stack: Addresses) -> None:
    group, key = new_group(), b"nobody"
    recorders = Recorder(key), Recorder(key)
    async with (
        running(stack, group, recorders[0], "0") as one,
        running(stack, group, recorders[1], "1") as two,
    ):
        await until(lambda: len(one.consumer.assignment()) == len(two.consumer.assignment()) == 12)
        owned = [{tp.partition for tp in bus.consumer.assignment()} for bus in (one, two)]
        assert [len(numbers) for numbers in owned] == [6, 6]
        assert owned[0] | owned[1] == set(range(12))
        assert (one.readiness(), two.readiness()) == (None, None)


async def test_a_restarted_process_has_its_partitions_back(stack: Addresses, producer: Any) -> None:
    key, group = str(uuid4()).encode(), new_group()
    for number in (b"1", b"2"):
        await producer.send_and_wait(TOPIC, number, key=key)
        recorder = Recorder(key)
        async with running(stack, group, recorder) as bus:
            await recorder.saw(1)
            assert len(bus.consumer.assignment()) == 24
        assert recorder.values == [number]


async def test_a_topic_nobody_provisioned_is_not_created_by_the_way(
    stack: Addresses, producer: Any
) -> None:
    name = f"crps.nobody.{uuid4().hex}.v1"
    with pytest.raises((UnknownTopicOrPartitionError, TimeoutError)):
        async with asyncio.timeout(2):
            await producer.send_and_wait(name, b"x")
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        assert name not in await admin.list_topics()
    finally:
        await admin.close()


async def test_every_topic_has_the_partitions_of_the_table(producer: Any) -> None:
    for topic in topics.TOPICS:
        assert len(await producer.partitions_for(topic.name)) == 12
