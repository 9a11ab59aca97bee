"""The ledger on a real database, as the role it runs under, with records instead of a broker."""

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from services.chassis.ids import new_uuid
from services.chassis.inbox import Record
from services.chassis.intake import APPEND_TIME_TYPE, Intake
from services.chassis.processor import Processor
from services.ledger.app import SUBSCRIPTIONS
from services.ledger.handlers import Ledger
from tests.integration import bench as benches

Play = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the ledger's runtime role."""
    async with benches.opened(database, "ledger") as pool:
        yield pool


@pytest.fixture
def play(pool: asyncpg.Pool) -> Play:
    """Process records as one batch, in the order given."""

    async def never(error: BaseException) -> None:
        raise error

    ledger = Ledger(execution_window=timedelta(hours=24), new_uetr=new_uuid)
    processor = Processor(
        "ledger",
        pool,
        SUBSCRIPTIONS,
        ledger,
        Intake(SUBSCRIPTIONS, {}, lambda _: 12, "sandbox"),
        committed=lambda: None,
        backoff=never,
    )

    async def process(*records: Record) -> None:
        await processor.process([_raw(record) for record in records])

    return process


def _raw(record: Record) -> SimpleNamespace:
    return SimpleNamespace(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=int(record.appended_at.timestamp() * 1000),
        timestamp_type=APPEND_TIME_TYPE,
        key=record.key,
        headers=(("type", record.message.type.encode()),),
        value=record.value,
    )
