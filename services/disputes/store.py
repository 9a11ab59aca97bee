"""Disputes in PostgreSQL: rows to domain and back, a handful of statements a batch, no decisions.

Written with one ``unnest`` a table. Who finds that another process has written a row meanwhile
runs its batch again and then sees it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas import topics
from schemas.refusals import Code
from services.chassis.db import Queries
from services.chassis.errors import Retryable
from services.chassis.inbox import Aggregate
from services.disputes.domain.commands import FirstAnswer
from services.disputes.domain.docket import (
    Buckets,
    Clause,
    Dispute,
    Docket,
    Ending,
    Rail,
    Role,
    Standing,
)

QUERIES: Final = Queries.load("services.disputes")

CommandKey = tuple[str, str]
"""Party and command id: what an id is scoped to, within its contract and the one topic."""
NamedCommand = tuple[UUID, str, str]
"""The same with the contract."""

_BETWEEN_NAMES: Final = ","
"""Joins the tranches' names in one column; no name contains it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A row of the command register: a first answer and the record it answered."""

    first: FirstAnswer
    partition: int
    offset: int
    judged_at: datetime | None = None
    """Of an answer that is not stored yet."""


@dataclass(slots=True, kw_only=True)
class StoredDocket(Aggregate):
    """One contract's docket as the service holds it during a turn."""

    docket: Docket
    last_t: datetime | None = None
    register: dict[CommandKey, Answered] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Stored refusals by party."""
    noted_at: datetime | None = None
    """Of a docket that was not stored before."""
    loaded: tuple[Dispute, ...] = ()
    """The disputes as they are stored."""


# --- reading ------------------------------------------------------------------------------------


async def load(
    conn: asyncpg.Connection, contract_ids: Iterable[UUID], named: Set[NamedCommand]
) -> dict[UUID, StoredDocket]:
    """Lock the dockets in id order and read with each what the batch needs of it.

    Disputes are read only where there are any, answers only of the ``named`` commands.
    """
    rows = await conn.fetch(QUERIES["load_dockets_for_update"], sorted(contract_ids))
    found = {row["contract_id"]: _stored(row) for row in rows}
    disputed = [row["contract_id"] for row in rows if row["disputes"]]
    if disputed:
        disputes: dict[UUID, list[Dispute]] = defaultdict(list)
        for row in await conn.fetch(QUERIES["load_disputes"], disputed):
            disputes[row["contract_id"]].append(_dispute(row))
        for contract_id in disputed:
            aggregate = found[contract_id]
            aggregate.loaded = tuple(disputes[contract_id])
            aggregate.docket = replace(aggregate.docket, disputes=aggregate.loaded)
    # Nothing is on record of a contract that is not known.
    await _load_register(conn, sorted(each for each in named if each[0] in found), found)
    return found


async def _load_register(
    conn: asyncpg.Connection, named: Sequence[NamedCommand], found: dict[UUID, StoredDocket]
) -> None:
    if not named:
        return
    for row in await conn.fetch(QUERIES["load_register"], *_columns(named)):
        key = row["party"], row["command_id"]
        code = None if row["code"] is None else Code(row["code"])
        first = FirstAnswer(row["body_digest"], row["outcome"], code, row["event_id"])
        answered = Answered(first, row["partition"], row["record_offset"])
        found[row["contract_id"]].register[key] = answered
    contract_ids = sorted({contract_id for contract_id, *_ in named})
    for row in await conn.fetch(QUERIES["count_refusals"], contract_ids):
        found[row["contract_id"]].refusals[row["party"]] = row["refusals"]


def _stored(row: asyncpg.Record) -> StoredDocket:
    return StoredDocket(
        contract_id=row["contract_id"],
        sequences={topics.DISPUTES_EVENTS.name: row["events_sequence"]},
        docket=Docket(
            upstream=row["upstream"],
            payer=row["payer_party"],
            payee=row["payee_party"],
            asset=row["asset"],
            tranches=tuple(name or None for name in row["tranches"].split(_BETWEEN_NAMES)),
            standing=Standing(row["standing"]),
            effective_at=row["effective_at"],
        ),
        last_t=row["last_t"],
    )


def _dispute(row: asyncpg.Record) -> Dispute:
    return Dispute(
        tranche=row["tranche"],
        amount=row["amount"],
        buckets=Buckets(row["contested"], row["payee"], row["payer"]),
        payer_claim=row["payer_claim"],
        payee_claim=row["payee_claim"],
        clause=Clause(
            row["silence_rule"], row["signed_ending"], Role(row["odd_unit"]), row["ratio_bp"]
        ),
        rail=Rail(row["rail_minimum"], row["rail_whole_only"], row["rail_parts"]),
        opening_sequence=row["opening_sequence"],
        opened_at=row["opened_at"],
        deadline_at=row["deadline_at"],
        parts_used=row["parts_used"],
        ending=None if row["ending"] is None else Ending(row["ending"]),
    )


async def open_disputes(pool: asyncpg.Pool) -> Sequence[asyncpg.Record]:
    """Return ``asset``, ``disputes`` and ``contested`` (minor units) of what is still open."""
    rows: Sequence[asyncpg.Record] = await pool.fetch(QUERIES["open_disputes"])
    return rows


# --- writing ------------------------------------------------------------------------------------


async def save(conn: asyncpg.Connection, aggregates: Sequence[StoredDocket]) -> None:
    """Write the dockets that had a turn, in id order, one statement a table.

    Retryable when another process wrote one of the new rows meanwhile.
    """
    aggregates = sorted(aggregates, key=lambda each: each.contract_id)
    new = [(*_row(each), *_signed_row(each)) for each in aggregates if not each.stored]
    await _insert(conn, "insert_dockets", new)
    await _write(conn, "update_dockets", [_row(each) for each in aggregates if each.stored])
    opened, changed = [], []
    for each in aggregates:
        stored = {dispute.tranche: dispute for dispute in each.loaded}
        for dispute in each.docket.disputes:
            row = _dispute_row(each.contract_id, dispute)
            if dispute.tranche not in stored:
                opened.append((*row, *_opening_row(dispute)))
            elif dispute is not stored[dispute.tranche]:
                changed.append(row)
    await _write(conn, "insert_disputes", opened)
    await _write(conn, "update_disputes", changed)
    await _insert(conn, "insert_register", [row for each in aggregates for row in _answers(each)])


async def _write(conn: asyncpg.Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> str:
    if not rows:
        return ""
    status: str = await conn.execute(QUERIES[query], *_columns(rows))
    return status


async def _insert(conn: asyncpg.Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
    status = await _write(conn, query, rows)
    if rows and status != f"INSERT 0 {len(rows)}":
        raise Retryable(f"{query}: another process wrote some of {len(rows)} rows meanwhile")


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _row(aggregate: StoredDocket) -> tuple[Any, ...]:
    docket = aggregate.docket
    return (
        aggregate.contract_id,
        docket.standing.value,
        docket.effective_at,
        aggregate.last_t,
        len(docket.disputes),
        aggregate.sequences.get(topics.DISPUTES_EVENTS.name, 0),
    )


def _signed_row(aggregate: StoredDocket) -> tuple[Any, ...]:
    docket = aggregate.docket
    return (
        docket.upstream,
        docket.payer,
        docket.payee,
        docket.asset,
        _BETWEEN_NAMES.join(name or "" for name in docket.tranches),
        aggregate.noted_at,
    )


def _dispute_row(contract_id: UUID, dispute: Dispute) -> tuple[Any, ...]:
    buckets, ending = dispute.buckets, dispute.ending
    return (
        contract_id,
        dispute.tranche,
        dispute.payer_claim,
        dispute.payee_claim,
        buckets.contested,
        buckets.payee,
        buckets.payer,
        dispute.parts_used,
        None if ending is None else ending.value,
    )


def _opening_row(dispute: Dispute) -> tuple[Any, ...]:
    clause, rail = dispute.clause, dispute.rail
    return (
        dispute.amount,
        clause.silence_rule,
        clause.ending,
        clause.ratio_bp,
        clause.odd_unit.value,
        rail.minimum,
        rail.whole_only,
        rail.parts,
        dispute.opening_sequence,
        dispute.opened_at,
        dispute.deadline_at,
    )


def _answers(aggregate: StoredDocket) -> Iterable[tuple[Any, ...]]:
    for (party, command_id), answered in aggregate.register.items():
        if answered.judged_at is None:
            continue
        first = answered.first
        yield (
            aggregate.contract_id,
            party,
            command_id,
            first.body_digest,
            first.outcome,
            None if first.code is None else first.code.value,
            first.event_id,
            answered.partition,
            answered.offset,
            answered.judged_at,
        )
