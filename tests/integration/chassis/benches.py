"""The toy service's bench on PostgreSQL, and in memory: both must pass the same tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crps.memory.chassis_tables import add_chassis
from crps.memory.clock import VirtualClock
from crps.memory.database import Database, MemoryPool
from crps.memory.shapes import select_of_contracts
from crps.memory.tables import rows_of
from services.chassis.db import open_pool

from .toy import QUERIES, Bench


class PostgresBench(Bench):
    async def journal(self, contract_id: UUID) -> list[tuple[int, bytes]]:
        rows = await self.pool.fetch(
            "SELECT sequence, value FROM journal WHERE contract_id = $1 ORDER BY sequence",
            contract_id,
        )
        return [(row["sequence"], row["value"]) for row in rows]

    async def outbox(self, contract_id: UUID) -> list[bytes]:
        rows = await self.pool.fetch(
            "SELECT value FROM outbox WHERE key = $1 ORDER BY id", str(contract_id).encode()
        )
        return [row["value"] for row in rows]

    async def letters(self, contract_id: UUID) -> list[str]:
        rows = await self.pool.fetch(
            "SELECT code FROM dead_letter WHERE contract_id = $1", contract_id
        )
        return [row["code"] for row in rows]

    async def forbid(self, contract_id: UUID) -> None:
        statement = (
            "ALTER TABLE scheduler.tally ADD CONSTRAINT no_sick"
            f" CHECK (contract_id <> '{contract_id}')"
        )
        async with self.pool.acquire() as conn:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
        await self._as_admin(statement)

    async def lose_connections(self) -> None:
        await self._as_admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'svc_scheduler'"
        )

    async def pause(self) -> None:
        await asyncio.sleep(0.02)

    async def _as_admin(self, statement: str) -> None:
        async with self.pool.acquire() as conn:
            name = await conn.fetchval("SELECT current_database()")
            host, port = conn._addr
        admin = await asyncpg.connect(user="postgres", host=host, port=port, database=name)
        await admin.execute(statement)
        await admin.close()


class MemoryBench(Bench):
    forbidden: UUID | None = None

    @property
    def db(self) -> Database:
        database: Database = self.pool.database
        return database

    async def journal(self, contract_id: UUID) -> list[tuple[int, bytes]]:
        return [(row["sequence"], row["value"]) for row in self.db["journal"].of(contract_id)]

    async def outbox(self, contract_id: UUID) -> list[bytes]:
        key = str(contract_id).encode()
        return [row["value"] for row in self.db["outbox"] if row["key"] == key]

    async def letters(self, contract_id: UUID) -> list[str]:
        return [row["code"] for row in self.db["dead_letter"].of(contract_id)]

    async def forbid(self, contract_id: UUID) -> None:
        self.forbidden = contract_id

    async def lose_connections(self) -> None:
        def lose(_: str) -> None:
            self.db.on_step = lambda _: None
            raise ConnectionResetError("terminated")

        self.db.on_step = lose

    async def pause(self) -> None:
        clock: Any = self.db.clock
        clock.advance(timedelta(milliseconds=100))


@pytest.fixture
async def postgres_bench(database: str) -> AsyncIterator[Bench]:
    admin = await asyncpg.connect(database)
    await admin.execute(
        "DROP TABLE IF EXISTS scheduler.tally; CREATE TABLE scheduler.tally (contract_id uuid"
        " PRIMARY KEY, seen text NOT NULL, sequences text NOT NULL, applied text NOT NULL);"
        "GRANT ALL ON scheduler.tally TO svc_scheduler; TRUNCATE scheduler.read_position,"
        " scheduler.virtual_time"
    )
    await admin.close()
    dsn = database.replace("postgres@", "svc_scheduler@", 1)
    pool = await open_pool(dsn, schema="scheduler", application="toy")
    yield PostgresBench.over(pool)
    await pool.close()


@pytest.fixture
def memory_bench() -> Iterator[Bench]:
    database = Database(VirtualClock(datetime(2026, 6, 1, tzinfo=UTC)))
    bench = MemoryBench.over(MemoryPool(database))

    def save(db: Database, *arrays: Any) -> None:
        for row in rows_of(("contract_id", "seen", "sequences", "applied"), arrays):
            if row["contract_id"] == bench.forbidden:
                raise asyncpg.CheckViolationError("no_sick")
            db["tally"].put(row)

    load = select_of_contracts(QUERIES["load_tallies"])
    add_chassis(database)
    database.add({"tally": ("contract_id",)}, QUERIES, {"load_tallies": load, "save_tallies": save})
    return bench


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.connected), "memory"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """The bench, below it PostgreSQL or memory."""
    found: Bench = request.getfixturevalue(f"{request.param}_bench")
    return found
