"""What the database refuses by itself, whatever a program may ask (I0, I4, append-only)."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.integration.ledger.conftest import Play
from tests.unit.ledger import wire

pytestmark = pytest.mark.connected


@pytest.fixture
async def effective(play: Play) -> UUID:
    """A contract with 10,000 free and nothing instructed."""
    contract_id = uuid4()
    await play(wire.accepted(contract_id))
    await play(wire.received(contract_id))
    await play(wire.effective(contract_id))
    return contract_id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET amount = amount + 1",
        "DELETE FROM entry",
        "TRUNCATE entry",
        "UPDATE receipt SET amount = amount + 1",
        "DELETE FROM receipt",
        "UPDATE party_account SET account = 'acct-stranger'",
        "DELETE FROM party_account",
        "DELETE FROM bank_report",
        "DELETE FROM instruction",
        "DELETE FROM book",
    ],
)
async def test_the_service_may_not_rewrite_what_was_said(
    pool: asyncpg.Pool, effective: UUID, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger.entry SET amount = 1", "DELETE FROM ledger.entry", "TRUNCATE ledger.entry"],
)
async def test_nobody_may_rewrite_an_entry(database: str, effective: UUID, statement: str) -> None:
    """Not even an administrator, short of taking the trigger away."""
    admin = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await admin.execute(statement)
    finally:
        await admin.close()


INSTRUCTION = """
    INSERT INTO instruction (contract_id, instruction_id, number, uetr, direction, side, cause,
        kind, amount, creditor_role, creditor_account, event_id, event_hash, issued_at,
        latest_execution_by, attempt, status, unknown, changed_at)
    VALUES ($1, gen_random_uuid(), 1, gen_random_uuid(), $2, $3, 'release', 'subjective', 1, $4,
        $5, 'e', '\\x00', now(), now(), 1, 'issued', false, now())
"""


@pytest.mark.parametrize(
    ("direction", "side", "role", "account", "constraint"),
    [
        ("settle", "payee", "payee", "acct-stranger", "the_creditor_is_a_party_of_this_contract"),
        ("return", "payer", "payer", "acct-stranger", "the_creditor_is_a_party_of_this_contract"),
        ("settle", "payee", "payee", "acct-payer", "the_creditor_is_a_party_of_this_contract"),
        (
            "settle",
            "payee",
            "payer",
            "acct-payer",
            "settle_goes_to_the_payee_and_return_to_the_payer",
        ),
        (
            "return",
            "payer",
            "payee",
            "acct-payee",
            "settle_goes_to_the_payee_and_return_to_the_payer",
        ),
    ],
)
async def test_no_instruction_names_a_stranger(
    pool: asyncpg.Pool,
    effective: UUID,
    direction: str,
    side: str,
    role: str,
    account: str,
    constraint: str,
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await pool.execute(INSTRUCTION, effective, direction, side, role, account)
    assert getattr(refused.value, "constraint_name", None) == constraint


async def test_the_parties_own_accounts_are_accepted(pool: asyncpg.Pool, effective: UUID) -> None:
    await pool.execute(INSTRUCTION, effective, "settle", "payee", "payee", "acct-payee")
    await pool.execute(INSTRUCTION, effective, "return", "payer", "payer", "acct-payer")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("free = free - 1", "every_unit_came_from_outside"),
        ("free = free - 1, outside = outside + 1", "once_effective_the_total_is_conserved"),
        ("free = -1, payee_due = 10001", "no_account_inside_is_ever_negative"),
        ("free = free - 5, received = 5", "once_effective_the_total_is_conserved"),
        ("phase = 'accepted'", "before_effect_nothing_has_entered"),
        ("emptied = true", "books_are_emptied_exactly_when_all_has_arrived"),
        ("payee_account = payer_account", "two_parties_have_two_accounts"),
    ],
)
async def test_balances_that_cannot_be_are_refused(
    pool: asyncpg.Pool, effective: UUID, change: str, constraint: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await pool.execute(f"UPDATE book SET {change} WHERE contract_id = $1", effective)
    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("debit", "credit", "amount", "constraint"),
    [
        ("payee_due", "payer_due", 1, "money_never_crosses_to_the_other_side"),
        ("free", "platform", 1, "money_never_crosses_to_the_other_side"),
        ("payee_due", "free", 1, "money_never_crosses_to_the_other_side"),
        ("free", "payee_due", 0, "zero_is_never_a_movement"),
    ],
)
async def test_entries_that_cannot_be_are_refused(
    pool: asyncpg.Pool, effective: UUID, debit: str, credit: str, amount: int, constraint: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await pool.execute(
            "INSERT INTO entry VALUES ($1, 99, 'e', $2, $3, $4, now())",
            effective,
            debit,
            credit,
            amount,
        )
    assert refused.value.constraint_name == constraint


async def test_the_databases_list_of_moves_is_the_domains(pool: asyncpg.Pool) -> None:
    from services.ledger.domain.entries import LAWFUL_MOVES, Account

    definition = await pool.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conname = 'money_never_crosses_to_the_other_side'"
    )
    expression = definition.removeprefix("CHECK ")
    rows = await pool.fetch(
        f"SELECT debit_account, credit_account FROM unnest($1::text[]) AS d (debit_account)"
        f" CROSS JOIN unnest($1::text[]) AS c (credit_account) WHERE {expression}",
        [account.value for account in Account],
    )
    assert {tuple(row) for row in rows} == {
        (debit.value, credit.value) for debit, credit in LAWFUL_MOVES
    }
