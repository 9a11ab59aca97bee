"""A scheduler's database, and contracts whose timed events it takes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from crps.stack.services import service_dsn
from schemas.contracts_v1 import Timer
from services.chassis.db import open_pool
from services.scheduler.store import TimerSet, save_timers

Arm = Callable[..., Awaitable[None]]


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """The scheduler's own role on an empty schema."""
    pool = await open_pool(
        service_dsn(database, "scheduler"), schema="scheduler", application="test"
    )
    await pool.execute("DELETE FROM timer")
    await pool.execute("DELETE FROM outbox")
    await pool.execute("DELETE FROM virtual_time")
    yield pool
    await pool.close()


@pytest.fixture
def arm(pool: asyncpg.Pool) -> Arm:
    """Store one contract's set of timers, as of a version."""

    async def arm(
        contract_id: UUID, version: int, *timers: Timer, source: str = "contracts"
    ) -> None:
        async with pool.acquire() as conn, conn.transaction():
            await save_timers(conn, [TimerSet(contract_id, source, version, timers)])

    return arm


@pytest.fixture
def rows(pool: asyncpg.Pool) -> Callable[[], Awaitable[Sequence[asyncpg.Record]]]:
    """All stored timers."""

    async def rows() -> Sequence[asyncpg.Record]:
        found: Sequence[asyncpg.Record] = await pool.fetch(
            "SELECT * FROM timer ORDER BY contract_id, tranche"
        )
        return found

    return rows


@pytest.fixture
async def clock(pool: asyncpg.Pool) -> datetime:
    """The database's clock when the test began."""
    now: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return now.astimezone(UTC)
