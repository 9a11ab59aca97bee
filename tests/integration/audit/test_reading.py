"""The auditor's eyes on the real thing: a topic from end to end, and every schema's columns."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition

from crps.audit.books import (
    ACCOUNTS,
    Backlog,
    ContractBooks,
    DisputeRow,
    Schemas,
    outbox_rows,
    read_schemas,
)
from crps.audit.log import read_ends, read_log
from crps.stack.addresses import Addresses
from schemas import topics

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180)]


async def topic_with(stack: Addresses, values: list[bytes]) -> str:
    """Return a new topic of two partitions in which `values` stand, by turns."""
    name = f"audit-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        append_time = {"message.timestamp.type": "LogAppendTime"}
        await admin.create_topics([NewTopic(name, 2, 1, topic_configs=append_time)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all")
    await producer.start()
    try:
        for number, value in enumerate(values):
            await producer.send_and_wait(
                name, value, key=b"k", partition=number % 2, headers=[("type", b"t\xff")]
            )
    finally:
        await producer.stop()
    return name


async def test_every_record_is_read_once_and_in_order(stack: Addresses) -> None:
    values = [str(number).encode() for number in range(5000)]
    name = await topic_with(stack, values)
    log = await read_log(stack.kafka, [name])
    assert [r.value for r in log.records if r.partition == 0] == values[::2]
    assert [r.value for r in log.records if r.partition == 1] == values[1::2]
    assert (log.missing, log.cut) == ((), ())
    first = log.records[0]
    assert (first.topic, first.key, first.headers) == (name, b"k", (("type", b"t\xff"),))
    assert await read_ends(stack.kafka, [name]) == {(name, 0): 2500, (name, 1): 2500}


async def test_an_empty_topic_and_a_missing_one(stack: Addresses) -> None:
    name = await topic_with(stack, [])
    log = await read_log(stack.kafka, [name, "audit-never-made"])
    assert log.records == ()
    assert log.missing == ("audit-never-made",)
    assert await read_ends(stack.kafka, ["audit-never-made"]) == {}


async def test_a_topic_whose_beginning_is_gone(stack: Addresses) -> None:
    name = await topic_with(stack, [b"0", b"1", b"2", b"3"])
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(name, 0): RecordsToDelete(before_offset=1)})
    finally:
        await admin.close()
    log = await read_log(stack.kafka, [name])
    assert log.cut == (f"{name}/0",)
    assert sorted(record.value for record in log.records) == [b"1", b"2", b"3"]


async def test_the_ledger_books_on_the_accounts_that_the_auditor_knows(database: str) -> None:
    conn = await asyncpg.connect(database)
    try:
        columns = await conn.fetch(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'ledger' AND table_name = 'book' AND data_type = 'bigint'"
        )
    finally:
        await conn.close()
    assert {row["column_name"] for row in columns} - {"total"} == ACCOUNTS


async def test_fresh_schemas_are_empty_until_something_waits(database: str) -> None:
    empty = dict.fromkeys(topics.SERVICES, Backlog())
    assert await read_schemas(database) == Schemas({}, (), empty)
    assert await outbox_rows(database) == 0
    conn = await asyncpg.connect(database)
    try:
        await conn.execute(
            "INSERT INTO scheduler.outbox (shard, topic, key, type, value, written_at)"
            " VALUES (1, 't', 'k', 'y', 'v', now())"
        )
        await conn.execute(
            "INSERT INTO scheduler.journal"
            " (contract_id, topic, sequence, event_id, type, value, written_at)"
            " VALUES ($1, 't', 1, 'e', 'y', 'abc', now())",
            UUID(int=1),
        )
        schemas = await read_schemas(database)
    finally:
        await conn.close()
    assert schemas.backlogs["scheduler"].outbox == 1
    assert await outbox_rows(database) == 1
    (row,) = schemas.journal
    assert row.digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


async def test_a_dispute_is_read_as_disputes_keeps_it(database: str) -> None:
    opened_at, deadline_at = datetime(2026, 1, 9, 4, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)
    kept = (20_000, 3000, 14_000, 3000, 6000, 17_000, opened_at, deadline_at, None)
    conn = await asyncpg.connect(database)
    try:
        await conn.execute(
            "INSERT INTO disputes.dispute (contract_id, tranche, amount, contested, payee, payer,"
            " payer_claim, payee_claim, opened_at, deadline_at, ending, parts_used, silence_rule,"
            " signed_ending, odd_unit, rail_minimum, rail_whole_only, opening_sequence,"
            " payee_proposed, proposals_budget, contested_at_opening)"
            " VALUES ($1, 2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, true, 'to_payee', 'payee', 1,"
            " false, 5, false, 8, 6000)",
            UUID(int=2),
            *kept,
        )
        schemas = await read_schemas(database)
    finally:
        await conn.close()
    assert schemas.contracts[UUID(int=2)] == ContractBooks(disputes={2: DisputeRow(*kept)})
