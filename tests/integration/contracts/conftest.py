"""Contracts on a real database, as the role it runs under, with records instead of a broker."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.contracts.app import SUBSCRIPTIONS
from services.contracts.handlers import Contracts
from tests.integration import bench as benches
from tests.unit.contracts import wire
from tests.unit.records import record


@pytest.fixture(scope="module")
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the runtime role."""
    async with benches.opened(database, "contracts") as pool:
        yield pool


class Bench(benches.Bench):
    """Contracts and its tables."""

    NAME = "contracts"
    SERVICE = Contracts()
    SUBSCRIPTIONS = SUBSCRIPTIONS

    async def row(self, contract_id: UUID) -> asyncpg.Record:
        return await self.pool.fetchrow(
            "SELECT * FROM contract WHERE contract_id = $1", contract_id
        )

    async def buckets(self, contract_id: UUID) -> list[tuple[int, int, int]]:
        rows = await self.pool.fetch(
            "SELECT free, payee, payer FROM tranche WHERE contract_id = $1 ORDER BY number",
            contract_id,
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def bench(pool: asyncpg.Pool) -> Bench:
    return Bench(pool)


@dataclass
class Deal:
    """One new contract under test and the records that tell its story."""

    contract_id: UUID
    ids: Any
    reports: Any
    at: datetime

    def order(
        self, *tranches: tuple[str, int], accepted: Any = ("payer", "payee"), **changes: Any
    ) -> Any:
        expires = (self.at + timedelta(hours=24)).isoformat()
        told = wire.order(wire.terms(*tranches, **changes), *accepted, offer_expires_at=expires)
        return self._make(wire.ORDERS, "order.placed", told)

    def fund(self, amount: str = "30000", **changes: Any) -> Any:
        told = {
            "receipt": f"rcpt-{next(self.ids)}",
            "amount": amount,
            "asset": "CNY/2",
            "account": "acct-payer-7",
            **changes,
        }
        return self.report("funding.received", told)

    def report(self, noun: str, told: Any) -> Any:
        return self._make(wire.LEDGER, noun, told, sequence=next(self.reports))

    def disputed(self, sequence: int, told: Any) -> Any:
        return self._make(wire.DISPUTES, "funds.attributed", told, sequence=sequence)

    def command(self, noun: str, told: Any, **where: Any) -> Any:
        return self._make(wire.COMMANDS, noun, told, **where)

    def release(self, amount: Any, **where: Any) -> Any:
        return self.command("funds.release", {"party": "party-payer-7", "amount": amount}, **where)

    def _make(self, topic: str, noun: str, told: Any, **where: Any) -> Any:
        message_id = where.pop("message_id", None) or f"m-{next(self.ids)}"
        where.setdefault("at", self.at)
        where["contract_id"] = self.contract_id
        return benches.raw(record(topic, noun, message_id, told, **where))


@pytest.fixture
def deal(bench: Bench) -> Callable[[], Coroutine[Any, Any, Deal]]:
    """Begin the story of a new contract."""

    async def begin() -> Deal:
        return Deal(uuid4(), count(1), count(1), await bench.now())

    return begin
