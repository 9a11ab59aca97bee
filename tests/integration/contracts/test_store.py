"""What the shell decided stands in PostgreSQL exactly so, batch after batch."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from tests.unit.contracts import wire
from tests.unit.contracts.wire import attributed, buckets
from tests.unit.records import money, types

pytestmark = pytest.mark.connected

MS = timedelta(milliseconds=1)


async def test_the_main_path_over_four_batches(bench, deal):
    tale = await deal()
    await bench.play(tale.order())
    await bench.play(tale.fund())
    effective_at = (await bench.row(tale.contract_id))["effective_at"]
    later = effective_at + timedelta(seconds=1)
    await bench.play(tale.release(money("10000"), at=later))
    back = {"party": "party-payee-3", "amount": "ALL"}
    await bench.play(tale.command("funds.return", back, at=later))
    assert await bench.buckets(tale.contract_id) == [(0, 10_000, 20_000)]
    emptied = {"asset": "CNY/2", "payee_arrived": "10000", "payer_arrived": "20000"}
    await bench.play(tale.report("books.emptied", emptied))
    row = await bench.row(tale.contract_id)
    assert row["status"] == "CLOSED"
    assert (row["ledger_seen"], row["events_sequence"], row["parts"]) == (2, 5, 2)
    said = await bench.said(tale.contract_id)
    assert types(said) == [
        "contract.accepted",
        "contract.effective",
        "funds.attributed",
        "funds.attributed",
        "contract.closed",
    ]
    assert [each["sequence"] for each in said] == [1, 2, 3, 4, 5]


async def test_a_dispute_is_stored_with_its_opening_and_its_end(bench, deal):
    tale = await deal()
    await bench.play(tale.order(), tale.fund())
    later = tale.at + timedelta(seconds=1)
    asked = {"party": "party-payer-7", "claim": money("20000"), "reason": "damaged"}
    await bench.play(tale.command("dispute.open", asked, at=later))
    opened = buckets(0, 20_000, 10_000, 0)
    row = await bench.pool.fetchrow("SELECT * FROM tranche WHERE contract_id = $1",
                                    tale.contract_id)  # fmt: skip
    assert {name: str(row[name]) for name in opened} == opened
    assert (row["opening_payee"], row["opening_payer"]) == (10_000, 0)
    assert row["dispute_deadline_at"] - row["dispute_opened_at"] == timedelta(hours=72)
    await bench.play(tale.release("ALL", at=later))
    end = buckets(0, 0, 15_000, 15_000)
    middle = buckets(0, 5_000, 10_000, 15_000)
    await bench.play(
        tale.disputed(1, attributed("payer", opened, middle)),
        tale.disputed(2, attributed("payee", middle, end)),
    )
    said = await bench.said(tale.contract_id)
    assert types(said)[2:] == [
        "funds.attributed",
        "dispute.opened",
        "command.refused",
        "tranche.attributed",
    ]
    row = await bench.row(tale.contract_id)
    assert (row["status"], row["disputes_seen"]) == ("ATTRIBUTED", 2)
    assert await bench.buckets(tale.contract_id) == [(0, 15_000, 15_000)]


async def test_the_database_keeps_an_opening_and_lets_contested_money_only_fall(bench, deal):
    tale = await deal()
    await bench.play(tale.order(), tale.fund())
    asked = {"party": "party-payer-7", "claim": money("20000"), "reason": "damaged"}
    await bench.play(tale.command("dispute.open", asked, at=tale.at + timedelta(seconds=1)))
    for change, refusal in [
        ("free = free + 1, contested = contested - 1", asyncpg.RestrictViolationError),
        ("opening_payee = opening_payee - 1", asyncpg.RestrictViolationError),
        ("dispute_deadline_at = now() - interval '1 day'", asyncpg.RestrictViolationError),
        (("dispute_opened_at = NULL, dispute_deadline_at = NULL, opening_payee = NULL,"
         " opening_payer = NULL"), asyncpg.RestrictViolationError),
    ]:  # fmt: skip
        with pytest.raises(refusal):
            await bench.pool.execute(
                f"UPDATE tranche SET {change} WHERE contract_id = $1",
                tale.contract_id,
            )


async def test_a_moved_deadline_is_stored_with_its_generation_its_first_and_the_caps(bench, deal):
    tale = await deal()
    await bench.play(tale.order(caps={"extend_ms": 3_600_000, "advance_ms": 1}), tale.fund())
    row = await bench.row(tale.contract_id)
    assert (row["cap_extend_ms"], row["cap_advance_ms"]) == (3_600_000, 1)
    first = row["effective_at"] + timedelta(hours=120)
    later = row["effective_at"] + timedelta(seconds=1)

    async def move(verb, party, to):
        asked = {"party": party, "to": to.isoformat()}
        await bench.play(tale.command(f"deadline.{verb}", asked, at=later))
        stored = await bench.pool.fetchrow(
            "SELECT deadline_at, generation, first_deadline_at, payer_acts, payee_acts"
            " FROM tranche WHERE contract_id = $1",
            tale.contract_id,
        )
        return tuple(stored)

    second, third = first + timedelta(hours=1), first + timedelta(minutes=1)
    assert await move("extend", "party-payee-3", second) == (second, 2, first, 0, 1)
    assert await move("extend", "party-payee-3", second + MS) == (second, 2, first, 0, 1)
    assert await move("advance", "party-payer-7", third) == (third, 3, first, 1, 1)
    assert await move("advance", "party-payer-7", first - 2 * MS) == (third, 3, first, 1, 1)
    said = await bench.said(tale.contract_id)
    assert types(said)[2:] == ["deadline.moved", "command.refused"] * 2
    assert [each["data"]["generation"] for each in said[2:] if "tranche" in each["data"]] == [2, 3]
    assert {each["data"]["code"] for each in said if "code" in each["data"]} == {"BEYOND_CAP"}


async def test_the_database_moves_no_deadline_without_a_new_generation(bench, deal):
    tale = await deal()
    await bench.play(tale.order(), tale.fund())
    moved = "deadline_at = deadline_at - interval '1 hour', first_deadline_at = deadline_at"
    async with bench.pool.acquire() as conn, conn.transaction():
        await conn.execute(
            f"UPDATE tranche SET {moved}, generation = 2 WHERE contract_id = $1", tale.contract_id
        )
    for change, refusal in [
        ("deadline_at = deadline_at + interval '1 ms'", asyncpg.RestrictViolationError),
        ("generation = 1", asyncpg.RestrictViolationError),
        ("first_deadline_at = deadline_at, generation = 3", asyncpg.RestrictViolationError),
        ("first_deadline_at = NULL, generation = 3", asyncpg.CheckViolationError),
    ]:
        with pytest.raises(refusal):
            await bench.pool.execute(
                f"UPDATE tranche SET {change} WHERE contract_id = $1", tale.contract_id
            )


async def test_everything_in_one_batch_is_the_same(bench, deal):
    tales = [await deal() for _ in range(20)]
    records = [tale.order() for tale in tales] + [tale.fund() for tale in tales]
    await bench.play(*records, *[tale.release("ALL", at=tale.at) for tale in tales])
    for tale in tales:
        # Appended before effect, so it stays refused however late it is read.
        assert types(await bench.said(tale.contract_id))[2:] == ["command.refused"]
        assert await bench.buckets(tale.contract_id) == [(30_000, 0, 0)]


async def test_a_batch_delivered_again_changes_nothing_and_says_nothing(bench, deal):
    tale = await deal()
    batch = [tale.order(), tale.fund()]
    await bench.play(*batch)
    told = [tale.release(money("1"), at=tale.at + timedelta(seconds=1)), tale.release(money("0"))]
    await bench.play(*told)
    said, row = await bench.said(tale.contract_id), await bench.row(tale.contract_id)
    await bench.play(*batch, *told)
    await bench.play(*told)
    assert await bench.said(tale.contract_id) == said
    assert await bench.row(tale.contract_id) == row


async def test_a_repeat_gets_the_first_answer_from_the_register(bench, deal):
    tale = await deal()
    await bench.play(tale.order(), tale.fund())
    at = tale.at + timedelta(seconds=1)
    for _ in range(2):
        await bench.play(tale.release(money("1"), at=at, message_id="yes"))
        await bench.play(tale.release(money("30001"), at=at, message_id="no"))
    await bench.play(tale.release(money("2"), at=at, message_id="yes"))
    said = await bench.said(tale.contract_id)
    assert types(said)[3:] == [
        "command.refused",
        "command.duplicated",
        "command.duplicated",
        "command.refused",
    ]
    assert [each["data"].get("code") for each in said[3:]] == [
        "INSUFFICIENT_REMAINDER",
        None,
        "INSUFFICIENT_REMAINDER",
        "IDEMPOTENCY_CONFLICT",
    ]
    assert said[4]["data"]["event_id"] == said[2]["id"]


async def test_a_refused_order_leaves_its_id_behind_and_no_contract(bench, deal):
    tale = await deal()
    flawed = {"message_id": "o-1", "at": tale.at}
    for _ in range(2):
        order = wire.order(wire.terms(("0", 1)))
        await bench.play(tale._make(wire.ORDERS, "order.placed", order, **flawed))
    assert types(await bench.said(tale.contract_id)) == ["command.refused", "command.duplicated"]
    assert await bench.row(tale.contract_id) is None
    await bench.play(tale.order())
    assert (await bench.row(tale.contract_id))["status"] == "ACCEPTED"


async def test_an_offer_is_accepted_over_batches_with_the_money_already_there(bench, deal):
    tale = await deal()
    await bench.play(tale.order(("10000", 1), ("20000", 2), accepted=()))
    await bench.play(tale.fund("10000"))
    await bench.play(tale.fund("20005"))
    terms = wire.terms(("10000", 1), ("20000", 2))
    for role in ("payer", "payee"):
        await bench.play(tale.command("contract.accept", wire.acceptance(terms, role)))
    said = await bench.said(tale.contract_id)
    assert types(said) == [
        "contract.offered",
        "receipt.counted",
        "receipt.counted",
        "offer.accepted",
        "contract.accepted",
        "contract.effective",
    ]
    assert said[4]["data"]["terms"] == terms
    assert said[5]["data"]["excess"] == {"receipt": "rcpt-4", "amount": "5"}
    assert await bench.buckets(tale.contract_id) == [(10_000, 0, 0), (20_000, 0, 0)]


async def test_a_decline_sends_back_what_waits_in_its_order(bench, deal):
    tale = await deal()
    await bench.play(tale.order(accepted=("payer",)))
    await bench.play(tale.fund("1"), tale.fund("2"))
    await bench.play(tale.fund("3", account="acct-other"))
    await bench.play(tale.command("contract.decline", {"party": "party-payee-3"}))
    await bench.play(tale.fund("4"))
    said = await bench.said(tale.contract_id)
    assert [share["amount"] for share in said[-2]["data"]["returns"]] == ["1", "2"]
    assert said[-1]["data"]["cause"] == "late_funding"
    fates = await bench.pool.fetch(
        "SELECT fate FROM receipt WHERE contract_id = $1 ORDER BY ordinal", tale.contract_id
    )
    assert [row["fate"] for row in fates] == ["counted", "counted", "refused", "returned"]


async def test_a_revocation_outlives_its_batch_and_is_made_once(bench, deal):
    tale = await deal()
    revoke = {"party": "party-payer-7"}
    await bench.play(tale.order(), tale.fund())
    for party in ("payer-7", "payer-7", "payee-3"):
        asked = {"party": f"party-{party}"}
        await bench.play(tale.command("consent.revoke", asked, at=tale.at + MS))
    said = await bench.said(tale.contract_id)
    assert [each["data"].get("by") or each["data"].get("code") for each in said[2:]] == [
        "payer",
        "NO_CHANGE",
        "payee",
    ]
    fresh = await deal()
    await bench.play(fresh.order(accepted=()), fresh.command("consent.revoke", revoke))
    rows = await bench.pool.fetch(
        "SELECT role FROM revocation WHERE contract_id = ANY($1::uuid[]) ORDER BY role",
        [tale.contract_id, fresh.contract_id],
    )
    assert [row["role"] for row in rows] == ["payee", "payer", "payer"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bench.pool.execute("DELETE FROM revocation")


async def test_a_command_waits_for_facts_that_are_not_read_yet(bench, deal):
    tale = await deal()
    await bench.play(tale.release("ALL"))
    assert await bench.said(tale.contract_id) == []
    held = await bench.pool.fetchval(
        "SELECT reason FROM held_record WHERE contract_id = $1", tale.contract_id
    )
    assert held == "facts"


async def test_whoever_finds_that_another_process_wrote_meanwhile_runs_again(bench, deal):
    tale = await deal()
    order = tale.order()
    # Nobody has read of this partition yet: else the second would already wait there.
    await bench.pool.execute("DELETE FROM read_position")
    async with bench.pool.acquire() as rival:
        transaction = rival.transaction()
        await transaction.start()
        # The first waits for this row in the middle of its writing, the second for the first.
        await rival.execute("INSERT INTO contract_terms VALUES ($1, '')", tale.contract_id)
        first = asyncio.create_task(bench.play(order))
        second = asyncio.create_task(bench.play(order))
        await bench.until_waiting(2)
        await transaction.rollback()
    await first
    await second
    assert len(bench.retries) == 1
    assert types(await bench.said(tale.contract_id)) == ["contract.accepted"]


RAW = [
    ("UPDATE contract SET payee_account = 'acct-other' WHERE contract_id = $1",
     asyncpg.InsufficientPrivilegeError),
    ("UPDATE contract SET total = 1 WHERE contract_id = $1", asyncpg.InsufficientPrivilegeError),
    ("DELETE FROM contract WHERE contract_id = $1", asyncpg.InsufficientPrivilegeError),
    ("DELETE FROM command_register WHERE contract_id = $1", asyncpg.InsufficientPrivilegeError),
    ("UPDATE receipt SET fate = 'refused' WHERE contract_id = $1",
     asyncpg.InsufficientPrivilegeError),
    ("UPDATE contract_terms SET terms = '' WHERE contract_id = $1",
     asyncpg.InsufficientPrivilegeError),
    ("UPDATE tranche SET amount = amount + 1 WHERE contract_id = $1",
     asyncpg.InsufficientPrivilegeError),
    ("UPDATE tranche SET free = free - 1 WHERE contract_id = $1", asyncpg.CheckViolationError),
    ("UPDATE tranche SET payee = payee - 1, payer = payer + 1 WHERE contract_id = $1",
     asyncpg.RestrictViolationError),
    ("UPDATE tranche SET free = free + 1, payee = payee - 1 WHERE contract_id = $1",
     asyncpg.RestrictViolationError),
    ("UPDATE tranche SET arrived = payee + 1 WHERE contract_id = $1", asyncpg.CheckViolationError),
    ("UPDATE contract SET status = 'OFFERED' WHERE contract_id = $1", asyncpg.CheckViolationError),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "refusal"), RAW)
async def test_the_database_refuses_on_its_own_what_the_law_forbids(
    bench, deal, statement, refusal
):
    tale = await deal()
    await bench.play(tale.order(), tale.fund())
    await bench.play(tale.release(money("10"), at=tale.at + timedelta(seconds=1)))
    assert await bench.buckets(tale.contract_id) == [(29_990, 10, 0)]
    with pytest.raises(refusal):
        await bench.pool.execute(statement, tale.contract_id)
