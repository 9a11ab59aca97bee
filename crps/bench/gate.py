"""The validity gate: what the log itself says of a run, read back record by record.

A run counts only if every offered contract was funded once, settled once, instructed by one
instruction id of its own, and nothing went to the dead letters.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from crps.bench.meters import Counted
from schemas import topics
from schemas.envelope import TYPE_HEADER

_FUNDED: Final = b"crps.contract.effective.v1"
_SETTLED: Final = b"crps.contract.closed.v1"
_INSTRUCTED: Final = b"crps.settlement.instructed.v1"
_TOPICS: Final = (
    topics.CONTRACTS_EVENTS.name,
    *(topics.settlements_events(rail).name for rail in topics.RAILS),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """Distinct contracts and instruction ids of a run, and what must not be there."""

    offered: int
    funded: int
    settled: int
    instructions: int
    dead_letters: int
    answers: int
    unread: int

    @property
    def valid(self) -> bool:
        """Tell whether the run counts."""
        return (
            self.offered == self.funded == self.settled == self.instructions
            and self.dead_letters == self.answers == self.unread == 0
        )


async def judge(
    bootstrap: str, before: Counted, after: Counted, *, offered: int, answers: int
) -> Gate:
    """Read what stands between two readings of the offsets, and count it."""
    seen = await _read(bootstrap, before, after)
    return Gate(
        offered=offered,
        funded=len(seen[_FUNDED]),
        settled=len(seen[_SETTLED]),
        instructions=len(seen[_INSTRUCTED]),
        dead_letters=after.dead_since(before),
        answers=answers,
        unread=after.unread,
    )


async def _read(bootstrap: str, before: Counted, after: Counted) -> dict[bytes, set[object]]:
    ranges = {
        partition: (before.ends.get(partition, 0), end)
        for partition, end in after.ends.items()
        if partition.topic in _TOPICS and end > before.ends.get(partition, 0)
    }
    seen: dict[bytes, set[object]] = defaultdict(set)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        consumer.assign(list(ranges))
        for partition, (start, _) in ranges.items():
            consumer.seek(partition, start)
        open_partitions: set[TopicPartition] = set(ranges)
        while open_partitions:
            for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
                end = ranges[partition][1]
                for record in records:
                    if record.offset < end:
                        _note(record, seen)
                if records[-1].offset + 1 >= end:
                    open_partitions.discard(partition)
    finally:
        await consumer.stop()
    return seen


def _note(record: object, seen: dict[bytes, set[object]]) -> None:
    headers = getattr(record, "headers", ())
    wire_type = next((value for name, value in headers if name == TYPE_HEADER), b"")
    if wire_type in (_FUNDED, _SETTLED):
        seen[wire_type].add(getattr(record, "key", None))
    elif wire_type == _INSTRUCTED:
        message = json.loads(getattr(record, "value", b""))
        seen[wire_type].add(message["data"]["instruction_id"])
