"""Passwords of the service roles: what is set is what the server itself would have kept."""

from base64 import b64decode
from collections.abc import AsyncIterator

import asyncpg
import pytest

from crps.passwords import given_passwords, scram_verifier, set_passwords

pytestmark = pytest.mark.connected

ROLE = "svc_disputes"


@pytest.fixture
async def admin(database: str) -> AsyncIterator[asyncpg.Connection]:
    """An administrator whose changes are taken back: roles belong to the whole server."""
    conn = await asyncpg.connect(database)
    transaction = conn.transaction()
    await transaction.start()
    yield conn
    await transaction.rollback()
    await conn.close()


async def kept(admin: asyncpg.Connection) -> str:
    """What the server checks the role's logins against."""
    found: str = await admin.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = $1", ROLE)
    return found


def salt_of(verifier: str) -> bytes:
    return b64decode(verifier.split("$")[1].partition(":")[2])


@pytest.mark.parametrize("password", ["secret", "with 'quotes' and \\ and $1", "~" * 200])
async def test_the_verifier_is_the_server_s_own(admin: asyncpg.Connection, password: str) -> None:
    statement = await admin.fetchval(
        "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", ROLE, password
    )
    await admin.execute("SET LOCAL password_encryption = 'scram-sha-256'")
    await admin.execute(statement)
    by_server = await kept(admin)
    assert scram_verifier(password, salt_of(by_server)) == by_server


async def test_the_server_keeps_the_new_password_and_no_other_role_s(
    admin: asyncpg.Connection,
) -> None:
    before = dict(await admin.fetch("SELECT rolname, rolpassword FROM pg_authid"))
    for password in ("first", "first", "rotated"):
        await set_passwords(admin, {"disputes": password})
        verifier = await kept(admin)
        assert scram_verifier(password, salt_of(verifier)) == verifier
    after = dict(await admin.fetch("SELECT rolname, rolpassword FROM pg_authid"))
    assert {name for name in after if after[name] != before[name]} == {ROLE}


async def test_two_roles_with_one_password_are_not_seen_to_have_it(
    admin: asyncpg.Connection,
) -> None:
    await set_passwords(admin, {"disputes": "same", "ledger": "same"})
    query = "SELECT rolpassword FROM pg_authid WHERE rolname IN ('svc_disputes', 'svc_ledger')"
    first, second = await admin.fetch(query)
    assert salt_of(first["rolpassword"]) != salt_of(second["rolpassword"])


def test_only_what_is_set_is_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in ("CONTRACTS", "DISPUTES", "LEDGER", "SCHEDULER"):
        monkeypatch.delenv(f"CRPS_{service}_POSTGRES_PASSWORD", raising=False)
    monkeypatch.setenv("CRPS_LEDGER_POSTGRES_PASSWORD", "of the ledger")
    monkeypatch.setenv("CRPS_DISPUTES_POSTGRES_PASSWORD", "")
    assert given_passwords() == {"ledger": "of the ledger"}
