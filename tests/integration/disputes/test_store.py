"""What the shell decided stands in PostgreSQL exactly so, batch after batch."""

import asyncio
from datetime import timedelta
from itertools import count
from uuid import uuid4

import asyncpg
import pytest

from services.disputes.store import open_disputes
from tests.integration.disputes.conftest import Bench, Case
from tests.unit.disputes.wire import PAYEE, PAYER
from tests.unit.records import types

pytestmark = pytest.mark.connected

MINUTE = timedelta(minutes=1)


async def test_a_dispute_over_as_many_batches_as_it_has_messages(bench, case):
    tale = await case(ago=2)
    for batch in [*tale.contract(), tale.open(6_000)]:
        await bench.play(batch)
    await bench.play(tale.lower(PAYEE, 7_000, at=tale.at + MINUTE))
    await bench.play(tale.lower(PAYER, 5_000, at=tale.at + MINUTE))
    assert await bench.dsr(tale.contract_id) == [(2_000, 5_000, 3_000)]
    await bench.play(tale.due(at=tale.at + 60 * MINUTE))
    (dispute,) = await bench.disputes(tale.contract_id)
    assert (dispute["payer_claim"], dispute["payee_claim"]) == (5_000, 7_000)
    assert (dispute["ending"], dispute["parts_used"]) == ("to_payee", 3)
    assert await bench.dsr(tale.contract_id) == [(0, 7_000, 3_000)]
    docket = await bench.docket(tale.contract_id)
    assert (docket["standing"], docket["disputes"], docket["events_sequence"]) == (
        "EFFECTIVE", 1, 7,
    )  # fmt: skip
    assert docket["last_t"] == tale.at + 60 * MINUTE
    said = await bench.said(tale.contract_id)
    assert types(said) == [
        "dispute.registered",
        "claim.stated",
        "funds.attributed",
        "claim.stated",
        "funds.attributed",
        "funds.attributed",
        "dispute.ended",
    ]
    assert [each["sequence"] for each in said] == [1, 2, 3, 4, 5, 6, 7]


async def test_everything_in_one_batch_is_the_same(bench, case):
    tales = [await case(ago=2) for _ in range(20)]
    records = [record for tale in tales for record in [*tale.contract("a", "b"), tale.open()]]
    claims = [tale.lower(PAYEE, 7_000, tranche="a", at=tale.at + MINUTE) for tale in tales]
    await bench.play(*claims, *records, *[tale.due(at=tale.at + 60 * MINUTE) for tale in tales])
    for tale in tales:
        assert types(await bench.said(tale.contract_id)) == [
            "dispute.registered",
            "claim.stated",
            "funds.attributed",
            "funds.attributed",
            "dispute.ended",
        ]
        assert await bench.dsr(tale.contract_id) == [(0, 7_000, 3_000)]


async def test_what_the_log_repeats_changes_nothing_and_says_nothing(bench, case):
    tale = await case(ago=2)
    facts = [*tale.contract(), tale.open()]
    claims = [tale.lower(PAYEE, 7_000, at=tale.at + MINUTE), tale.lower(PAYER, 7_000)]
    for _ in range(2):
        await bench.play(*facts)
        await bench.play(*claims)
        await bench.play(*reversed(facts), *claims)
    assert types(await bench.said(tale.contract_id)) == [
        "dispute.registered",
        "claim.stated",
        "funds.attributed",
        "command.refused",
    ]


async def test_a_repeat_gets_the_first_answer_from_the_register(bench, case):
    tale = await case(ago=2)
    await bench.play(*tale.contract(), tale.open())
    at = tale.at + MINUTE
    for _ in range(2):
        await bench.play(tale.lower(PAYEE, 7_000, at=at, message_id="yes"))
        await bench.play(tale.lower(PAYEE, 9_000, at=at, message_id="no"))
    await bench.play(tale.lower(PAYEE, 6_000, at=at, message_id="yes"))
    said = (await bench.said(tale.contract_id))[3:]
    assert types(said) == ["command.refused", *["command.duplicated"] * 2, "command.refused"]
    assert [each["data"].get("code") for each in said] == [
        "CLAIM_MAY_ONLY_FALL",
        None,
        "CLAIM_MAY_ONLY_FALL",
        "IDEMPOTENCY_CONFLICT",
    ]


async def test_tranches_are_disputed_apart_and_keep_their_names(bench, case):
    tale = await case(ago=2)
    await bench.play(*tale.contract("build", None, "ship"), tale.open(6_000, tranche=3))
    await bench.play(tale.open(10_000, tranche=1, sequence=4))
    await bench.play(tale.lower(PAYEE, 4_000, tranche="ship", at=tale.at + MINUTE))
    await bench.play(tale.lower(PAYEE, 4_000, tranche="build", at=tale.at + MINUTE))
    assert await bench.dsr(tale.contract_id) == [(4_000, 0, 6_000), (0, 4_000, 6_000)]
    first, second = await bench.disputes(tale.contract_id)
    assert (first["opening_sequence"], second["opening_sequence"]) == (4, 3)
    assert (first["ending"], second["ending"]) == (None, "settled")
    assert (await bench.docket(tale.contract_id))["tranches"] == "build,,ship"


async def test_proposals_are_kept_from_batch_to_batch_with_what_became_of_them(bench, case):
    tale = await case(ago=2)
    await bench.play(*tale.contract(), tale.open(6_000))
    at, until = tale.at + MINUTE, tale.at + 50 * MINUTE
    for by, name in ((PAYEE, "his"), (PAYER, "hers"), (PAYEE, "gone"), (PAYEE, "short")):
        ends = at + MINUTE if name == "short" else until
        await bench.play(tale.propose(by, name, 4_000, 2_000, ends, at=at))
    await bench.play(tale.name("withdraw", PAYEE, "gone", at=at))
    await bench.play(tale.name("accept", PAYER, "gone", at=at))
    await bench.play(tale.name("accept", PAYER, "short", at=at + MINUTE))
    await bench.play(tale.propose(PAYER, "short", 4_000, 2_000, until, at=at + MINUTE))
    await bench.play(tale.name("accept", PAYER, "his", at=at + MINUTE))
    await bench.play(tale.name("accept", PAYEE, "hers", at=at + MINUTE))
    said = await bench.said(tale.contract_id)
    assert types(said)[-7:] == [
        "command.refused",
        "proposal.accepted",
        "funds.attributed",
        "funds.attributed",
        "proposal.voided",
        "dispute.ended",
        "command.refused",
    ]
    codes = [each["data"]["code"] for each in said if each["type"] == "crps.command.refused.v1"]
    assert codes == [
        "PROPOSAL_UNKNOWN", "PROPOSAL_EXPIRED", "PROPOSAL_NAME_USED", "PROPOSAL_SUPERSEDED",
    ]  # fmt: skip
    assert said[-3]["data"]["proposals"] == ["hers"]
    rows = await bench.pool.fetch(
        "SELECT name, made_by, fate FROM proposal WHERE contract_id = $1 ORDER BY name",
        tale.contract_id,
    )
    assert [tuple(row) for row in rows] == [
        ("gone", "payee", "withdrawn"),
        ("hers", "payer", None),
        ("his", "payee", "accepted"),
        ("short", "payee", None),
    ]
    assert await bench.dsr(tale.contract_id) == [(0, 8_000, 2_000)]
    (dispute,) = await bench.disputes(tale.contract_id)
    assert (dispute["ending"], dispute["payee_proposed"]) == ("proposal", True)
    for change in ("fate = NULL", "fate = 'withdrawn'"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await bench.pool.execute(
                f"UPDATE proposal SET {change} WHERE contract_id = $1 AND name = 'his'",
                tale.contract_id,
            )


async def test_an_external_ending_comes_back_with_its_fallback_and_its_bound(bench, case):
    tale = await case(ago=3)
    clause = {"silence_rule": False, "ending": "external", "fallback": "to_payer",
              "odd_unit": "payee"}  # fmt: skip
    bound = (tale.at + 120 * MINUTE).isoformat()
    told = {"clause": clause, "ruling_deadline_at": bound, "adjudicator": "judge-1"}
    await bench.play(*tale.contract(), tale.open(6_000, **told))
    await bench.play(tale.due(at=tale.at + 60 * MINUTE))
    assert await bench.dsr(tale.contract_id) == [(6_000, 4_000, 0)]
    await bench.play(tale.due(at=tale.at + 120 * MINUTE, generation=2))
    assert await bench.dsr(tale.contract_id) == [(0, 4_000, 6_000)]
    assert (await bench.disputes(tale.contract_id))[0]["ending"] == "to_payer"


async def test_a_ratio_and_a_counting_rail_come_back_as_they_were_signed(bench, case):
    tale = await case(ago=2)
    clause = {"silence_rule": False, "ending": "ratio", "ratio_to_payee_bp": 2_500,
              "odd_unit": "payer"}  # fmt: skip
    rail = {"minimum": "100", "whole_only": False, "parts": 2}
    await bench.play(*tale.contract(), tale.open(clause=clause, rail=rail))
    await bench.play(tale.lower(PAYEE, 9_000, at=tale.at + MINUTE))
    await bench.play(tale.due(at=tale.at + 61 * MINUTE))
    assert (await bench.said(tale.contract_id))[1]["data"]["code"] == "RAIL_CANNOT_HONOUR"
    assert await bench.dsr(tale.contract_id) == [(0, 5_500, 4_500)]


async def test_a_command_waits_for_facts_that_are_not_read_yet(bench, case):
    known, unknown = await case(), await case()
    await bench.play(*known.contract())
    for tale in (known, unknown):
        await bench.play(tale.lower(PAYER, 5_000))
        assert await bench.said(tale.contract_id) == []
        held = await bench.pool.fetchval(
            "SELECT reason FROM held_record WHERE contract_id = $1", tale.contract_id
        )
        assert held == "facts"


async def test_a_command_that_waited_and_what_came_behind_it_are_judged_in_their_order(bench, case):
    tale = await case(ago=2)
    await bench.play(*tale.contract("a", "b"), tale.open())
    await bench.play(tale.lower(PAYER, 5_000, tranche="b", at=tale.at + MINUTE))
    await bench.play(tale.due(at=tale.at + 90 * MINUTE))
    await bench.play(tale.open(tranche=2, sequence=4))
    assert types(await bench.said(tale.contract_id))[1:] == [
        "dispute.registered",
        "claim.stated",
        "funds.attributed",
        *("funds.attributed", "dispute.ended"),
        *("funds.attributed", "dispute.ended"),
    ]
    assert (await bench.docket(tale.contract_id))["last_t"] == tale.at + 90 * MINUTE


async def test_whoever_finds_that_another_process_wrote_meanwhile_runs_again(bench, case):
    tale = await case()
    async with bench.pool.acquire() as rival:
        transaction = rival.transaction()
        await transaction.start()
        await rival.execute(
            "INSERT INTO docket VALUES ($1, 'ON_OFFER', NULL, NULL, 0, 0, 'shop-1',"
            " 'party-payer-7', 'party-payee-3', 'CNY/2', '', NULL, NULL, false, NULL, NULL, now())",
            tale.contract_id,
        )
        facts = asyncio.create_task(bench.play(*tale.contract()))
        await bench.until_waiting(1)
        await transaction.commit()
    await facts
    assert len(bench.retries) == 1
    assert (await bench.docket(tale.contract_id))["standing"] == "EFFECTIVE"


async def test_what_is_open_is_counted_by_asset(bench, case):
    def figures(rows):
        return {row["asset"]: (row["disputes"], row["contested"]) for row in rows}

    disputes, contested = figures(await open_disputes(bench.pool)).get("CNY/2", (0, 0))
    tale, other = await case(ago=2), await case(ago=2)
    await bench.play(*tale.contract(), tale.open(6_000), *other.contract(), other.open(1_000))
    found = figures(await open_disputes(bench.pool))["CNY/2"]
    assert found == (disputes + 2, contested + 7_000)
    assert all(isinstance(figure, int) for figure in found)
    await bench.play(other.lower(PAYER, 0, at=other.at + MINUTE))
    assert figures(await open_disputes(bench.pool))["CNY/2"] == (disputes + 1, contested + 6_000)


async def test_the_tables_in_memory_hold_the_same(bench, case, in_memory):
    tale = await case(ago=2)
    batches = [
        [tale.contract("a", "b")[0]],
        [*tale.contract("a", "b")[1:], tale.open(rail={"minimum": "5", "whole_only": False,
                                                       "parts": 9})],
        [tale.lower(PAYEE, 7_000, tranche=1, at=tale.at + MINUTE, message_id="mine")],
        [tale.lower(PAYEE, 7_000, tranche=1, at=tale.at + MINUTE, message_id="mine"),
         tale.lower(PAYEE, 8_000, tranche=1, at=tale.at + MINUTE)],
        [tale.open(tranche=2, sequence=4)],
        [tale.propose(PAYEE, "p", 3_000, 3_000, tale.at + 9 * MINUTE, at=tale.at + 2 * MINUTE,
                      tranche=2)],
        [tale.propose(PAYER, "q", 0, 6_000, tale.at + 9 * MINUTE, at=tale.at + 2 * MINUTE,
                      tranche=2)],
        [tale.name("withdraw", PAYEE, "p", at=tale.at + 2 * MINUTE, tranche=2)],
        [tale.due(at=tale.at + 61 * MINUTE), tale.lower(PAYER, 0, tranche=2)],
    ]  # fmt: skip
    memory = in_memory(tale.at + 120 * MINUTE)
    for batch in batches:
        await bench.play(*batch)
        await memory.play(*batch)
        open_rows = [row[0] for row in await bench.dsr(tale.contract_id) if row[0]]
        figures = [tuple(row) for row in await open_disputes(memory.pool)]
        assert figures == ([("CNY/2", len(open_rows), sum(open_rows))] if open_rows else [])
    tables = memory.pool.database
    for table in ("docket", "dispute", "proposal", "command_register"):
        rows = await bench.pool.fetch(
            f"SELECT * FROM {table} WHERE contract_id = $1 ORDER BY 1, 2, 3", tale.contract_id
        )
        kept = tables[table].of(tale.contract_id)
        assert rows
        assert sorted(map(timeless, rows), key=repr) == sorted(map(timeless, kept), key=repr)


def timeless(row):
    """A row without what its database's own clock wrote."""
    return {name: cell for name, cell in dict(row).items() if name not in ("noted_at", "judged_at")}


FORBIDDEN = [
    "UPDATE dispute SET amount = amount + 1",
    "UPDATE dispute SET deadline_at = now()",
    "UPDATE dispute SET signed_ending = 'to_payer'",
    "UPDATE docket SET payee_party = 'other'",
    "UPDATE command_register SET outcome = 'refused'",
    "UPDATE journal SET value = ''",
    "DELETE FROM dispute",
    "DELETE FROM docket",
    "DELETE FROM command_register",
    "DELETE FROM journal",
]
BROKEN = [
    ("payee = payee + 1", "money_is_conserved"),
    ("payee = payee + 3001, contested = -1", "buckets_are_not_negative"),
    ("contested = 2999, payee = payee + 1", "what_the_payer_does_not_claim_is_the_payees"),
    ("contested = 2999, payer = payer + 1", "what_the_payee_does_not_claim_is_the_payers"),
    ("contested = 0, payer = 6000, payee_claim = 4000", "what_ended_leaves_nothing_contested"),
    ("ending = 'to_payee'", "what_ended_leaves_nothing_contested"),
    ("contested = 0, payer = 6000, ending = 'to_payer'", "a_dispute_ends_as_agreed_or_signed"),
    ("contested = 0, payer = 6000, ending = 'silence'", "only_the_silent_lose_by_silence"),
    ("contested = 4, payee = 6996, payer_claim = 3004",
     "nothing_is_contested_that_the_rail_cannot_move"),
    ("parts_used = 10", "parts_fit_the_rail"),
]  # fmt: skip
TAKEN_BACK = [
    "contested = 3001, payee = payee - 1, payer_claim = 6001",
    "contested = 3001, payer = payer - 1, payee_claim = 7001",
    "payer_claim = 6001",
    "payee_claim = NULL",
    "parts_used = 0",
]


@pytest.fixture(scope="module")
async def in_midst(pool):
    """A contract whose dispute stands at D 3,000, S 4,000, R 3,000, both having spoken."""
    bench = Bench(pool)
    tale = Case(uuid4(), count(1), await bench.now() - timedelta(minutes=2))
    rail = {"minimum": "5", "whole_only": False, "parts": 9}
    await bench.play(*tale.contract(), tale.open(6_000, rail=rail))
    await bench.play(tale.lower(PAYEE, 7_000, at=tale.at + MINUTE))
    assert await bench.dsr(tale.contract_id) == [(3_000, 4_000, 3_000)]
    return tale.contract_id


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_what_was_told_signed_and_said_is_written_once(bench, in_midst, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bench.pool.execute(f"{statement} WHERE contract_id = $1", in_midst)


@pytest.mark.parametrize(("change", "constraint"), BROKEN)
async def test_the_database_refuses_on_its_own_what_the_law_forbids(
    bench, in_midst, change, constraint
):
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await set_dispute(bench, in_midst, change)
    assert refused.value.constraint_name == constraint
    assert await bench.dsr(in_midst) == [(3_000, 4_000, 3_000)]


@pytest.mark.parametrize("change", TAKEN_BACK)
async def test_what_was_given_is_not_taken_back(bench, in_midst, change):
    with pytest.raises(asyncpg.RestrictViolationError):
        await set_dispute(bench, in_midst, change)


async def test_an_end_is_for_good(bench, case):
    tale = await case(ago=2)
    await bench.play(*tale.contract(), tale.open(), tale.due(at=tale.at + 61 * MINUTE))
    assert (await bench.disputes(tale.contract_id))[0]["ending"] == "silence"
    for ending in ("'to_payee'", "NULL"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await set_dispute(bench, tale.contract_id, f"ending = {ending}")


async def set_dispute(bench, contract_id, change):
    await bench.pool.execute(f"UPDATE dispute SET {change} WHERE contract_id = $1", contract_id)


@pytest.mark.parametrize(
    "change", ["standing = 'DECLINED', effective_at = NULL", "effective_at = now()"]
)
async def test_what_contracts_told_is_final(bench, in_midst, change):
    with pytest.raises(asyncpg.RestrictViolationError):
        await bench.pool.execute(f"UPDATE docket SET {change} WHERE contract_id = $1", in_midst)
