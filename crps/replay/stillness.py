"""Tells when the services have nothing left to do: no record unread, no outbox row unsent.

A replay is over for its parties before it is over for the bank: returns of late money and the last
confirmations are still under way when the last contract has closed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from crps.stack.addresses import Addresses
from schemas import topics

GROUPS: Final = (
    *(f"crps.{service}" for service in topics.SERVICES),
    *(f"crps.bank-{rail}" for rail in topics.RAILS),
)
_POLL_SECONDS: Final = 0.3

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at what is left: rows unsent, records unread, and where the topics end."""

    unsent: int
    unread: int
    ends: Offsets = field(hash=False)

    def still_after(self, before: "Look | None") -> bool:
        """Tell whether nothing is left, and nothing was written since the look before."""
        return (
            before is not None
            and before.unsent == before.unread == self.unsent == self.unread == 0
            and before.ends == self.ends
        )


def unread_records(committed: Mapping[str, Offsets], ends: Offsets) -> int:
    """Return how many records the groups have not processed, over the topics that they read.

    A group reads a topic if it committed anything on it; then a partition without an offset is one
    that it has not processed at all.
    """
    unread = 0
    for offsets in committed.values():
        read = {partition.topic for partition in offsets}
        unread += sum(
            max(end - max(offsets.get(partition, 0), 0), 0)
            for partition, end in ends.items()
            if partition.topic in read
        )
    return unread


async def wait_until_still(addresses: Addresses, *, timeout_s: float) -> Look | None:
    """Wait until two looks in a row find nothing left; return None then.

    After `timeout_s` return the last look instead: the auditor will say what it means. Raises
    KafkaError and asyncpg errors when a server does not answer.
    """
    names = [topic.name for topic in topics.TOPICS]
    consumer = AIOKafkaConsumer(*names, bootstrap_servers=addresses.kafka, group_id=None)
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses.kafka)
    database = await asyncpg.connect(addresses.postgres)
    try:
        await consumer.start()
        await admin.start()
        deadline = asyncio.get_running_loop().time() + timeout_s
        before: Look | None = None
        while True:
            look = await _look(consumer, admin, database)
            if look.still_after(before):
                return None
            if asyncio.get_running_loop().time() >= deadline:
                return look
            before = look
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await admin.close()
        await consumer.stop()
        await database.close()


async def _look(
    consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, database: asyncpg.Connection
) -> Look:
    unsent = 0
    for service in topics.SERVICES:
        # The four names are ours, not input.
        unsent += await database.fetchval(f"SELECT count(*) FROM {service}.outbox")  # noqa: S608
    committed = {
        group: {
            partition: position.offset
            for partition, position in (await admin.list_consumer_group_offsets(group)).items()
        }
        for group in GROUPS
    }
    ends = await consumer.end_offsets(list(consumer.assignment()))
    return Look(unsent, unread_records(committed, ends), ends)
