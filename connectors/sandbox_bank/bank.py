"""The bank's loop: read a batch, report, and only when the reports are acked commit the batch.

It keeps no state, so a crash at any point costs a repeat of the same reports and nothing else.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from prometheus_client import generate_latest
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from connectors.sandbox_bank.config import SandboxBankSettings
from connectors.sandbox_bank.decide import decide
from connectors.sandbox_bank.messages import INBOUND, RAIL, Inbound, Outbound, UnreadableError
from connectors.sandbox_bank.messages import read as read_message
from connectors.sandbox_bank.messages import write as write_reports
from connectors.sandbox_bank.meters import BankMeters
from connectors.sandbox_bank.sending import Sender

log = structlog.get_logger()

GROUP: Final = f"crps.bank-{RAIL}"
POLL_MS: Final = 200
"""How long an empty poll lasts; records end it at once."""
BEAT_SECONDS: Final = 10.0
"""A loop that has not gone round for so long is not well."""


class SandboxBank:
    """One process of the bank; replicas share the partitions."""

    def __init__(self, settings: SandboxBankSettings) -> None:
        self._settings = settings
        self._sender = Sender(settings.kafka)
        self._meters = BankMeters()
        self._consumer: AIOKafkaConsumer | None = None
        self._trouble: str | None = "not started"
        self._turned = time.monotonic()
        self._answered: dict[str, tuple[int | None, float]] = {}
        """By topic, the stamp of the last answered fetch and since when it has stood."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until ``stopping``; raises what cannot be survived."""
        try:
            async for attempt in self._insist(stopping):
                with attempt:
                    await self._join()
            while not stopping.is_set() and self._consumer is not None:
                batch = await self._consumer.getmany(
                    timeout_ms=POLL_MS, max_records=self._settings.batch_records
                )
                await self._serve(batch, stopping)
                self._turned = time.monotonic()
        finally:
            await self._sender.drop()
            if self._consumer is not None:
                await self._consumer.stop()

    def readiness(self) -> str | None:
        """Return why the bank is not working; None when it is."""
        if self._trouble is not None or self._consumer is None:
            return self._trouble
        assigned = {partition.topic for partition in self._consumer.assignment()}
        if missing := sorted(set(INBOUND) - assigned):
            return f"no partition assigned of {', '.join(missing)}"
        if stale := self._stale(self._consumer):
            return f"no answer to a fetch for {BEAT_SECONDS:.0f} s: {', '.join(stale)}"
        still = self.still_for
        return None if still < BEAT_SECONDS else f"has not gone round for {still:.0f} s"

    async def metrics(self) -> bytes:
        """Return what was counted, as Prometheus reads it."""
        await self._meters.look(self._consumer)
        return bytes(generate_latest(self._meters.registry))

    @property
    def still_for(self) -> float:
        """Seconds since the loop last went round; trying again while Kafka is away is going."""
        return time.monotonic() - self._turned

    def _stale(self, consumer: AIOKafkaConsumer) -> list[str]:
        now = time.monotonic()
        newest: dict[str, int] = {}
        for partition in consumer.assignment():
            stamp = consumer.last_poll_timestamp(partition) or 0
            newest[partition.topic] = max(stamp, newest.get(partition.topic, 0))
        for topic, stamp in newest.items():
            if topic not in self._answered or self._answered[topic][0] != stamp:
                self._answered[topic] = (stamp, now)
        return sorted(t for t in newest if now - self._answered[t][1] > BEAT_SECONDS)

    async def _join(self) -> None:
        consumer = AIOKafkaConsumer(
            *INBOUND,
            bootstrap_servers=self._settings.kafka,
            group_id=GROUP,
            group_instance_id=f"{GROUP}.{self._settings.instance}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=self._settings.session_timeout_ms,
            fetch_max_wait_ms=100,
            partition_assignment_strategy=(RangePartitionAssignor,),
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        self._consumer = consumer
        self._trouble = None
        self._turned = time.monotonic()
        log.info("bank.started")

    async def _serve(self, batch: dict[TopicPartition, list[Any]], stopping: asyncio.Event) -> None:
        if not batch:
            return
        records = [out for inbound in batch.values() for out in answer(inbound)]
        async for attempt in self._insist(stopping):
            with attempt:
                await self._sender.send(records)
                self._trouble = None
        if self._trouble is not None:
            return
        self._meters.batch(sum(map(len, batch.values())), map(_type_of, records))
        assert self._consumer is not None  # it gave us the batch
        try:
            await self._consumer.commit({tp: rs[-1].offset + 1 for tp, rs in batch.items()})
        except KafkaError as error:
            # Normal in a rebalance: the new owner reads the batch again and repeats us.
            log.info("commit.failed", error=repr(error))

    def _insist(self, stopping: asyncio.Event) -> AsyncRetrying:
        """Try again while Kafka is away; end quietly, with the trouble left, when told to stop."""
        return AsyncRetrying(
            wait=wait_exponential_jitter(multiplier=0.2, max=3),
            retry=retry_if_exception_type((KafkaError, TimeoutError, OSError)),
            stop=lambda _: stopping.is_set(),
            before_sleep=self._note,
            retry_error_callback=self._note,
        )

    def _note(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._trouble = f"waiting for kafka: {error!r}"
        self._turned = time.monotonic()
        log.warning("bank.waiting", error=repr(error))


def _type_of(report: Outbound) -> str:
    return dict(report.headers)["type"].decode()


def answer(inbound: Iterable[Inbound]) -> list[Outbound]:
    """Return what the bank says to these records; one that cannot be read is logged, no more."""
    said: list[Outbound] = []
    for record in inbound:
        try:
            message = read_message(record)
        except UnreadableError as error:
            log.error("record.skipped", topic=record.topic, reason=str(error))
            continue
        said += write_reports(message, decide(message))
    return said
