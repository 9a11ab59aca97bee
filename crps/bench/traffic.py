"""Open-loop traffic: orders go out at their scheduled instants, whatever the system does.

The release of a contract is sent as soon as the contract is seen effective, as a contented payer
would. One clock, this process's monotonic one, stamps the schedule and every observation.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from crps.bench.deals import Deal, Wire
from schemas import topics
from schemas.envelope import TYPE_HEADER
from services.chassis.partitioner import partition_of

TICK_SECONDS: Final = 0.005
"""How often what has become due is sent: part of the latency, since that counts from schedule."""
ROUND_ORDERS: Final = 500
"""Orders sent at once at most, so that releases are never kept waiting behind a long queue."""
STALL_SECONDS: Final = 30.0
"""Nothing has closed for so long: it is given up."""
_LEAD_SECONDS: Final = 0.2
_BATCH_BYTES: Final = 512 * 1024
_EFFECTIVE: Final = b"crps.contract.effective.v1"
_CLOSED: Final = b"crps.contract.closed.v1"

_ORDERS: Final = topics.ORDERS_EVENTS.name
_COMMANDS: Final = topics.CONTRACTS_COMMANDS.name
_EVENTS: Final = topics.CONTRACTS_EVENTS.name
_ANSWERS: Final = topics.CONTRACTS_ANSWERS.name


@dataclass(frozen=True, slots=True)
class Timings:
    """Of each contract, in seconds from the start; None for what never came."""

    scheduled: list[float]
    effective: list[float | None]
    closed: list[float | None]
    answers: int
    """Refusals and repeats that were answered: there must be none."""


class Traffic:
    """One run of prepared deals."""

    def __init__(self, bootstrap: str, deals: Sequence[Deal]) -> None:
        self._bootstrap = bootstrap
        self._deals = deals
        self._index = {deal.key: number for number, deal in enumerate(deals)}
        self._effective: list[float | None] = [None] * len(deals)
        self._closed: list[float | None] = [None] * len(deals)
        self._open = len(deals)
        self._releases: list[Deal] = []
        self._answers = 0
        self._progress = 0.0
        self._start = 0.0
        self._done = asyncio.Event()
        self._acks: set[asyncio.Future[Any]] = set()

    async def run(self, rate: float | None) -> Timings:
        """Offer ``rate`` contracts a second, or all at once, until all are closed or it stalls.

        Raises KafkaError when the broker does not answer or refuses a record.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=4 * _BATCH_BYTES,
        )
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, fetch_max_wait_ms=100)
        await producer.start()
        await consumer.start()
        try:
            self._partitions = len(await producer.partitions_for(_ORDERS))
            self._assign(consumer)
            await consumer.seek_to_end()
            self._start = asyncio.get_running_loop().time() + _LEAD_SECONDS
            self._progress = self._start
            scheduled = [0.0 if rate is None else n / rate for n in range(len(self._deals))]
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(consumer))
                sending = tasks.create_task(self._send(producer, scheduled))
                await self._finish()
                reading.cancel()
                sending.cancel()
        finally:
            await consumer.stop()
            await producer.stop()
        return Timings(scheduled, self._effective, self._closed, self._answers)

    def _assign(self, consumer: AIOKafkaConsumer) -> None:
        consumer.assign(
            [TopicPartition(t, p) for t in (_EVENTS, _ANSWERS) for p in range(self._partitions)]
        )

    async def _finish(self) -> None:
        while not self._done.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._done.wait(), 1.0)
            if asyncio.get_running_loop().time() - self._progress > STALL_SECONDS:
                return

    async def _send(self, producer: AIOKafkaProducer, scheduled: Sequence[float]) -> None:
        loop = asyncio.get_running_loop()
        sent, count = 0, len(self._deals)
        while True:
            elapsed = loop.time() - self._start
            due = sent
            while due < count and due - sent < ROUND_ORDERS and scheduled[due] <= elapsed:
                due += 1
            orders, sent = self._deals[sent:due], due
            releases, self._releases = self._releases, []
            await self._append(producer, _ORDERS, [(d.key, d.order) for d in orders])
            await self._append(producer, _COMMANDS, [(d.key, d.release) for d in releases])
            await asyncio.sleep(TICK_SECONDS if len(orders) < ROUND_ORDERS else 0)

    async def _append(
        self, producer: AIOKafkaProducer, topic: str, records: Sequence[tuple[bytes, Wire]]
    ) -> None:
        """Send the records and go on; a failure ends the run."""
        batches: dict[int, Any] = defaultdict(producer.create_batch)
        for key, wire in records:
            batch = batches[partition_of(key, self._partitions)]
            appended = batch.append(
                key=key, value=wire.value, timestamp=None, headers=list(wire.headers)
            )
            assert appended is not None, "a round of orders is smaller than a batch"
        for partition, batch in batches.items():
            ack = await producer.send_batch(batch, topic, partition=partition)
            self._acks.add(ack)
            ack.add_done_callback(self._acked)

    def _acked(self, ack: "asyncio.Future[Any]") -> None:
        self._acks.discard(ack)
        if not ack.cancelled():
            ack.result()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batches = await consumer.getmany(timeout_ms=200)
            now = loop.time() - self._start
            for partition, records in batches.items():
                if partition.topic == _ANSWERS:
                    self._answers += len(records)
                    continue
                for record in records:
                    self._note(record, now)

    def _note(self, record: Any, now: float) -> None:
        number = self._index.get(record.key)
        if number is None:
            return
        wire_type = next((value for name, value in record.headers if name == TYPE_HEADER), b"")
        if wire_type == _EFFECTIVE and self._effective[number] is None:
            self._effective[number] = now
            self._releases.append(self._deals[number])
        elif wire_type == _CLOSED and self._closed[number] is None:
            self._closed[number] = now
            self._progress = self._start + now
            self._open -= 1
            if self._open == 0:
                self._done.set()
