"""The command register: what was answered to the command ids of a contract, kept for ever.

Of it a batch reads what it names: first answers by id, and how many refusals are on record. A
first answer is written once, in the transaction of what it answers (SPEC section 3, idempotency).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from schemas.refusals import Code
from services.chassis.answers import FirstAnswer
from services.chassis.db import columns
from services.chassis.inbox import Aggregate, Record
from services.chassis.journal import QUERIES

CommandKey = tuple[str, str, str]
"""Topic, party and command id: what an id is scoped to, within its contract."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A row of the register: a first answer and the record it answered."""

    first: FirstAnswer
    partition: int
    offset: int
    judged_at: datetime | None = None
    """Of an answer that is not stored yet."""


@dataclass(slots=True)
class Register:
    """What is on record of one contract, as far as it was read."""

    answers: dict[CommandKey, Answered] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Stored refusals by party."""


@dataclass(slots=True, kw_only=True)
class Answerable(Aggregate):
    """Base of a service's row of a contract that takes commands."""

    last_t: datetime | None = None
    """The latest append time of a record on the commands topic: it never falls."""
    register: Register = field(default_factory=Register)


def key_of(record: Record) -> CommandKey:
    """Return what the id of a command is scoped to; without a party it is its upstream's."""
    assert record.upstream is not None, "whoever commands was authenticated"
    party = getattr(record.message.data, "party", None) or record.upstream
    return record.topic, party, record.message.id


async def load_registers(
    conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
) -> dict[UUID, Register]:
    """Return the registers of contracts of which the commands among ``records`` name something."""
    named = sorted(
        {
            (contract_id, *key_of(record))
            for contract_id, inbound in records.items()
            for record in inbound
            if record.upstream is not None
        }
    )
    if not named:
        return {}
    found: dict[UUID, Register] = defaultdict(Register)
    for row in await conn.fetch(QUERIES["load_register"], *columns(named)):
        key = row["topic"], row["party"], row["command_id"]
        code = None if row["code"] is None else Code(row["code"])
        first = FirstAnswer(row["body_digest"], row["outcome"], code, row["event_id"])
        answered = Answered(first, row["partition"], row["record_offset"])
        found[row["contract_id"]].answers[key] = answered
    contract_ids = sorted({contract_id for contract_id, *_ in named})
    for row in await conn.fetch(QUERIES["count_refusals"], contract_ids):
        found[row["contract_id"]].refusals[row["party"]] = row["refusals"]
    return dict(found)


async def save_registers(conn: asyncpg.Connection, aggregates: Iterable[Answerable]) -> None:
    """Write the first answers that the turns gave.

    Retryable when another process answered one of the commands meanwhile.
    """
    await QUERIES.insert(
        conn, "insert_register", [row for each in aggregates for row in _rows(each)]
    )


def _rows(aggregate: Answerable) -> Iterable[tuple[Any, ...]]:
    for key, answered in aggregate.register.answers.items():
        if answered.judged_at is None:
            continue
        first = answered.first
        yield (
            aggregate.contract_id,
            *key,
            first.body_digest,
            first.outcome,
            None if first.code is None else first.code.value,
            first.event_id,
            answered.partition,
            answered.offset,
            answered.judged_at,
        )
