"""What a client of both servers asks of them: a record there and back, a value of the database."""

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from crps.stack.addresses import Addresses


async def send(addresses: Addresses, topic: str, value: bytes) -> None:
    """Make a topic of one partition and append a record to it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=addresses.kafka, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def receive(addresses: Addresses, topic: str) -> bytes:
    """Return the first record of a topic of one partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=addresses.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        record = await asyncio.wait_for(consumer.getone(), 20)
    finally:
        await consumer.stop()
    assert record.value is not None
    return record.value


async def query(addresses: Addresses, statement: str) -> object:
    """Return the first value of what the database answers."""
    connection = await asyncpg.connect(addresses.postgres)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
