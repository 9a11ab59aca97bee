"""Rehearsals: a service's own code judges records, in a transaction that is taken back.

Nothing is written and nothing is sent; the contract is locked for the moment, as by any batch.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import asyncpg

from crps.proofs import environment_here
from schemas import topics
from services.chassis.inbox import (
    Flawed,
    Outgoing,
    Place,
    Record,
    Service,
    Subscription,
    Turn,
    Unreadable,
)
from services.chassis.intake import Intake
from services.chassis.turns import Turns
from services.contracts.app import SUBSCRIPTIONS as CONTRACTS
from services.contracts.handlers import Contracts
from services.disputes.app import SUBSCRIPTIONS as DISPUTES
from services.disputes.handlers import Disputes

_Judge = tuple[str, Sequence[Subscription], Callable[[], Service[Any]]]
_CONTRACTS: Final[_Judge] = ("contracts", CONTRACTS, Contracts)
_JUDGES: Final[Mapping[str, _Judge]] = {
    topics.ORDERS_EVENTS.name: _CONTRACTS,
    topics.CONTRACTS_COMMANDS.name: _CONTRACTS,
    topics.DISPUTES_COMMANDS.name: ("disputes", DISPUTES, Disputes),
}
"""Topic -> the service that judges what stands on it, with its table of topics."""

KEY: Final = "nobody's: what is rehearsed is believed by nobody"
"""By which an attempt may be signed in the place of its upstream."""

_NEVER_APPENDED: Final = 2**62
"""The offset of a record that is in no log: no redelivery of anything."""


class NotJudgedError(Exception):
    """No service would judge it now; the text is the code, and why."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A record as somebody would write it, and the instant at which it would be appended."""

    topic: str
    at: datetime
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


async def rehearse(
    conn: asyncpg.Connection, attempts: Sequence[Attempt], upstreams: Mapping[str, bytes]
) -> list[Outgoing]:
    """Return what would be said to these attempts on one contract, judged one after the other.

    They stand on topics of one service. Each is judged at its own instant, which is the service's
    clock too; facts count as read. ``upstreams``: the keys of those who sign. Raises
    ``NotJudgedError``.
    """
    name, subscriptions, service = _JUDGES[attempts[0].topic]
    intake = Intake(subscriptions, upstreams, lambda _: 1, environment_here())
    records = [_readable(intake, attempt, number) for number, attempt in enumerate(attempts)]
    judge = service()
    async with _taken_back(conn, name):
        return await _judge(conn, name, Turns(subscriptions, judge), judge, records)


def _readable(intake: Intake, attempt: Attempt, number: int) -> Record | Flawed:
    read = intake.read_place(
        Place(
            topic=attempt.topic,
            partition=0,
            offset=_NEVER_APPENDED + number,
            appended_at=attempt.at,
            key=attempt.key,
            headers=attempt.headers,
            value=attempt.value,
        )
    )
    if isinstance(read, Record):
        return replace(read, facts_read=True)
    if isinstance(read, Flawed):
        return read
    assert isinstance(read, Unreadable), "on these topics nothing is passed over"
    raise NotJudgedError(f"{read.code}: {read.detail}")


async def _judge(
    conn: asyncpg.Connection,
    name: str,
    turns: Turns[Any],
    service: Service[Any],
    records: Sequence[Record | Flawed],
) -> list[Outgoing]:
    contract_id = records[0].contract_id
    if waiting := await conn.fetchval(_WAITING, contract_id):
        raise NotJudgedError(f"CONTRACT_WAITS: {waiting} records of it wait in {name}")
    readable = [record for record in records if isinstance(record, Record)]
    aggregate = (await service.load(conn, {contract_id: readable})).get(contract_id)
    said: list[Outgoing] = []
    for record in records:
        turn = Turn(contract_id, name, record.appended_at, {}, {})
        if aggregate is not None:
            turn.seen, turn.sequences = aggregate.seen, aggregate.sequences
        aggregate = turns.take(aggregate, [record], turn)
        said += turn.outgoing
    return said


_WAITING: Final = "SELECT count(*) FROM held_record WHERE contract_id = $1"


@asynccontextmanager
async def _taken_back(conn: asyncpg.Connection, schema: str) -> AsyncIterator[None]:
    transaction = conn.transaction()
    await transaction.start()
    try:
        await conn.execute(f"SET LOCAL search_path = {schema}; SET LOCAL lock_timeout = '10s'")
        yield
    finally:
        await transaction.rollback()
