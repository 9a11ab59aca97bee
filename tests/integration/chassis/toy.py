"""A toy fifth service: it counts the events of a contract, and can be told to fail.

Its bench stands on PostgreSQL or in memory; the tests are the same for both.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID

import asyncpg

from schemas import topics
from schemas.envelope import HMAC_HEADER, TYPE_HEADER, UPSTREAM_HEADER
from schemas.ledger_v1 import BooksEmptied
from services.chassis.db import Queries
from services.chassis.inbox import Aggregate, Flawed, Hold, Record, Subscription, Turn
from services.chassis.intake import Intake
from services.chassis.journal import QUERIES as CHASSIS
from services.chassis.partitioner import partition_of
from services.chassis.processor import Processor

UPSTREAM, KEY = "shop", b"a key of the tests"
PARTITIONS = 12
POISON = "poison"

QUERIES = Queries(
    {
        "load_tallies": "SELECT contract_id, seen, sequences, applied FROM tally"
        " WHERE contract_id = ANY($1) ORDER BY contract_id FOR UPDATE",
        "save_tallies": "INSERT INTO tally (contract_id, seen, sequences, applied)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])"
        " ON CONFLICT (contract_id) DO UPDATE SET"
        " seen = excluded.seen, sequences = excluded.sequences, applied = excluded.applied",
    }
)


@dataclass(slots=True, kw_only=True)
class Tally(Aggregate):
    """How many records were applied to a contract."""

    applied: list[str]


class Toy:
    """Runs in the schema ``scheduler``; its own table holds what it applied."""

    def __init__(self) -> None:
        self.poisonous = True

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, Tally]:
        rows = await conn.fetch(QUERIES["load_tallies"], list(records))
        return {
            row["contract_id"]: Tally(
                contract_id=row["contract_id"],
                seen=json.loads(row["seen"]),
                sequences=json.loads(row["sequences"]),
                applied=json.loads(row["applied"]),
            )
            for row in rows
        }

    def apply(self, aggregate: Tally | None, record: Record, turn: Turn) -> Tally | Hold | None:
        if self.poisonous and record.message.id.startswith(POISON):
            raise RuntimeError("a bug")
        if aggregate is None:
            if record.topic == topics.CONTRACTS_COMMANDS.name and not record.facts_read:
                return Hold.FACTS
            if record.topic == topics.CONTRACTS_COMMANDS.name:
                turn.quarantine(record, "UNKNOWN_CONTRACT", "nobody knows it")
                return None
            aggregate = Tally(contract_id=record.contract_id, stored=False, applied=[])
        aggregate.applied.append(record.message.id)
        turn.emit(
            topics.LEDGER_EVENTS,
            "crps.books.emptied.v1",
            BooksEmptied(asset="CNY/2", payee_arrived=1, payer_arrived=0),
            cause=record,
        )
        return aggregate

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        turn.answer(
            topics.LEDGER_EVENTS,
            "crps.books.emptied.v1",
            BooksEmptied(asset="CNY/2", payee_arrived=0, payer_arrived=0),
            cause=flawed,
        )

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[Tally]) -> None:
        if aggregates:
            await conn.execute(
                QUERIES["save_tallies"],
                [t.contract_id for t in aggregates],
                *([json.dumps(v) for v in column] for column in zip(
                    *((t.seen, t.sequences, t.applied) for t in aggregates), strict=True)),
            )  # fmt: skip


SUBSCRIPTIONS = (
    Subscription(topics.ORDERS_EVENTS),
    Subscription(topics.LEDGER_EVENTS, sequenced=True, ours=True),
    Subscription(topics.DISPUTES_EVENTS, sequenced=True, ours=True),
    Subscription(
        topics.CONTRACTS_COMMANDS,
        facts=(topics.ORDERS_EVENTS,),
        unsigned=frozenset({"crps.deadline.reached.v1"}),
    ),
)


@dataclass
class Bench:
    """A processor over the toy service, fed by hand; below it PostgreSQL or memory."""

    pool: Any
    toy: Toy
    intake: Intake
    processor: Processor[Any]
    retries: list[BaseException]

    @classmethod
    def over(cls, pool: Any) -> Self:
        retries: list[BaseException] = []

        async def back_off(error: BaseException) -> None:
            retries.append(error)
            if len(retries) > 50:
                raise AssertionError("the batch does not end") from error
            await bench.pause()

        toy = Toy()
        intake = Intake(SUBSCRIPTIONS, {UPSTREAM: KEY}, lambda _: PARTITIONS, "sandbox")
        processor = Processor(
            "scheduler", pool, SUBSCRIPTIONS, toy, intake, committed=lambda: None, backoff=back_off
        )
        bench = cls(pool, toy, intake, processor, retries)
        return bench

    async def applied(self, contract_id: UUID) -> list[str]:
        rows = await self.pool.fetch(QUERIES["load_tallies"], [contract_id])
        return list(json.loads(rows[0]["applied"])) if rows else []

    async def held(self, contract_id: UUID) -> list[str]:
        rows = await self.pool.fetch(CHASSIS["held_of_contracts"], [contract_id])
        return [row["reason"] for row in rows]

    async def now(self) -> datetime:
        instant: datetime = await self.pool.fetchval(CHASSIS["read_clock"])
        return instant

    async def retry(self, contract_id: UUID) -> None:
        await self.pool.execute(CHASSIS["retry_blocked"], contract_id)

    async def journal(self, contract_id: UUID) -> list[tuple[int, bytes]]:
        """Sequence and bytes of all that was said."""
        raise NotImplementedError

    async def outbox(self, contract_id: UUID) -> list[bytes]:
        """The bytes that wait to be sent."""
        raise NotImplementedError

    async def letters(self, contract_id: UUID) -> list[str]:
        """The codes of the dead letters."""
        raise NotImplementedError

    async def forbid(self, contract_id: UUID) -> None:
        """Let every write of this contract's tally fail."""
        raise NotImplementedError

    async def lose_connections(self) -> None:
        """Break what the pool has open."""
        raise NotImplementedError

    async def pause(self) -> None:
        """Let a little time pass."""
        raise NotImplementedError


def raw(
    topic: str,
    contract_id: UUID,
    value: bytes,
    wire_type: str,
    *,
    offset: int,
    upstream: bool = False,
    key: bytes | None = None,
    appended_ms: int = 1_767_225_600_000,
) -> Any:
    """A consumer record as aiokafka gives it."""
    import hmac

    record_key = str(contract_id).encode() if key is None else key
    headers = [(TYPE_HEADER, wire_type.encode())]
    if upstream:
        headers += [
            (UPSTREAM_HEADER, UPSTREAM.encode()),
            (HMAC_HEADER, hmac.digest(KEY, value, "sha256").hex().encode()),
        ]
    return SimpleNamespace(
        topic=topic,
        partition=partition_of(record_key, PARTITIONS),
        offset=offset,
        timestamp=appended_ms,
        timestamp_type=1,
        key=record_key,
        headers=tuple(headers),
        value=value,
    )


def ledger_event(contract_id: UUID, sequence: int, **attributes: Any) -> Any:
    """A sequenced event of one of our own services."""
    body = {
        "specversion": "1.0",
        "id": attributes.pop("id", f"event-{sequence}"),
        "source": "crps.ledger",
        "type": "crps.books.emptied.v1",
        "subject": str(contract_id),
        "time": "2026-01-01T00:00:00Z",
        "sequence": sequence,
        "data": {"asset": "CNY/2", "payee_arrived": "1", "payer_arrived": "0"},
        **attributes,
    }
    return raw(
        topics.LEDGER_EVENTS.name,
        contract_id,
        json.dumps(body).encode(),
        body["type"],
        offset=sequence,
    )


def command(contract_id: UUID, command_id: str, *, offset: int, **data: Any) -> Any:
    """A party's decline, signed by its upstream."""
    body = {
        "specversion": "1.0",
        "id": command_id,
        "source": UPSTREAM,
        "type": "crps.contract.decline.v1",
        "subject": str(contract_id),
        "time": "2026-01-01T00:00:00Z",
        "data": data or {"party": "p-1"},
    }
    return raw(
        topics.CONTRACTS_COMMANDS.name,
        contract_id,
        json.dumps(body).encode(),
        body["type"],
        offset=offset,
        upstream=True,
    )


def new_contract() -> UUID:
    return uuid.uuid4()
