"""Reads what contracts and disputes say about our contracts: their events and their answers.

No consumer group: every partition is assigned, from where it ended when the observer started, and
the positions are kept here, so that a consumer that failed is replaced without losing a record.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas import topics
from schemas.envelope import TYPE_HEADER

TOPICS: Final = (
    topics.CONTRACTS_EVENTS.name,
    topics.CONTRACTS_ANSWERS.name,
    topics.DISPUTES_EVENTS.name,
    topics.DISPUTES_ANSWERS.name,
)
_POLL_MS: Final = 100
_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Observed:
    """One message about one of our contracts.

    `cause` is the message that led to it; `sequence` counts a contract's events on the topic.
    """

    contract_id: UUID
    topic: str
    type: str
    cause: str | None
    appended_at: datetime
    sequence: int | None
    data: Mapping[str, Any]


class Observer:
    """`start` before the first offer is sent, then `run`."""

    def __init__(
        self, bootstrap: str, contract_ids: frozenset[UUID], on_message: Callable[[Observed], None]
    ) -> None:
        self._bootstrap = bootstrap
        self._ours = {str(contract_id).encode(): contract_id for contract_id in contract_ids}
        self._on_message = on_message
        self._positions: dict[TopicPartition, int] = {}
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Remember where the topics end now. Raises KafkaError when the broker does not answer."""
        consumer = await self._consuming()
        self._positions = dict(await consumer.end_offsets(list(consumer.assignment())))
        for partition, offset in self._positions.items():
            consumer.seek(partition, offset)

    async def run(self) -> None:
        """Report what is said until cancelled."""
        try:
            while True:
                try:
                    consumer = await self._consuming()
                    batches = await consumer.getmany(timeout_ms=_POLL_MS)
                except (KafkaError, OSError):
                    await self._drop_consumer()
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                for partition, records in batches.items():
                    for record in records:
                        self._report(record)
                    self._positions[partition] = records[-1].offset + 1
        finally:
            await self._drop_consumer()

    def _report(self, record: ConsumerRecord[bytes, bytes]) -> None:
        contract_id = self._ours.get(record.key or b"")
        if contract_id is None:
            return
        message = json.loads(record.value or b"{}")
        wire_type = next(
            (value.decode() for name, value in record.headers if name == TYPE_HEADER),
            message.get("type", ""),
        )
        self._on_message(
            Observed(
                contract_id=contract_id,
                topic=record.topic,
                type=wire_type,
                cause=message.get("causationid"),
                appended_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
                sequence=message.get("sequence"),
                data=message.get("data", {}),
            )
        )

    async def _consuming(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            # A subscription without a group is an assignment of every partition.
            consumer = AIOKafkaConsumer(
                *TOPICS,
                bootstrap_servers=self._bootstrap,
                group_id=None,
                enable_auto_commit=False,
                fetch_max_wait_ms=50,
            )
            try:
                await consumer.start()
                for partition, offset in self._positions.items():
                    consumer.seek(partition, offset)
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    async def _drop_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(KafkaError, OSError):
                await consumer.stop()
