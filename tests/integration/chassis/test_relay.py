"""The outbox relay on real Kafka and PostgreSQL: order, leases, failures, early due messages."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from crps.stack.addresses import Addresses
from schemas import topics
from services.chassis.db import open_pool
from services.chassis.inbox import Outgoing
from services.chassis.journal import QUERIES, write_outgoing
from services.chassis.outbox import LEASE, Relay
from services.chassis.partitioner import partition_of

pytestmark = pytest.mark.connected

TOPIC = topics.SCHEDULER_EVENTS.name
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    dsn = database.replace("postgres@", "svc_ledger@", 1)
    pool = await open_pool(dsn, schema="ledger", application="relay-test")
    await pool.execute("DELETE FROM outbox")
    await pool.execute("DELETE FROM relay_lease")
    yield pool
    await pool.close()


def row(contract_id: UUID, value: str) -> Outgoing:
    return Outgoing(TOPIC, "crps.test.written.v1", contract_id, str(contract_id).encode(),
                    value.encode())  # fmt: skip


async def write(pool: asyncpg.Pool, *rows: Outgoing) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await write_outgoing(conn, rows, NOW)


async def waiting(pool: asyncpg.Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM outbox")
    return count


async def drain(relay: Relay) -> None:
    while await relay.run_once():
        pass


async def read(stack: Addresses, contract_id: UUID) -> list[str]:
    """Everything on the topic with this key, in the log's order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka)
    await consumer.start()
    try:
        key = str(contract_id).encode()
        target = TopicPartition(TOPIC, partition_of(key, 12))
        consumer.assign([target])
        await consumer.seek_to_beginning(target)
        end = (await consumer.end_offsets([target]))[target]
        found = []
        while await consumer.position(target) < end:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [r.value.decode() for r in batch if r.key == key]
        return found
    finally:
        await consumer.stop()


async def test_a_contract_keeps_its_order_and_the_outbox_empties(
    stack: Addresses, pool: asyncpg.Pool
) -> None:
    contracts = [uuid4() for _ in range(40)]
    relay = Relay(pool, stack.kafka, "one")
    for n in range(10):
        await write(pool, *(row(c, str(n)) for c in contracts))
    await drain(relay)
    await relay._drop_producer()
    assert await waiting(pool) == 0
    for contract_id in contracts[:5]:
        assert await read(stack, contract_id) == [str(n) for n in range(10)]


async def test_who_lost_the_lease_deletes_nothing(stack: Addresses, pool: asyncpg.Pool) -> None:
    contract_id = uuid4()
    slow = Relay(pool, stack.kafka, "slow")
    await slow.run_once()
    await pool.execute("UPDATE relay_lease SET expires_at = now() - interval '1 s'")
    fast = Relay(pool, stack.kafka, "fast")
    await fast.run_once()
    await write(pool, row(contract_id, "a"))
    rows = await pool.fetch(QUERIES["read_outbox"], list(range(16)), 10)
    await slow._send(rows)
    assert await waiting(pool) == 1  # It was sent, yet only the owner of the shard may forget it.
    await drain(fast)
    assert await waiting(pool) == 0
    assert await read(stack, contract_id) == ["a", "a"]
    for relay in (slow, fast):
        await relay._drop_producer()


async def test_a_restarted_relay_has_its_shards_at_once(
    stack: Addresses, pool: asyncpg.Pool
) -> None:
    first, again, other = (Relay(pool, stack.kafka, o) for o in ("same", "same", "other"))
    for relay in (first, again, other):
        await relay._lease()
    assert len(again._shards) == 16
    assert other._shards == []
    assert timedelta(seconds=1) < LEASE


async def test_a_row_stamped_too_early_is_sent_again(stack: Addresses, pool: asyncpg.Pool) -> None:
    contract_id = uuid4()
    relay = Relay(pool, stack.kafka, "one")
    await write(pool, row(contract_id, "due"))
    due = datetime.now(UTC) + timedelta(milliseconds=150)
    await pool.execute("UPDATE outbox SET not_before = $1", due)
    await drain(relay)
    await relay._drop_producer()
    assert datetime.now(UTC) >= due - timedelta(milliseconds=5)
    sent = await read(stack, contract_id)
    assert len(sent) > 1
    assert set(sent) == {"due"}
    assert await waiting(pool) == 0


async def test_a_failed_send_keeps_the_row_and_a_new_producer_delivers(
    stack: Addresses, pool: asyncpg.Pool
) -> None:
    contract_id = uuid4()
    relay = Relay(pool, stack.kafka, "one")
    await write(pool, row(contract_id, "x" * 10))
    producer = await relay._producing()
    poisoned = producer.send_batch

    async def fail(*_: object, **__: object) -> asyncio.Future[object]:
        outcome: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        outcome.set_exception(KafkaError("the broker said no"))
        return outcome

    producer.send_batch = fail
    with pytest.raises(KafkaError):
        await relay.run_once()
    assert await waiting(pool) == 1
    producer.send_batch = poisoned
    await relay._drop_producer()
    await drain(relay)
    await relay._drop_producer()
    assert await read(stack, contract_id) == ["x" * 10]
