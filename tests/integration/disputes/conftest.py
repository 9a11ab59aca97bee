"""Disputes on a real database, as the role it runs under, with records instead of a broker."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from crps.memory.clock import VirtualClock
from crps.memory.database import Database, MemoryPool
from crps.memory.wirings import wirings
from services.disputes.app import SUBSCRIPTIONS
from services.disputes.handlers import Disputes
from tests.integration import bench as benches
from tests.integration.bench import raw
from tests.unit.disputes import wire
from tests.unit.records import money, record


@pytest.fixture(scope="module")
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the runtime role."""
    async with benches.opened(database, "disputes") as pool:
        yield pool


class Bench(benches.Bench):
    """Disputes and its tables."""

    NAME = "disputes"
    SERVICE = Disputes()
    SUBSCRIPTIONS = SUBSCRIPTIONS

    async def docket(self, contract_id: UUID) -> asyncpg.Record:
        return await self.pool.fetchrow("SELECT * FROM docket WHERE contract_id = $1", contract_id)

    async def disputes(self, contract_id: UUID) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self.pool.fetch(
            "SELECT * FROM dispute WHERE contract_id = $1 ORDER BY tranche", contract_id
        )
        return rows

    async def dsr(self, contract_id: UUID) -> list[tuple[int, int, int]]:
        rows = await self.disputes(contract_id)
        return [(row["contested"], row["payee"], row["payer"]) for row in rows]


@pytest.fixture
def bench(pool: asyncpg.Pool) -> Bench:
    return Bench(pool)


@pytest.fixture
def in_memory() -> Callable[[datetime], Bench]:
    """The same service over tables in memory, whose clock stands at an instant."""

    def make(at: datetime) -> Bench:
        database = Database(VirtualClock(at))
        (wiring,) = [each for each in wirings(uuid4) if each.name == "disputes"]
        wiring.add_tables(database)
        return Bench(MemoryPool(database))

    return make


@dataclass
class Case:
    """One new contract under test and the records that tell its story."""

    contract_id: UUID
    ids: Any
    at: datetime
    """The opening; the dispute ends ``HOURS`` later."""

    HOURS = 1.0

    def contract(self, *names: str | None) -> list[SimpleNamespace]:
        return [
            self._fact("contract.accepted", 1, wire.agreed(*names)),
            self._fact("contract.effective", 2, wire.took_effect(self.at)),
        ]

    def open(self, claim: int = 6_000, *, sequence: int = 3, **changes: Any) -> SimpleNamespace:
        told = wire.opening(claim, **{"at": self.at, "hours": self.HOURS, **changes})
        return self._fact("dispute.opened", sequence, told)

    def lower(self, by: str, amount: Any, **where: Any) -> SimpleNamespace:
        message_id = where.pop("message_id", None) or f"m-{next(self.ids)}"
        return raw(wire.claim(by, amount, message_id, **self._where(where)))

    def propose(
        self, by: str, name: str, to_payee: int, to_payer: int, until: datetime, **where: Any
    ) -> SimpleNamespace:
        shares = {"to_payee": money(to_payee), "to_payer": money(to_payer)}
        return self.name("make", by, name, expires_at=until.isoformat(), **shares, **where)

    def name(self, verb: str, by: str, name: str, **told: Any) -> SimpleNamespace:
        """Make, accept or withdraw a proposal."""
        where = {"at": told.pop("at")}
        data = {"party": by, "proposal": name, **told}
        noun, message_id = f"proposal.{verb}", f"m-{next(self.ids)}"
        return raw(record(wire.COMMANDS, noun, message_id, data, **self._where(where)))

    def due(self, **where: Any) -> SimpleNamespace:
        return raw(wire.due(f"due-{next(self.ids)}", **self._where(where)))

    def _fact(self, noun: str, sequence: int, told: Any) -> SimpleNamespace:
        return raw(wire.fact(noun, sequence, told, **self._where({})))

    def _where(self, where: dict[str, Any]) -> dict[str, Any]:
        return {"at": self.at, "contract_id": self.contract_id, **where}


@pytest.fixture
def case(bench: Bench) -> Callable[..., Coroutine[Any, Any, Case]]:
    """Begin the story of a new contract, opened so many hours ago."""

    async def begin(ago: float = 0) -> Case:
        return Case(uuid4(), count(1), await bench.now() - timedelta(hours=ago))

    return begin
