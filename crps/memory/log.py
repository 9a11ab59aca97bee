"""The broker in memory: append-only partitions, each record stamped by the broker's clock."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from crps.memory.clock import Clock
from schemas.topics import TOPICS
from services.chassis.intake import APPEND_TIME_TYPE
from services.chassis.partitioner import partition_of

Partition = tuple[str, int]
Headers = tuple[tuple[str, bytes], ...]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOPICS: Final = frozenset(topic.name for topic in TOPICS)


class LogRecord(NamedTuple):
    """A record as a consumer gets it; the fields are named as aiokafka names them."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """The broker's append time, milliseconds since the epoch."""
    timestamp_type: int
    key: bytes
    headers: Headers
    value: bytes

    @property
    def appended_at(self) -> datetime:
        """The append time as an instant."""
        return _EPOCH + timedelta(milliseconds=self.timestamp)


class Log:
    """All topics with all their partitions."""

    def __init__(self, clock: Clock, partitions: int) -> None:
        """``clock`` is the broker's; every topic has ``partitions`` partitions."""
        self._clock = clock
        self.partitions = partitions
        self._records: dict[Partition, list[LogRecord]] = defaultdict(list)
        self._filled: dict[str, list[Partition]] = defaultdict(list)
        self.history: list[LogRecord] = []
        """Everything, in the order in which it was appended."""

    def append(
        self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int | None = None
    ) -> LogRecord:
        """Append a record, by default to its key's partition; KeyError for an unknown topic."""
        if topic not in _TOPICS:
            raise KeyError(f"nobody provisioned {topic}")
        if partition is None:
            partition = partition_of(key, self.partitions)
        records = self._records[topic, partition]
        stamp = (self._clock() - _EPOCH) // timedelta(milliseconds=1)
        record = LogRecord(
            topic, partition, len(records), stamp, APPEND_TIME_TYPE, key, headers, value
        )
        if not records:
            self._filled[topic].append((topic, partition))
        records.append(record)
        self.history.append(record)
        return record

    def end(self, partition: Partition) -> int:
        """Return the offset after the partition's last record."""
        return len(self._records[partition])

    def partitions_of(self, topic: str) -> Sequence[Partition]:
        """Return the partitions of ``topic`` that have any record."""
        return self._filled[topic]

    def read(self, partition: Partition, offset: int, count: int) -> Sequence[LogRecord]:
        """Return up to ``count`` records from ``offset`` on."""
        return self._records[partition][offset : offset + count]

    def topic(self, name: str) -> list[LogRecord]:
        """Return the topic's records in the order in which they were appended."""
        return [record for record in self.history if record.topic == name]
