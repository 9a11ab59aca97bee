"""Firing by the sandbox's clock: what is due when it is set, and who has a say in what is early."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.chassis.journal import QUERIES as CHASSIS
from services.scheduler.worker import TimerLoop

from .test_firing import chain, silent

pytestmark = pytest.mark.connected

YEAR = timedelta(days=366)


async def set_clock(pool: asyncpg.Pool, *instants: datetime) -> None:
    for partition, instant in enumerate(instants):
        await pool.execute(CHASSIS["set_virtual_time"], [partition], [instant])


async def test_a_deadline_a_year_away_fires_once_the_clock_is_set_to_it(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    due_at = clock + YEAR
    await arm(uuid4(), 1, chain(due_at))
    await set_clock(pool, due_at - timedelta(microseconds=1))
    assert (await silent(pool).run_once()).count == 0
    await set_clock(pool, due_at)
    fired = await silent(pool).run_once()
    assert (fired.count, fired.next_in, fired.is_virtual) == (1, None, True)
    assert await pool.fetchval("SELECT fired_at FROM timer") == due_at


async def test_the_broker_s_clock_decides_no_more_what_is_early(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    await arm(uuid4(), 1, chain(clock + YEAR))
    await set_clock(pool, clock + YEAR)
    await silent(pool).run_once()
    row = await pool.fetchrow("SELECT not_before, written_at FROM outbox")
    assert row["not_before"] is None
    assert row["written_at"] < clock + YEAR


async def test_a_clock_in_the_past_fires_nothing_that_real_time_would(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    await arm(uuid4(), 1, chain(clock - timedelta(hours=1)))
    await set_clock(pool, clock - timedelta(hours=2))
    assert (await silent(pool).run_once()).count == 0


async def test_one_partition_that_was_told_is_enough_for_all_were_told_before(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    await arm(uuid4(), 1, chain(clock + YEAR))
    await set_clock(pool, clock, clock + YEAR, clock)
    assert (await silent(pool).run_once()).count == 1


async def test_seconds_of_a_clock_that_jumps_are_no_lateness(
    pool: asyncpg.Pool, arm: Any, clock: datetime
) -> None:
    late: list[float] = []
    loop = TimerLoop(pool, announced=lambda: None, late=late.append)
    await arm(uuid4(), 1, chain(clock + timedelta(hours=1)))
    await set_clock(pool, clock + YEAR)
    assert (await loop.run_once()).count == 1
    assert late == []


async def test_time_never_falls_in_the_table_either(pool: asyncpg.Pool, clock: datetime) -> None:
    await set_clock(pool, clock + YEAR)
    await set_clock(pool, clock)
    assert await pool.fetchval("SELECT stands_at FROM virtual_time") == clock + YEAR
