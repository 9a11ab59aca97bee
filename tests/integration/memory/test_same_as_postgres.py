"""Every statement of one long history, run again on real PostgreSQL: the same rows come back.

This is what allows the tables in memory to stand for the database in the simulation.
"""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import asyncpg
import pytest

from crps.memory.database import Cells, Database
from services.chassis.db import open_pool
from services.chassis.journal import QUERIES as CHASSIS
from services.contracts.store import QUERIES as CONTRACTS
from services.disputes.store import QUERIES as DISPUTES
from services.ledger.store import QUERIES as LEDGER
from services.scheduler.store import QUERIES as SCHEDULER
from tests.simulation.simulator import Simulator

pytestmark = pytest.mark.connected

SEED, STEPS = 144, 700
QUERIES = {
    "contracts": CONTRACTS,
    "disputes": DISPUTES,
    "ledger": LEDGER,
    "scheduler": SCHEDULER,
}
OWN_CLOCK = {"read_clock", "read_clocks", "outbox_age"}
ANSWERING = {"bury", "fire_due", "lease_shards"}
"""Statements that are no SELECT, and whose rows somebody reads."""
NEVER = {"retry_blocked", "block_held", "set_virtual_time"} | {
    # Asked by readiness and Prometheus only.
    *("outbox_age", "outbox_size", "held_by_reason", "blocked_contracts", "open_instructions"),
    "open_disputes",
    # The simulation's periods are exact: tests/integration/contracts/test_calendars.py runs these.
    *("newest_calendars", "every_calendar", "load_calendar", "insert_calendar"),
}
"""Operators', health's, the sandbox's, for writes that fail; the chassis' own tests run them."""


class Call(NamedTuple):
    name: str
    sql: str
    arguments: tuple[Any, ...]
    rows: list[dict[str, Any]]


def record(database: Database, names: dict[str, str]) -> list[Call]:
    """Keep every call that reaches ``database``, with what it returned."""
    calls: list[Call] = []
    run = database.run

    def recording(sql: str, *arguments: Any) -> list[Cells]:
        rows = run(sql, *arguments)
        if names[sql] == "fire_due":
            arguments = (database.clock(),)
        kept = [dict(row._row) for row in rows]
        calls.append(Call(names[sql], sql, arguments, kept))
        return rows

    database.run = recording  # type: ignore[method-assign]
    return calls


@pytest.fixture
async def pools(database: str) -> AsyncIterator[dict[str, asyncpg.Pool]]:
    """Connections of each service's runtime role."""
    opened = {
        name: await open_pool(f"{database}?role=svc_{name}", schema=name, application="memory")
        for name in QUERIES
    }
    yield opened
    for pool in opened.values():
        await pool.close()


async def test_every_statement_does_the_same(pools: dict[str, asyncpg.Pool]) -> None:
    simulator = Simulator(SEED, steps=STEPS)
    simulator.faults.is_on = False
    calls = {}
    for name, queries in QUERIES.items():
        names = {sql: n for known in (CHASSIS, queries) for n, sql in known.items()}
        calls[name] = record(simulator.world.services[name].database, names)
    await simulator.run()
    for name, made in calls.items():
        for number, call in enumerate(made):
            rows = await pools[name].fetch(call.sql, *call.arguments)
            is_answer = call.sql.startswith("SELECT") or call.name in ANSWERING
            if call.name in OWN_CLOCK or not is_answer:
                continue
            where = f"{name}, call {number}: {call.name}"
            assert len(rows) == len(call.rows), where
            columns = list(rows[0].keys()) if rows else []
            found = [readable(dict(row)) for row in rows]
            kept = [readable({column: row[column] for column in columns}) for row in call.rows]
            if "ORDER BY" not in call.sql:
                found, kept = sorted(found, key=repr), sorted(kept, key=repr)
            assert found == kept, where
    every = set().union(*(queries.keys() for queries in (CHASSIS, *QUERIES.values())))
    assert every - {call.name for made in calls.values() for call in made} <= NEVER


def readable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its message as what it says, for the database writes JSON its own way, and
    without what its own clock wrote."""
    return {
        column: json.loads(cell) if column == "value" and isinstance(cell, bytes) else cell
        for column, cell in row.items()
        if column != "written_at"
    }
