"""The ledger's whole shell on real PostgreSQL: batches in; books, journal and outbox out."""

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.integration.ledger.conftest import Play
from tests.unit.ledger import wire

pytestmark = pytest.mark.connected


async def told(pool: asyncpg.Pool, contract_id: UUID) -> list[str]:
    """Return what the ledger has said, in the order of the outbox."""
    rows = await pool.fetch(
        "SELECT type FROM outbox WHERE key = $1 AND type <> 'crps.record.quarantined.v1'"
        " ORDER BY id",
        str(contract_id).encode(),
    )
    return [row["type"].removeprefix("crps.").removesuffix(".v1") for row in rows]


async def instructed(pool: asyncpg.Pool, contract_id: UUID) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        "SELECT value FROM journal WHERE contract_id = $1"
        " AND type IN ('crps.settlement.instructed.v1', 'crps.return.instructed.v1')"
        " ORDER BY sequence",
        contract_id,
    )
    return [json.loads(row["value"])["data"] for row in rows]


async def book(pool: asyncpg.Pool, contract_id: UUID) -> asyncpg.Record:
    return await pool.fetchrow("SELECT * FROM book WHERE contract_id = $1", contract_id)


async def codes(pool: asyncpg.Pool, contract_id: UUID) -> list[str]:
    rows = await pool.fetch(
        "SELECT code FROM dead_letter WHERE contract_id = $1 ORDER BY record_offset", contract_id
    )
    return [row["code"] for row in rows]


async def test_one_contract_batch_by_batch(play: Play, pool: asyncpg.Pool) -> None:
    c = uuid4()
    await play(wire.accepted(c))
    await play(wire.received(c))
    await play(wire.effective(c))
    await play(wire.attributed(c, 3, "payee", "7000"), wire.attributed(c, 4, "payer", "3000"))
    settle, back = await instructed(pool, c)
    assert (settle["creditor_account"], back["creditor_account"]) == ("acct-payee", "acct-payer")
    await play(wire.reported(c, settle["instruction_id"], "settled", "7000", "b-1"))
    await play(
        wire.reported(c, back["instruction_id"], "arrived", "3000", "b-2"),
        wire.reported(c, settle["instruction_id"], "arrived", "7000", "b-3"),
    )
    await play(wire.reported(c, settle["instruction_id"], "returned", "7000", "b-4"))
    assert await told(pool, c) == [
        "funding.requested",
        "funding.received",
        "settlement.instructed",
        "return.instructed",
        "books.emptied",
        "books.reopened",
    ]
    row = await book(pool, c)
    assert (row["payee_due"], row["payer_arrived"], row["free"]) == (7_000, 3_000, 0)
    assert (row["contracts_seen"], row["ledger_sequence"], row["settlements_sequence"]) == (4, 3, 3)
    statuses = await pool.fetch(
        "SELECT status FROM instruction WHERE contract_id = $1 ORDER BY number", c
    )
    assert [status["status"] for status in statuses] == ["returned", "arrived"]


async def test_a_dispute_batch_by_batch(play: Play, pool: asyncpg.Pool) -> None:
    c = uuid4()
    await play(wire.accepted(c), wire.conceded(c, 1, "payer", "4000", rests_on=3))
    await play(wire.received(c))
    await play(wire.effective(c))
    assert (await book(pool, c))["disputes_seen"] == 0
    await play(wire.opened(c, 3, "10000"))
    row = await book(pool, c)
    assert (row["disputes_seen"], row["free"], row["contested"]) == (1, 0, 6_000)
    await play(wire.conceded(c, 2, "payee", "6000", rests_on=3))
    back, settle = await instructed(pool, c)
    assert (back["creditor_account"], settle["creditor_account"]) == ("acct-payer", "acct-payee")
    row = await book(pool, c)
    assert (row["disputes_seen"], row["contested"], row["payee_sent"]) == (2, 0, 6_000)


async def test_many_contracts_in_one_batch_add_up_to_their_entries(
    play: Play, pool: asyncpg.Pool
) -> None:
    contracts = [uuid4() for _ in range(100)]
    await play(*(wire.accepted(c) for c in contracts))
    await play(*(wire.received(c) for c in contracts))
    await play(
        *(
            record
            for c in contracts
            for record in (wire.effective(c), wire.attributed(c, 3, "payee", "10000"))
        )
    )
    arrivals = [
        wire.reported(c, data["instruction_id"], "arrived", "10000", f"a-{c}")
        for c in contracts
        for data in await instructed(pool, c)
    ]
    assert len(arrivals) == 100
    await play(*arrivals)
    wrong = await pool.fetch(
        """
        SELECT b.contract_id
        FROM book AS b
        CROSS JOIN LATERAL (VALUES
            ('outside', b.outside), ('received', b.received), ('free', b.free),
            ('payee_due', b.payee_due), ('payee_sent', b.payee_sent),
            ('payee_arrived', b.payee_arrived), ('payer_due', b.payer_due),
            ('payer_sent', b.payer_sent), ('payer_arrived', b.payer_arrived)
        ) AS a (account, balance)
        WHERE b.contract_id = ANY($1)
          AND a.balance <> (
            SELECT coalesce(sum(CASE a.account WHEN e.credit_account THEN e.amount
                                               WHEN e.debit_account THEN -e.amount END), 0)
            FROM entry AS e WHERE e.contract_id = b.contract_id)
        """,
        contracts,
    )
    assert wrong == []
    emptied = await pool.fetchval(
        "SELECT count(*) FROM book WHERE contract_id = ANY($1) AND emptied", contracts
    )
    assert emptied == 100


async def test_the_same_batch_again_changes_nothing(play: Play, pool: asyncpg.Pool) -> None:
    c = uuid4()
    batch = [
        wire.accepted(c),
        wire.received(c),
        wire.effective(c),
        wire.attributed(c, 3, "payee", "10000"),
        wire.received(c, "r2", "0"),
    ]
    # Decisions are applied before reports, so the receipt has a batch of its own.
    await play(*batch[:2])
    await play(*batch[2:])
    before = dict(await book(pool, c))
    said = await told(pool, c)
    await play(*batch)
    await play(*batch[2:])
    assert dict(await book(pool, c)) == before
    assert await told(pool, c) == said
    assert await codes(pool, c) == ["AMOUNT_INVALID"]


async def test_a_report_that_comes_first_waits_for_its_contract(
    play: Play, pool: asyncpg.Pool
) -> None:
    c = uuid4()
    await play(wire.received(c))
    assert await book(pool, c) is None
    assert await pool.fetchval("SELECT count(*) FROM held_record WHERE contract_id = $1", c) == 1
    await play(wire.accepted(c))
    assert (await book(pool, c))["received"] == 10_000
    assert await pool.fetchval("SELECT count(*) FROM held_record WHERE contract_id = $1", c) == 0


async def test_the_banks_word_counts_once_over_batches(play: Play, pool: asyncpg.Pool) -> None:
    c = uuid4()
    await play(wire.accepted(c))
    await play(wire.received(c, "r1", "4000", event_id="e-1"))
    await play(wire.received(c, "r1", "4000", event_id="e-1"))
    await play(wire.received(c, "r1", "4000", event_id="e-2"))
    assert await codes(pool, c) == []
    await play(wire.received(c, "r2", "6000", event_id="e-1"))
    await play(wire.received(c, "r1", "4001", event_id="e-3"))
    await play(wire.reported(c, str(uuid4()), "arrived", "1", "e-4"))
    assert await codes(pool, c) == ["REPORT_CONFLICT", "RECEIPT_CONFLICT", "INSTRUCTION_UNKNOWN"]
    assert (await book(pool, c))["received"] == 4_000
    assert (await told(pool, c)).count("funding.received") == 1


async def test_money_that_is_not_the_payers_is_reported_and_never_booked(
    play: Play, pool: asyncpg.Pool
) -> None:
    c = uuid4()
    await play(wire.accepted(c))
    await play(wire.received(c, "r1", account="acct-stranger"))
    refused = {"receipt": "r1", "reason": "foreign_account"}
    await play(wire.decided(c, 2, "receipt.refused", refused))
    assert await told(pool, c) == ["funding.requested", "funding.received", "funding.refused"]
    row = await book(pool, c)
    assert (row["received"], row["entry_count"]) == (0, 0)
    assert not await pool.fetchval("SELECT booked FROM receipt WHERE contract_id = $1", c)


async def test_a_decision_that_cannot_be_followed_blocks_its_contract_alone(
    play: Play, pool: asyncpg.Pool
) -> None:
    good, bad = uuid4(), uuid4()
    await play(wire.accepted(good), wire.accepted(bad))
    await play(wire.received(good), wire.received(bad, "r1", "1"))
    await play(wire.effective(bad), wire.effective(good))
    assert (await book(pool, good))["phase"] == "effective"
    assert (await book(pool, bad))["phase"] == "accepted"
    assert (await book(pool, bad))["contracts_seen"] == 1
    held = await pool.fetchval("SELECT reason FROM held_record WHERE contract_id = $1", bad)
    assert held == "blocked"
