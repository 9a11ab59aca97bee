"""The partitions of one consumer that wait until the database's clock agrees with the broker's.

Nothing of them is kept in memory: the consumer stands at the record that waits, and its offset is
what was committed. A restart, or another owner, meets the same record and pauses there anew.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.chassis.positions import Partition
from services.chassis.work import Ahead

log = structlog.get_logger()


class Pauses:
    """What is paused, and how far ahead it was when last looked at."""

    def __init__(self) -> None:
        self._ahead: dict[TopicPartition, Ahead] = {}

    def begin(self, consumer: AIOKafkaConsumer, waiting: Mapping[Partition, Ahead]) -> None:
        """Stand still at the records that wait, and read nothing behind them."""
        for place, ahead in waiting.items():
            partition = TopicPartition(*place)
            if partition not in consumer.assignment():
                continue  # Whoever owns it by now meets the record itself.
            consumer.seek(partition, ahead.offset)
            consumer.pause(partition)
            self._ahead[partition] = ahead
            log.error("partition.paused", topic=partition.topic, partition=partition.partition,
                      offset=ahead.offset, appended_at=ahead.appended_at.isoformat(),
                      ahead_seconds=ahead.seconds)  # fmt: skip

    def look(self, consumer: AIOKafkaConsumer, now: datetime) -> None:
        """Let go on what is not too far ahead any more at ``now``, by the database's clock."""
        paused = consumer.paused()
        for partition, ahead in list(self._ahead.items()):
            seen = replace(ahead, now=now)
            if partition in paused and seen.must_wait:
                self._ahead[partition] = seen
                continue
            del self._ahead[partition]
            if partition in paused:  # Otherwise a rebalance took it, and its pause with it.
                consumer.resume(partition)
                log.info("partition.resumed", topic=partition.topic, partition=partition.partition)

    @property
    def seconds(self) -> Mapping[TopicPartition, float]:
        """By partition that waits, how far its record was ahead at the last look."""
        return {partition: ahead.seconds for partition, ahead in self._ahead.items()}

    @property
    def trouble(self) -> str | None:
        """Say which partitions wait, and how far ahead each is; None when none does."""
        each = [f"{p.topic}/{p.partition} by {s:.1f} s" for p, s in sorted(self.seconds.items())]
        return f"too far ahead of the database's clock: {', '.join(each)}" if each else None
