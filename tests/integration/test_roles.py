"""One role and schema a service: every other schema is refused, and so is too much of one's own."""

import asyncpg
import pytest

from schemas.topics import SERVICES
from services.chassis.migrate import MigrationError, migrate, migrations_of

pytestmark = pytest.mark.connected

STRANGERS = [(mine, other) for mine in SERVICES for other in SERVICES if mine != other]


async def connect(dsn: str, service: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn.replace("postgres@", f"svc_{service}@", 1))


@pytest.mark.parametrize(("mine", "other"), STRANGERS)
async def test_a_service_is_refused_by_every_other_schema(
    database: str, mine: str, other: str
) -> None:
    conn = await connect(database, mine)
    try:
        for statement in (
            f"SELECT * FROM {other}.journal",
            f"INSERT INTO {other}.relay_lease VALUES (0, 'x', gen_random_uuid(), now())",
            f"UPDATE {other}.outbox SET topic = 'x'",
            f"DELETE FROM {other}.held_record",
            f"CREATE TABLE {other}.mine (id integer)",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
    finally:
        await conn.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_may_not_change_its_own_schema_or_become_another(
    database: str, service: str
) -> None:
    conn = await connect(database, service)
    try:
        for statement in (
            f"CREATE TABLE {service}.mine (id integer)",
            "CREATE TABLE public.mine (id integer)",
            f"DROP TABLE {service}.journal",
            f"UPDATE {service}.schema_migration SET checksum = ''",
            f"UPDATE {service}.journal SET value = ''",
            f"DELETE FROM {service}.journal",
            f"UPDATE {service}.command_register SET outcome = 'refused'",
            f"DELETE FROM {service}.command_register",
            f"TRUNCATE {service}.command_register",
            f"SET ROLE own_{service}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
        version = await conn.fetchval(f"SELECT max(version) FROM {service}.schema_migration")
        assert version == len(migrations_of(service)) - 1
    finally:
        await conn.close()


async def test_migrating_again_does_nothing_and_a_changed_file_is_refused(database: str) -> None:
    admin = await asyncpg.connect(database)
    try:
        assert await migrate(admin, "disputes") == []
        await admin.execute(
            "UPDATE disputes.schema_migration SET checksum = 'another' WHERE version = 1"
        )
        with pytest.raises(MigrationError, match="was changed"):
            await migrate(admin, "disputes")
        await admin.execute(
            "UPDATE disputes.schema_migration SET checksum = $1 WHERE version = 1",
            migrations_of("disputes")[1].checksum,
        )
    finally:
        await admin.close()
