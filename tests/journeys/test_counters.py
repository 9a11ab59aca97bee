"""What one contract costs in counters: they may fall, and a change that raises one must say why.

Seconds are noise on a shared machine; records, commits and bytes of WAL are not.
"""

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from rich.console import Console

from crps.bench.pipeline import rig
from crps.bench.run import Rig, Run, run_once
from crps.replay.narrator import Narrator
from crps.stack.home import Home

pytestmark = pytest.mark.connected

STATE: Final = Home(Path.cwd() / "var" / "test-counters")
CONTRACTS: Final = 200

RECORDS_WRITTEN: Final = 12
"""Order, acceptance, request, payment, its booking, effect, release, attribution, instruction,
arrival, emptied books, closing."""
RECORDS_READ: Final = 20
"""Contracts 4, ledger 6, scheduler 4, disputes 4, bank 2."""
COMMITS: Final = 6.0
"""Polling included: a small run on cold servers has small batches and long pauses, and many of its
commits are of idle loops (3.6 here on an idle machine, 1.8 once warm, less at full batches)."""
STATEMENTS: Final = 12.0
"""Begin, commit and idle polls included, as for the commits (4.9 here, two fifths of it polls)."""
WAL_BYTES: Final = 32_000

_STATEMENT: Final = re.compile(rb"^.*LOG:  (?:execute|statement)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counted:
    """All contracts at once through a fresh system, after a few that fill its caches."""

    run: Run
    statements: float
    """A contract's, of a second run, since the server has to log each of them."""


@pytest.fixture(scope="module")
async def counted(second_system: None) -> Counted:
    async with rig(STATE, Narrator(Console(file=StringIO()))) as system:
        await run_once(system, "warm-up", 50, None)
        run = await run_once(system, "counted", CONTRACTS, None)
        return Counted(run, await _statements(system) / CONTRACTS)


async def _statements(system: Rig) -> int:
    """Return how many statements the database executes during a run, by its own log."""
    assert system.servers is not None, "a second system has servers of its own"
    database = await asyncpg.connect(system.addresses.postgres)
    try:
        await database.execute("ALTER SYSTEM SET log_statement = 'all'")
        await database.execute("SELECT pg_reload_conf()")
        begin = len(await system.servers.log("postgres"))
        await run_once(system, "statements", CONTRACTS, None)
        return len(_STATEMENT.findall((await system.servers.log("postgres"))[begin:]))
    finally:
        await database.execute("ALTER SYSTEM RESET log_statement")
        await database.close()


@pytest.fixture(scope="module")
def run(counted: Counted) -> Run:
    return counted.run


async def test_every_contract_is_funded_instructed_and_settled_once(run: Run) -> None:
    assert run.valid, run.gate


async def test_records_per_contract_do_not_grow(run: Run) -> None:
    assert run.costs.records_written <= RECORDS_WRITTEN
    assert run.costs.records_read <= RECORDS_READ


async def test_commits_per_contract_do_not_grow(run: Run) -> None:
    assert 0 < run.costs.commits <= COMMITS


async def test_statements_per_contract_do_not_grow(counted: Counted) -> None:
    assert 0 < counted.statements <= STATEMENTS


async def test_wal_per_contract_does_not_grow(run: Run) -> None:
    assert 0 < run.costs.wal_bytes <= WAL_BYTES


async def test_every_process_was_measured(run: Run) -> None:
    expected = {"contracts", "disputes", "ledger", "scheduler", "sandbox-bank", "driver"}
    assert expected <= run.costs.cpu_ms.keys()
    assert run.costs.cpu_ms["total"] == pytest.approx(
        sum(spent for name, spent in run.costs.cpu_ms.items() if name != "total")
    )
