"""Forward-only SQL migrations with checksums, one schema and one pair of roles a service.

Run by ``crps migrate`` with an administrator's connection, never at service start. The schema's
owner role ``own_<service>`` cannot log in; ``svc_<service>`` runs the service and gets no more
than its tables need.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

import asyncpg

_FILE: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_NAME: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text, hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationError(Exception):
    """An applied migration was changed, or the numbering has a gap."""


def migrations_of(service: str) -> list[Migration]:
    """Return the service's migrations in order: the chassis' tables first, as number 0."""
    chassis = resources.files("services.chassis") / "sql" / "chassis.sql"
    found = [Migration(0, "chassis", chassis.read_text("utf-8"))]
    folder = resources.files(f"services.{service}") / "sql" / "migrations"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        match = _FILE.fullmatch(file.name)
        if match:
            found.append(Migration(int(match[1]), file.name, file.read_text("utf-8")))
    if [m.version for m in found] != list(range(len(found))):
        raise MigrationError(f"{service}: the migrations are not numbered without a gap")
    return found


def expected_version(service: str) -> int:
    """Return the schema version that this code needs."""
    return len(migrations_of(service)) - 1


async def migrate(conn: asyncpg.Connection, service: str) -> list[str]:
    """Bring the schema of ``service`` up to date; returns the names of what was applied.

    ``conn`` is an administrator's. Raises ``MigrationError`` when an applied file was changed.
    """
    assert _NAME.fullmatch(service)
    applied: list[str] = []
    async with conn.transaction():
        await conn.execute("SELECT pg_advisory_xact_lock(hashtext('crps.migrate'))")
        await _ensure_roles(conn, service)
        done = {
            row["version"]: row["checksum"]
            for row in await conn.fetch(f"SELECT version, checksum FROM {service}.schema_migration")  # noqa: S608
        }
        for migration in migrations_of(service):
            known = done.get(migration.version)
            if known is None:
                await _apply(conn, service, migration)
                applied.append(migration.name)
            elif known != migration.checksum:
                raise MigrationError(f"{service}: {migration.name} was changed after it ran")
    return applied


async def _apply(conn: asyncpg.Connection, service: str, migration: Migration) -> None:
    await conn.execute(
        f"SET LOCAL lock_timeout = '5s'; SET LOCAL search_path = {service};"
        f"SET LOCAL ROLE own_{service};"
    )
    await conn.execute(migration.sql)
    await conn.execute(
        "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)",
        migration.version,
        migration.name,
        migration.checksum,
    )
    await conn.execute("RESET ROLE; RESET search_path")


async def _ensure_roles(conn: asyncpg.Connection, service: str) -> None:
    """Create roles, schema and grants; everything else is refused to them by default."""
    owner, runtime = f"own_{service}", f"svc_{service}"
    for role, login in ((owner, "NOLOGIN"), (runtime, "LOGIN")):
        if not await conn.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await conn.execute(f"CREATE ROLE {role} {login}")
    await conn.execute(
        f"""
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {owner};
        GRANT USAGE ON SCHEMA {service} TO {runtime};
        ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service}
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {runtime};
        SET LOCAL ROLE {owner};
        CREATE TABLE IF NOT EXISTS {service}.schema_migration (
            version    integer     PRIMARY KEY,
            name       text        NOT NULL,
            checksum   text        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        REVOKE INSERT, UPDATE, DELETE ON {service}.schema_migration FROM {runtime};
        RESET ROLE;
        """
    )
