"""Sends the upstream's records in order, again and again until the broker has them.

Rounds: all that is waiting goes out at once, then the acks are awaited together. After a failure
the producer is rebuilt and what was not acked is sent again under the same ids, so a record may
stand in the log twice but two records of one contract never change places.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from crps.replay.messages import Outgoing

ROUND_SECONDS: Final = 20.0
"""An idempotent producer that was hit hard never ends its sends by itself."""
_PAUSE_SECONDS: Final = 0.2
_STOP_SECONDS: Final = 2.0

OnAck = Callable[[Outgoing, datetime], None]


class Publisher:
    """One idempotent producer and what waits for it. `run` it beside whoever posts."""

    def __init__(self, bootstrap: str, on_ack: OnAck) -> None:
        """`on_ack` is told each record that arrived, once, with the broker's append time."""
        self._bootstrap = bootstrap
        self._on_ack = on_ack
        self._waiting: deque[Outgoing] = deque()
        self._posted = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def post(self, message: Outgoing) -> None:
        """Hand a record over; it goes out after all that were posted before."""
        self._waiting.append(message)
        self._posted.set()

    async def run(self) -> None:
        """Send what is posted until cancelled."""
        try:
            while True:
                await self._posted.wait()
                self._posted.clear()
                await self._empty()
        finally:
            await self._drop_producer()

    async def _empty(self) -> None:
        while self._waiting:
            messages = list(self._waiting)
            self._waiting.clear()
            unsent = await self._round(messages)
            if unsent:
                self._waiting.extendleft(reversed(unsent))
                await self._drop_producer()
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _round(self, messages: list[Outgoing]) -> list[Outgoing]:
        """Send the messages and return those to be sent again, in order."""
        outcomes: list[Any] = []
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                producer = await self._producing()
                acks = [
                    await producer.send(m.topic, m.value, key=m.key, headers=list(m.headers))
                    for m in messages
                ]
                outcomes = await asyncio.gather(*acks, return_exceptions=True)
        except (KafkaError, TimeoutError, OSError):
            return messages
        return self._settle(messages, outcomes)

    def _settle(self, messages: list[Outgoing], outcomes: list[Any]) -> list[Outgoing]:
        """Report what arrived; whatever follows a failure of its contract goes again with it."""
        unsent: list[Outgoing] = []
        broken: set[tuple[str, bytes]] = set()
        for message, outcome in zip(messages, outcomes, strict=True):
            place = (message.topic, message.key)
            if isinstance(outcome, BaseException):
                broken.add(place)
            if place in broken:
                unsent.append(message)
            else:
                self._on_ack(message, datetime.fromtimestamp(outcome.timestamp / 1000, UTC))
        return unsent

    async def _producing(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                linger_ms=1,
                request_timeout_ms=10_000,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await producer.stop()
