"""Tells whether a consumer gets what it asks for: every topic assigned, every partition answered.

The client can stand still without a word: out of its group and not joining again (aiokafka issue
1154), or with a partition that is never fetched. Both are seen here from outside.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

STALE_SECONDS: Final = 10.0
"""A partition that no fetch was answered for in so long is not being read."""
BUSY_SECONDS: Final = 5.0
"""After a batch that took longer the client begins anew with what it had read ahead."""


class Polls:
    """Watches one consumer. Whoever asks often gets exact ages; nothing here waits."""

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = frozenset(topics)
        self._seen: dict[TopicPartition, tuple[Any, float]] = {}

    def forget(self) -> None:
        """Begin anew: for a while the consumer had no reason to fetch."""
        self._seen.clear()

    def trouble(
        self, consumer: AIOKafkaConsumer, positions: Mapping[tuple[str, int], int]
    ) -> str | None:
        """Return why nothing, or not everything, is read; None when all is.

        ``positions`` are the next offsets by what was processed: where they move, all is well.
        """
        now = time.monotonic()
        assigned: frozenset[TopicPartition] = frozenset(consumer.assignment())
        # One that is paused on purpose is asked for by nobody.
        self._look(consumer, assigned - consumer.paused(), positions, now)
        if not assigned:
            return "no partition assigned"
        missing = self._topics - {partition.topic for partition in assigned}
        if missing:
            return f"no partition assigned of {', '.join(sorted(missing))}"
        stale = self._stale(now)
        if stale:
            return f"no answer to a fetch for {STALE_SECONDS:.0f} s: {', '.join(stale)}"
        return "out of its group, not joined again yet" if _must_rejoin(consumer) else None

    def stuck(self, consumer: AIOKafkaConsumer) -> bool:
        """Tell whether the consumer, as last looked at, does not read although it should.

        One without partitions that need not join anew is a spare, and well.
        """
        return _must_rejoin(consumer) or bool(self._stale(time.monotonic()))

    def _look(
        self,
        consumer: AIOKafkaConsumer,
        fetched: frozenset[TopicPartition],
        positions: Mapping[tuple[str, int], int],
        now: float,
    ) -> None:
        for lost in self._seen.keys() - fetched:
            del self._seen[lost]
        for partition in fetched:
            place = positions.get((partition.topic, partition.partition))
            look = (consumer.last_poll_timestamp(partition), place)
            if partition not in self._seen or self._seen[partition][0] != look:
                self._seen[partition] = (look, now)

    def _stale(self, now: float) -> list[str]:
        late = {p.topic for p, (_, since) in self._seen.items() if now - since > STALE_SECONDS}
        return sorted(late)


def _must_rejoin(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether the client knows that it must join its group anew and has not yet.

    It has no public sign of that; without the private one it counts as joined.
    """
    coordinator = getattr(consumer, "_coordinator", None)
    needed = getattr(coordinator, "_rejoin_needed_fut", None)
    return needed is not None and bool(needed.done())
