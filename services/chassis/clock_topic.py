"""What time it is by the sandbox's clock right now, however far this service has read.

A service's own clock runs while the service does not: what it records after an outage begins when
it is recorded, not when it was sent, so that no outage of ours eats a party's time (SPEC section
5). The controls among the commands tell when a record was appended; this topic tells the time.
"""

import asyncio
from datetime import datetime
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.registry import ADAPTERS
from schemas.topics import SANDBOX_CLOCK

log = structlog.get_logger()

_MOVED: Final = ADAPTERS[SANDBOX_CLOCK.name, "crps.clock.moved.v1"]
_ANY: Final = TopicPartition(SANDBOX_CLOCK.name, 0)
"""Every partition is told; the last record is the time."""
_POLL_MS: Final = 200
_ANSWER_SECONDS: Final = 10.0


class ClockTopic:
    """Reads the last record of the clock's own topic, through a consumer without a group."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: Any = None
        self._end = 0
        self._stands_at: datetime | None = None

    async def read(self) -> datetime | None:
        """Return where the clock stands; None where it was never set.

        While Kafka is away it is what was known before: nothing is read meanwhile either.
        """
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._read()
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("clock.unread", error=repr(error))
        return self._stands_at

    async def stop(self) -> None:
        """Leave."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _read(self) -> None:
        if self._consumer is None:
            self._consumer = await self._started()
        consumer = self._consumer
        end = (await consumer.end_offsets([_ANY]))[_ANY]
        if end == self._end:
            return
        consumer.seek(_ANY, end - 1)
        consumer.resume(_ANY)
        while await consumer.position(_ANY) < end:
            for record in (await consumer.getmany(timeout_ms=_POLL_MS)).get(_ANY, ()):
                self._take(record.value or b"")
        consumer.pause(_ANY)
        self._end = end

    def _take(self, value: bytes) -> None:
        try:
            to: datetime = _MOVED.validate_json(value).data.to
        except ValidationError:
            return  # Whoever consumes the topic sets it aside, loudly.
        self._stands_at = max(to, self._stands_at or to)

    async def _started(self) -> Any:
        # Behind a fetch that waits for more, the question where the topic ends would wait too.
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, group_id=None, fetch_max_wait_ms=1
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([_ANY])
        consumer.pause(_ANY)
        return consumer
