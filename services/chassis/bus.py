"""The one place that reads the log: one FastStream batch subscriber per service, manual commits.

Nothing here may raise into the framework: a swallowed exception would let the next commit pass
over an unprocessed batch. What cannot be survived ends the process instead.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from services.chassis.config import ServiceSettings
from services.chassis.errors import is_retryable
from services.chassis.fetching import tolerate_header_names
from services.chassis.inbox import Subscription
from services.chassis.pauses import Pauses
from services.chassis.polls import BUSY_SECONDS, Polls
from services.chassis.positions import Partition
from services.chassis.processor import Processor
from services.chassis.pulse import Pulse
from services.chassis.watchdog import Wedged
from services.chassis.work import Ahead

log = structlog.get_logger()

ATTEND_SECONDS: Final = 1.0
"""How often what waits is tried again, when no batch does it before."""
KAFKA_SECONDS: Final = 10.0
"""How long the log may take to say that it is there."""

LAG_SECONDS: Final = 1.0
"""How long positions that are not known yet may be waited for."""

Fetch = Callable[[Any], Awaitable[Any]]


class Bus:
    """The consumer of one service: batches in, exact offsets out."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        subscriptions: Sequence[Subscription],
        fail: Callable[[BaseException], None],
    ) -> None:
        """``fail`` ends the process with the error it is given."""
        self._name = name
        self._settings = settings
        self._topics = [s.topic.name for s in subscriptions]
        self._fail = fail
        self._processor: Processor[Any] | None = None
        self._polls = Polls(self._topics)
        self.pauses = Pauses()
        self._busy = False
        self._stuck_since: float | None = None
        self.pulse = Pulse()
        """Turns with every poll and with every try of a batch."""
        self._broker = KafkaBroker(
            settings.kafka,
            client_id=f"crps-{name}-{settings.instance}",
            ack_policy=AckPolicy.MANUAL,
            allow_auto_create_topics=False,
            consumer_only=True,
            graceful_timeout=15,
            logger=None,
        )
        self._subscriber = self._subscribe()

    def partitions_of(self, topic: str) -> int:
        """Return how many partitions ``topic`` has, as the consumer's metadata say."""
        return len(self.consumer.partitions_for_topic(topic) or ())

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The live consumer; RuntimeError before start and after stop."""
        consumer = self._subscriber.consumer
        if consumer is None:
            raise RuntimeError("the consumer is not running")
        return consumer

    async def start(self, processor: Processor[Any]) -> None:
        """Join the group and consume into ``processor``; raises when Kafka does not answer."""
        self._processor = processor
        tolerate_header_names()
        try:
            await self._broker.start()
        except BaseException:
            with contextlib.suppress(Exception):
                await self._broker.stop()
            raise

    async def stop(self) -> None:
        """Finish the batch under way and leave."""
        await self._broker.stop()

    async def attend(self, stopping: asyncio.Event) -> None:
        """Once a second try again what waits, and see that the consumer gets what it asks for."""
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ATTEND_SECONDS)
                return
            await self._attend_once()
            await self._end_if_wedged()

    async def _attend_once(self) -> None:
        assert self._processor is not None  # started
        try:
            await self._processor.attend(self)
            consumer = self._subscriber.consumer
            if consumer is not None and self.pauses.seconds:
                self.pauses.look(consumer, await self._processor.clock())
        except Exception as error:
            # What waits, waits for the next round; the database's absence is not its end.
            if not isinstance(error, KafkaError) and not is_retryable(error):
                raise
            log.warning("attend.failed", error=repr(error))

    async def _end_if_wedged(self) -> None:
        """Fail when nothing is read for long although Kafka answers: only a new consumer helps."""
        consumer = self._subscriber.consumer
        stuck = False
        if consumer is not None and not self._busy:
            self._trouble_of(consumer)
            # While Kafka is away waiting is right, and so is a while for joining afterwards.
            stuck = self._polls.stuck(consumer) and await _answers(consumer)
        if not stuck:
            self._stuck_since = None
            return
        now = time.monotonic()
        self._stuck_since = now if self._stuck_since is None else self._stuck_since
        if now - self._stuck_since >= self._settings.wedged_seconds:
            log.critical("consumer.wedged", seconds=round(now - self._stuck_since))
            self._fail(Wedged("the consumer reads nothing although Kafka answers"))

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Return the offset after the last record of each partition, now."""
        targets = [TopicPartition(*partition) for partition in partitions]
        ends = await self.consumer.end_offsets(targets)
        return {(tp.topic, tp.partition): offset for tp, offset in ends.items()}

    async def committed(self, partition: Partition) -> int:
        """Return the offset up to which this service has processed the partition."""
        return await self.consumer.committed(TopicPartition(*partition)) or 0

    async def lags(self) -> list[tuple[str, int]]:
        """Return topic and unread records of every partition assigned, as the last fetch told."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return []
        found = []
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(LAG_SECONDS):
                for tp in consumer.assignment():
                    unread = (consumer.highwater(tp) or 0) - await consumer.position(tp)
                    found.append((tp.topic, max(0, unread)))
        return found

    def readiness(self) -> str | None:
        """Return why the consumer is not working; None when it is."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return "not joined"
        if self._busy:
            # It reads no further before the batch is done; ``pulse`` tells how it fares.
            return None if consumer.assignment() else "no partition assigned"
        return self._trouble_of(consumer)

    def _trouble_of(self, consumer: AIOKafkaConsumer) -> str | None:
        positions = self._processor.positions if self._processor else {}
        return self._polls.trouble(consumer, positions)

    def _subscribe(self) -> Any:
        subscriber: Any = self._broker.subscriber(
            *self._topics,
            batch=True,
            group_id=f"crps.{self._name}",
            group_instance_id=f"crps.{self._name}.{self._settings.instance}",
            auto_offset_reset="earliest",
            max_records=self._settings.batch_records,
            batch_timeout_ms=self._settings.batch_timeout_ms,
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=3_000,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=512 * 1024,
            partition_assignment_strategy=(RangePartitionAssignor,),
            parser=_parse,
            decoder=_keep_raw,
        )
        subscriber(self._handle)
        subscriber.get_msg = self._fetch_or_fail(self._fetch)
        return subscriber

    async def _fetch(self, consumer: Any) -> tuple[Any, ...]:
        """Return what is there as soon as something is; nothing at all after a while.

        In the framework's place, which sleeps after an empty poll however near the next record.
        """
        batches = await consumer.getmany(
            timeout_ms=self._settings.batch_timeout_ms, max_records=self._settings.batch_records
        )
        return tuple(chain.from_iterable(batches.values()))

    def _fetch_or_fail(self, fetch: Fetch) -> Fetch:
        """Let no failed fetch pass: the framework would log it and go on after what it lost."""

        async def fetch_or_fail(consumer: Any) -> Any:
            self.pulse.turn()
            try:
                return await fetch(consumer)
            except ConsumerStoppedError:
                raise
            except Exception as error:
                log.exception("fetch.failed")
                self._fail(error)
                return await asyncio.Future()

        return fetch_or_fail

    async def _handle(self, records: Any, message: KafkaMessage) -> None:
        assert self._processor is not None  # set before the broker starts
        began, self._busy = time.monotonic(), True
        try:
            waiting = await self._processor.process(records)
            await self._commit(message.consumer, records, waiting)
            self.pauses.begin(message.consumer, waiting)
            if self._processor.waiting_for_facts:
                await self._attend_once()
        except Exception as error:
            log.exception("consumer.failed")
            self._fail(error)
            # Never return: the next batch must not be taken, nor its offsets committed.
            await asyncio.Event().wait()
        self._busy = False
        if time.monotonic() - began > BUSY_SECONDS:
            self._polls.forget()

    async def _commit(
        self, consumer: Any, records: Sequence[Any], waiting: Mapping[Partition, Ahead]
    ) -> None:
        offsets = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
        offsets |= {TopicPartition(*place): ahead.offset for place, ahead in waiting.items()}
        try:
            await consumer.commit(offsets)
        except KafkaError as error:
            # Normal in a rebalance: the new owner reads the batch again, silently.
            log.info("commit.failed", error=repr(error))


async def _answers(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether Kafka is there, asked over a connection that works by itself."""
    try:
        async with asyncio.timeout(KAFKA_SECONDS):
            await consumer.topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def _parse(records: tuple[Any, ...], original: Any) -> Any:
    """Let FastStream see one record, and no headers: one that is not UTF-8 would drop the batch.

    It would copy every record's value and headers, which nobody looks at.
    """
    message = await original((replace(records[0], headers=()),))
    message.raw_message = records
    return message


async def _keep_raw(message: Any) -> Any:
    """Decode nothing: the intake judges every record alone."""
    return message.raw_message
