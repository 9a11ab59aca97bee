"""Firing: what is due, once, in order, never early, and the announcement with it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from crps.stack.addresses import Addresses
from schemas import topics
from schemas.contracts_v1 import DeadlineReached, Timer
from schemas.envelope import Envelope
from schemas.registry import ADAPTERS
from services.chassis.journal import shard_of
from services.chassis.outbox import Relay
from services.chassis.partitioner import partition_of
from services.scheduler.store import CLAIM_LIMIT, QUERIES
from services.scheduler.worker import TimerLoop

pytestmark = pytest.mark.connected

TOPIC = topics.CONTRACTS_COMMANDS.name
WIRE_TYPE = "crps.deadline.reached.v1"


def chain(due_at: datetime, tranche: int = 1, generation: int = 1) -> Timer:
    return Timer(timer="chain", tranche=tranche, generation=generation, due_at=due_at)


def silent(pool: asyncpg.Pool) -> TimerLoop:
    return TimerLoop(pool, announced=lambda: None)


def read(value: bytes) -> Envelope[Any]:
    return ADAPTERS[TOPIC, WIRE_TYPE].validate_json(value)


async def test_the_message_is_the_languages_and_stands_where_the_relay_looks(
    pool: asyncpg.Pool, arm: Any
) -> None:
    due_at = datetime(2026, 3, 1, 12, 0, 0, 123_400, tzinfo=UTC)
    contracts = [UUID(int=uuid4().int & ~0xF | digit) for digit in range(16)]
    for contract_id in contracts:
        await arm(contract_id, 1, chain(due_at, tranche=3, generation=2))
    assert (await silent(pool).run_once()).count == 16
    rows = {row["key"].decode(): row for row in await pool.fetch("SELECT * FROM outbox")}
    for contract_id in contracts:
        row, message = rows[str(contract_id)], read(rows[str(contract_id)]["value"])
        assert row["shard"] == shard_of(contract_id)
        assert (row["topic"], row["type"], row["headers"]) == (TOPIC, WIRE_TYPE, None)
        assert row["not_before"] == due_at
        assert message.id == f"{contract_id}/due/3/chain/2"
        assert (message.type, message.source) == (WIRE_TYPE, "crps.scheduler")
        assert (message.subject, message.time) == (contract_id, due_at)
        assert message.data == DeadlineReached(
            timer="chain", tranche=3, generation=2, due_at=due_at
        )
        # The database renders it exactly as the language does, but for spaces.
        rendered = ADAPTERS[TOPIC, WIRE_TYPE].dump_json(message, exclude_none=True)
        assert json.loads(row["value"]) == json.loads(rendered)


async def test_a_disputes_end_is_announced_to_disputes_beside_the_chain_periods(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    contract_id = uuid4()
    dispute = Timer(timer="dispute", tranche=1, generation=1, due_at=clock - timedelta(hours=1))
    await arm(contract_id, 5, chain(clock - timedelta(hours=2), tranche=1))
    await arm(contract_id, 1, dispute, source="disputes")
    assert (await silent(pool).run_once()).count == 2
    sent = await pool.fetch("SELECT topic, value FROM outbox ORDER BY id")
    assert [row["topic"] for row in sent] == [TOPIC, topics.DISPUTES_COMMANDS.name]
    place = topics.DISPUTES_COMMANDS.name, WIRE_TYPE
    message = ADAPTERS[place].validate_json(sent[1]["value"])
    assert message.id == f"{contract_id}/due/1/dispute/1"
    assert message.data.timer == "dispute"
    await arm(contract_id, 2, source="disputes")
    left = await pool.fetch("SELECT source FROM timer")
    assert [row["source"] for row in left] == ["contracts"]


async def test_never_before_the_instant(pool: asyncpg.Pool, arm: Any, clock: datetime) -> None:
    due_at = clock + timedelta(hours=1)
    await arm(uuid4(), 1, chain(due_at))
    loop = silent(pool)
    now = await loop.run_once()
    assert now.count == 0
    assert now.next_in == pytest.approx(3600, abs=60)
    before = await loop.run_once(due_at - timedelta(microseconds=1))
    assert before.count == 0
    assert before.next_in == pytest.approx(1e-6)
    at = await loop.run_once(due_at)
    assert (at.count, at.next_in) == (1, None)


async def test_overdue_ones_fire_in_the_order_of_their_instants(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    ages = [(n * 7919) % 1300 for n in range(1300)]  # A permutation: armed in no order.
    for age in ages:
        await arm(uuid4(), 1, chain(clock - timedelta(seconds=1 + age)))
    counts = [(await silent(pool).run_once()).count for _ in range(4)]
    assert counts == [CLAIM_LIMIT, CLAIM_LIMIT, 300, 0]
    instants = [row[0] for row in await pool.fetch("SELECT not_before FROM outbox ORDER BY id")]
    assert len(instants) == 1300
    assert instants == sorted(instants)


async def test_two_loops_never_fire_one_timer_twice(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    for n in range(200):
        timers = [chain(clock - timedelta(seconds=n + t), tranche=t) for t in range(1, 16)]
        await arm(uuid4(), 1, *timers)

    async def drain(loop: TimerLoop) -> int:
        total = 0
        # SKIP LOCKED may leave one loop empty-handed while the other still works.
        while await pool.fetchval("SELECT EXISTS (SELECT FROM timer WHERE waiting)"):
            total += (await loop.run_once()).count
        return total

    totals = await asyncio.gather(drain(silent(pool)), drain(silent(pool)))
    assert sum(totals) == 3000
    ids = [read(row[0]).id for row in await pool.fetch("SELECT value FROM outbox")]
    assert len(ids) == len(set(ids)) == 3000


async def test_a_timer_that_is_being_moved_is_left_alone(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    contract_id = uuid4()
    await arm(contract_id, 1, chain(clock - timedelta(seconds=1)))
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(
            "UPDATE timer SET generation = 2, due_at = $1", clock + timedelta(days=1)
        )
        assert (await silent(pool).run_once()).count == 0
    assert (await silent(pool).run_once()).count == 0
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_loop_wakes_for_what_is_armed_and_fires_it_on_time(
    pool: asyncpg.Pool, arm: Any
) -> None:
    announced, stopping = asyncio.Event(), asyncio.Event()
    loop = TimerLoop(pool, announced=announced.set)
    running = asyncio.create_task(loop.run(stopping))
    try:
        for _ in range(5):
            announced.clear()
            now = await pool.fetchval("SELECT clock_timestamp()")
            contract_id = uuid4()
            await arm(contract_id, 1, chain(now + timedelta(milliseconds=150)))
            loop.wake()
            await asyncio.wait_for(announced.wait(), 10)
            late = await pool.fetchval(
                "SELECT fired_at - due_at FROM timer WHERE contract_id = $1", contract_id
            )
            assert timedelta(0) <= late < timedelta(seconds=2)
        assert loop.pulse.idle_for < 60
    finally:
        stopping.set()
        await asyncio.wait_for(running, 10)


async def test_an_early_due_message_is_sent_again(
    stack: Addresses, pool: asyncpg.Pool, arm: Any
) -> None:
    contract_id = uuid4()
    key = str(contract_id).encode()
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, enable_auto_commit=False)
    relay = Relay(pool, stack.kafka, "test")
    stopping = asyncio.Event()
    await consumer.start()
    try:
        partition = TopicPartition(TOPIC, partition_of(key, 12))
        consumer.assign([partition])
        await consumer.seek_to_end(partition)
        # The database's clock runs ahead of the broker's by a second: fired too early.
        due_at = await pool.fetchval("SELECT clock_timestamp()") + timedelta(seconds=1)
        await arm(contract_id, 1, chain(due_at))
        assert (await silent(pool).run_once(due_at)).count == 1
        relaying = asyncio.create_task(relay.run(stopping))
        appended, values = [], set()
        async with asyncio.timeout(30):
            while not appended or appended[-1] < due_at:
                record = await consumer.getone()
                if record.key == key:
                    appended.append(datetime.fromtimestamp(record.timestamp / 1000, UTC))
                    values.add(record.value)
            while await pool.fetchval("SELECT count(*) FROM outbox"):
                relay.wake()
                await asyncio.sleep(0)
        assert len(appended) > 1
        assert appended[0] < due_at
        assert len(values) == 1
        assert read(values.pop()).data.due_at == due_at
    finally:
        stopping.set()
        await consumer.stop()
        await asyncio.wait_for(relaying, 30)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_the_claim_reads_the_left_end_of_the_partial_index(
    pool: asyncpg.Pool, mode: str
) -> None:
    await pool.execute(
        """
        INSERT INTO timer (contract_id, source, tranche, timer, generation, due_at, version,
                           waiting, fired_at)
        SELECT gen_random_uuid(), 'contracts', 1, 'chain', 1,
               statement_timestamp() + interval '1 minute' * (n - 100), 1, n % 2 = 0,
               CASE WHEN n % 2 = 1 THEN statement_timestamp() END
        FROM generate_series(1, 50000) AS n
        """
    )
    async with pool.acquire() as conn:
        await conn.execute("ANALYZE timer")
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await conn.execute(f"PREPARE claim (timestamptz) AS {QUERIES['fire_due']}")
        rows = await conn.fetch("EXPLAIN (ANALYZE, BUFFERS OFF, FORMAT JSON) EXECUTE claim (NULL)")
        await conn.execute("DEALLOCATE claim")
        await transaction.rollback()
    nodes = list(flatten(json.loads(rows[0][0])[0]["Plan"]))
    scans = [n for n in nodes if n.get("Relation Name") == "timer" and "Scan" in n["Node Type"]]
    assert {n["Node Type"] for n in scans} <= {"Index Scan", "Index Only Scan", "Tid Scan"}
    waiting = [n for n in scans if n.get("Index Name") == "timer_waiting"]
    assert len(waiting) == 2, "the claim, and the look at the next one"
    assert max(n["Actual Rows"] for n in waiting) < 100


def flatten(node: dict[str, Any]) -> Any:
    yield node
    for child in node.get("Plans", ()):
        yield from flatten(child)
