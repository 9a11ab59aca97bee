"""Sends the bank's reports: in order per contract, acknowledged by the broker or raised.

The producer is idempotent and is thrown away after any failure, since one hard error poisons it.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from connectors.sandbox_bank.messages import OUTBOUND, Outbound

SEND_SECONDS: Final = 15.0
BATCH_BYTES: Final = 512 * 1024


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition, from 0, of ``key``: murmur2, as every writer of these topics."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class Sender:
    """Owns the producer of the bank's own topic."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None

    async def send(self, records: Sequence[Outbound]) -> None:
        """Return once the broker has all ``records``; raises when it may not have one of them."""
        if not records:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._producing()
                count = len(await producer.partitions_for(OUTBOUND))
                sent = [
                    await producer.send_batch(builder, OUTBOUND, partition=partition)
                    for partition, builder in _pack(producer, records, count)
                ]
                await asyncio.gather(*sent)
        except BaseException:
            await self.drop()
            raise

    async def drop(self) -> None:
        """Throw the producer away."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await producer.stop()

    async def _producing(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES,
                max_request_size=4 * BATCH_BYTES,
                request_timeout_ms=10_000,
            )
            await self._producer.start()
        return self._producer


def _pack(
    producer: AIOKafkaProducer, records: Sequence[Outbound], partitions: int
) -> list[tuple[int, Any]]:
    """Lay records into record batches of one partition each, in their order."""
    batches: list[tuple[int, Any]] = []
    filling: dict[int, Any] = {}
    for record in records:
        partition = partition_of(record.key, partitions)
        builder = filling.get(partition)
        if builder is None or not _append(builder, record):
            builder = filling[partition] = producer.create_batch()
            batches.append((partition, builder))
            appended = _append(builder, record)
            assert appended, "a report is far smaller than a batch"
    return batches


def _append(builder: Any, record: Outbound) -> bool:
    metadata = builder.append(
        key=record.key, value=record.value, timestamp=None, headers=list(record.headers)
    )
    return metadata is not None
