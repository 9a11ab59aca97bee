"""Reads topics whole, from their beginning to where they end now, into plain records.

No consumer group and no offset is kept, so an audit leaves no trace in the broker and reads the
same records every time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

_POLL_MS: Final = 500
_BATCH: Final = 2_000
_FETCH_BYTES: Final = 4 * 1024 * 1024
_NO_ERROR: Final = 0


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as the broker keeps it, and its place."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime
    """The broker's append time, in UTC."""
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """What was read: every record of the topics, in the order of each partition."""

    records: tuple[LogRecord, ...]
    missing: tuple[str, ...] = ()
    """Topics that the broker does not have."""
    cut: tuple[str, ...] = ()
    """Partitions whose beginning the broker no longer has: nobody can audit what stood there."""


async def read_log(bootstrap: str, topics: Collection[str]) -> Log:
    """Return all records of `topics` at the broker `bootstrap` (``host:port``).

    Raises aiokafka's `KafkaError` when the broker does not answer.
    """
    partitions, missing = await _partitions(bootstrap, topics)
    if not partitions:
        return Log((), missing)
    consumer = _consumer(bootstrap)
    await consumer.start()
    try:
        consumer.assign(partitions)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        records = await _read_to(consumer, ends)
    finally:
        await consumer.stop()
    cut = tuple(f"{p.topic}/{p.partition}" for p in partitions if begins[p] > 0)
    return Log(tuple(records), missing, cut)


async def read_ends(bootstrap: str, topics: Collection[str]) -> dict[tuple[str, int], int]:
    """Return the offset after the last record of each partition of `topics`, now."""
    partitions, _ = await _partitions(bootstrap, topics)
    if not partitions:
        return {}
    consumer = _consumer(bootstrap)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return {(p.topic, p.partition): end for p, end in ends.items()}


def _consumer(bootstrap: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
    )


async def _partitions(
    bootstrap: str, topics: Collection[str]
) -> tuple[list[TopicPartition], tuple[str, ...]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(sorted(topics))
    finally:
        await admin.close()
    known = [topic for topic in described if topic["error_code"] == _NO_ERROR]
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in known
        for partition in topic["partitions"]
    ]
    missing = set(topics) - {topic["topic"] for topic in known}
    return sorted(partitions), tuple(sorted(missing))


async def _read_to(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> Sequence[LogRecord]:
    records: list[LogRecord] = []
    unread = {partition for partition, end in ends.items() if end > 0}
    while unread:
        batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
        for partition, batch in batches.items():
            records.extend(_record(raw) for raw in batch if raw.offset < ends[partition])
        # The position also passes what holds no record, such as a control batch.
        unread = {p for p in unread if await consumer.position(p) < ends[p]}
    return records


def _record(raw: Any) -> LogRecord:
    # aiokafka has no types; this is the one place that knows its record.
    return LogRecord(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        appended_at=datetime.fromtimestamp(raw.timestamp / 1000, UTC),
        key=raw.key,
        headers=tuple(raw.headers),
        value=raw.value or b"",
    )
