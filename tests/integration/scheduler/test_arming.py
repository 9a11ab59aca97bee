"""Arming and moving timers: the table is the set of the highest version."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic import BaseModel

from schemas import topics
from schemas.contracts_v1 import OfferLapsed, Timer
from schemas.envelope import Envelope
from services.chassis.inbox import Record, Turn
from services.scheduler.handlers import Scheduler
from services.scheduler.worker import TimerLoop

pytestmark = pytest.mark.connected

PAST = datetime(2026, 3, 1, 12, tzinfo=UTC)
FUTURE = datetime(2096, 3, 1, 12, tzinfo=UTC)


def timer(kind: str, tranche: int, generation: int, due_at: datetime) -> Timer:
    return Timer.model_validate(
        {"timer": kind, "tranche": tranche, "generation": generation, "due_at": due_at}
    )


async def test_a_row_moves_from_the_offer_to_the_deadline_and_goes(arm: Any, rows: Any) -> None:
    contract_id = uuid4()
    await arm(contract_id, 1, timer("offer", 1, 1, FUTURE))
    (row,) = await rows()
    assert (row["timer"], row["due_at"], row["waiting"]) == ("offer", FUTURE, True)

    later = FUTURE + timedelta(days=1)
    await arm(contract_id, 3, timer("chain", 1, 1, later), timer("chain", 2, 1, FUTURE))
    first, second = await rows()
    assert (first["timer"], first["due_at"], first["version"]) == ("chain", later, 3)
    assert (second["tranche"], second["due_at"]) == (2, FUTURE)

    await arm(contract_id, 4, timer("chain", 2, 1, FUTURE))
    assert [row["tranche"] for row in await rows()] == [2]
    await arm(contract_id, 5)
    assert await rows() == []


async def test_an_older_version_changes_nothing(arm: Any, rows: Any) -> None:
    contract_id = uuid4()
    await arm(contract_id, 7, timer("chain", 2, 2, FUTURE))
    before = await rows()
    await arm(contract_id, 6, timer("chain", 2, 1, PAST))
    await arm(contract_id, 7, timer("chain", 2, 1, PAST))
    await arm(contract_id, 6)
    assert await rows() == before


async def test_a_set_concerns_its_own_contract_only(arm: Any, rows: Any) -> None:
    contracts = sorted([uuid4(), uuid4()])
    for contract_id in contracts:
        await arm(contract_id, 1, timer("chain", 1, 1, FUTURE))
    await arm(contracts[0], 9)
    assert [row["contract_id"] for row in await rows()] == contracts[1:]


async def test_what_fired_stays_fired_until_it_is_moved(
    pool: asyncpg.Pool, arm: Any, rows: Any
) -> None:
    contract_id, loop = uuid4(), TimerLoop(pool, announced=lambda: None)
    await arm(contract_id, 1, timer("chain", 1, 1, PAST))
    assert (await loop.run_once()).count == 1
    (fired,) = await rows()
    assert not fired["waiting"]

    # Another tranche moved while the due message was on its way.
    await arm(contract_id, 2, timer("chain", 1, 1, PAST))
    (still,) = await rows()
    assert (still["waiting"], still["fired_at"]) == (False, fired["fired_at"])
    assert (await loop.run_once()).count == 0

    # A new generation is another timer, even at the same instant.
    await arm(contract_id, 3, timer("chain", 1, 2, PAST))
    (moved,) = await rows()
    assert (moved["waiting"], moved["fired_at"]) == (True, None)
    assert (await loop.run_once()).count == 1


def event(contract_id: UUID, version: int, *timers: Timer) -> Record:
    topic = topics.CONTRACTS_EVENTS.name
    message = Envelope[BaseModel](
        specversion="1.0",
        id=f"{contract_id}/contracts/{version}",
        source="crps.contracts",
        type="crps.offer.lapsed.v1",
        subject=contract_id,
        time=PAST,
        sequence=version,
        data=OfferLapsed(timers=list(timers), asset="CNY/2", returns=[]),
    )
    return Record(
        topic=topic, partition=0, offset=version, appended_at=PAST,
        key=str(contract_id).encode(), headers=(), value=b"", contract_id=contract_id,
        message=message, upstream=None,
    )  # fmt: skip


async def take(pool: asyncpg.Pool, *records: Record) -> None:
    """One batch, as the chassis runs it."""
    service, by_contract = Scheduler(), {}
    for record in records:
        by_contract.setdefault(record.contract_id, []).append(record)
    async with pool.acquire() as conn, conn.transaction():
        aggregates = await service.load(conn, by_contract)
        for contract_id, its in by_contract.items():
            turn = Turn(contract_id, "scheduler", PAST, {}, {})
            for record in its:
                aggregate = aggregates.get(contract_id)
                aggregates[contract_id] = service.apply(aggregate, record, turn)
        await service.save(conn, list(aggregates.values()))


async def test_batches_in_any_order_end_in_the_highest_version(
    pool: asyncpg.Pool, rows: Any
) -> None:
    one, two = sorted([uuid4(), uuid4()])
    early = event(one, 1, timer("offer", 1, 1, FUTURE))
    late = event(one, 3, timer("chain", 1, 1, FUTURE), timer("chain", 2, 1, FUTURE))
    last = event(one, 4, timer("chain", 2, 1, FUTURE))
    other = event(two, 1, timer("offer", 1, 1, FUTURE))
    await take(pool, late, other, early)
    await take(pool, last)
    # The log delivers the whole again, in other batches.
    for record in (early, other, late, last):
        await take(pool, record)
    assert [(row["contract_id"], row["tranche"], row["version"]) for row in await rows()] == [
        (one, 2, 4),
        (two, 1, 1),
    ]


async def test_the_runtime_role_cannot_rewrite_what_was_said(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE journal SET type = type")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM journal")
