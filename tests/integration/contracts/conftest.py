"""Contracts on a real database, as the role it runs under, with records instead of a broker."""

import hmac
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from schemas.envelope import HMAC_HEADER, UPSTREAM_HEADER
from services.chassis.db import open_pool
from services.chassis.inbox import Record
from services.chassis.intake import APPEND_TIME_TYPE, Intake
from services.chassis.partitioner import partition_of
from services.chassis.processor import Processor
from services.contracts.app import SUBSCRIPTIONS
from services.contracts.handlers import Contracts
from tests.unit.contracts import wire

KEY = b"a key of this test"
_OFFSETS = count(1)


@pytest.fixture(scope="module")
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the runtime role."""
    pool = await open_pool(f"{database}?role=svc_contracts", schema="contracts", application="test")
    yield pool
    await pool.close()


@dataclass
class Bench:
    """The service behind its processor."""

    pool: asyncpg.Pool
    retries: list[BaseException]

    def processor(self) -> Processor[Any]:
        async def backoff(error: BaseException) -> None:
            self.retries.append(error)

        return Processor(
            "contracts",
            self.pool,
            SUBSCRIPTIONS,
            Contracts(),
            Intake(SUBSCRIPTIONS, {wire.UPSTREAM: KEY}, lambda _: 12),
            committed=lambda: None,
            backoff=backoff,
        )

    async def play(self, *raws: SimpleNamespace) -> None:
        """Process one batch."""
        await self.processor().process(raws)

    async def now(self) -> datetime:
        instant: datetime = await self.pool.fetchval("SELECT clock_timestamp()")
        return instant

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

    async def said(self, contract_id: UUID) -> list[dict[str, Any]]:
        """Everything in the outbox about a contract, in order."""
        rows = await self.pool.fetch(
            "SELECT value FROM outbox WHERE key = $1 ORDER BY id", str(contract_id).encode()
        )
        return [json.loads(row["value"]) for row in rows]


@pytest.fixture
def bench(pool: asyncpg.Pool) -> Bench:
    return Bench(pool, [])


@pytest.fixture
def raw() -> Callable[..., SimpleNamespace]:
    """Make a record as the broker gives it, signed by the upstream."""

    def make(
        topic: str, noun: str, message_id: str, told: Any, *, contract_id: UUID, **where: Any
    ) -> SimpleNamespace:
        played: Record = wire.record(
            topic, noun, message_id, told, contract_id=contract_id, **where
        )
        assert played.key is not None
        signature = hmac.digest(KEY, played.value, "sha256").hex().encode()
        headers: tuple[tuple[str, bytes], ...] = (("type", played.message.type.encode()),)
        if played.upstream is not None:
            headers += (UPSTREAM_HEADER, played.upstream.encode()), (HMAC_HEADER, signature)
        return SimpleNamespace(
            topic=topic,
            partition=partition_of(played.key, 12),
            offset=next(_OFFSETS),
            timestamp=int(played.appended_at.timestamp() * 1000),
            timestamp_type=APPEND_TIME_TYPE,
            key=played.key,
            headers=headers,
            value=played.value,
        )

    return make


@dataclass
class Deal:
    """One new contract under test and the records that tell its story."""

    bench: Bench
    make: Callable[..., SimpleNamespace]
    contract_id: UUID
    ids: Any
    reports: Any
    at: datetime

    def order(self, *tranches: tuple[str, int], accepted: Any = ("payer", "payee")) -> Any:
        expires = (self.at + timedelta(hours=24)).isoformat()
        told = wire.order(wire.terms(*tranches), *accepted, offer_expires_at=expires)
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
        return self.make(topic, noun, message_id, told, contract_id=self.contract_id, **where)


@pytest.fixture
def deal(
    bench: Bench, raw: Callable[..., SimpleNamespace]
) -> Callable[[], Coroutine[Any, Any, Deal]]:
    """Begin the story of a new contract."""

    async def begin() -> Deal:
        return Deal(bench, raw, uuid4(), count(1), count(1), await bench.now())

    return begin
