"""A service on a real database, as the role it runs under, with records instead of a broker."""

import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from joserfc.jwk import OKPKey

from crps.proofs import proof_header
from schemas.envelope import HMAC_HEADER, UPSTREAM_HEADER
from services.chassis.db import open_pool
from services.chassis.inbox import Record, Service, Subscription
from services.chassis.intake import APPEND_TIME_TYPE, Intake
from services.chassis.partitioner import partition_of
from services.chassis.processor import Processor
from tests.unit.records import UPSTREAM

KEY = b"a key of this test"
PARTITIONS = 12
_OFFSETS = count(1)


@asynccontextmanager
async def opened(database: str, service: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of a service's runtime role."""
    pool = await open_pool(f"{database}?role=svc_{service}", schema=service, application="test")
    yield pool
    await pool.close()


def raw(played: Record) -> SimpleNamespace:
    """Return a record as the broker gives it, signed by the upstream."""
    assert played.key is not None
    signature = hmac.digest(KEY, played.value, "sha256").hex().encode()
    headers: tuple[tuple[str, bytes], ...] = (("type", played.message.type.encode()),)
    if played.upstream is not None:
        headers += (UPSTREAM_HEADER, played.upstream.encode()), (HMAC_HEADER, signature)
    return SimpleNamespace(
        topic=played.topic,
        partition=partition_of(played.key, PARTITIONS),
        offset=next(_OFFSETS),
        timestamp=int(played.appended_at.timestamp() * 1000),
        timestamp_type=APPEND_TIME_TYPE,
        key=played.key,
        headers=headers,
        value=played.value,
    )


def proved(raw: SimpleNamespace, key: OKPKey) -> SimpleNamespace:
    """Return the same bytes as another record, which bears the proof of ``key``."""
    headers = (*raw.headers, *proof_header(raw.value, key))
    return SimpleNamespace(**{**vars(raw), "headers": headers, "offset": next(_OFFSETS)})


@dataclass
class Bench:
    """A service behind its processor."""

    NAME: ClassVar[str]
    SERVICE: ClassVar[Service[Any]]
    SUBSCRIPTIONS: ClassVar[Sequence[Subscription]]

    pool: Any
    retries: list[BaseException] = field(default_factory=list)

    async def play(self, *raws: SimpleNamespace) -> None:
        """Process one batch."""

        async def backoff(error: BaseException) -> None:
            self.retries.append(error)

        processor = Processor(
            self.NAME,
            self.pool,
            self.SUBSCRIPTIONS,
            self.SERVICE,
            Intake(self.SUBSCRIPTIONS, {UPSTREAM: KEY}, lambda _: PARTITIONS, "sandbox"),
            committed=lambda: None,
            backoff=backoff,
        )
        await processor.process(raws)

    async def now(self) -> datetime:
        """The database's clock, to the millisecond, as append times are."""
        instant: datetime = await self.pool.fetchval(
            "SELECT date_trunc('milliseconds', clock_timestamp())"
        )
        return instant

    async def said(self, contract_id: UUID) -> list[dict[str, Any]]:
        """Everything in the outbox about a contract, in order."""
        rows = await self.pool.fetch(
            "SELECT value FROM outbox WHERE key = $1 ORDER BY id", str(contract_id).encode()
        )
        return [json.loads(row["value"]) for row in rows]

    async def until_waiting(self, processes: int) -> None:
        """Return once so many sessions wait for a lock (asked of the server, without a pause)."""
        waiting = (
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
            " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        while await self.pool.fetchval(waiting) < processes:
            pass
