"""One statement of each kind for a whole batch: events, answers, held records, dead letters."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas import topics
from services.chassis.db import Queries
from services.chassis.frames import pack
from services.chassis.inbox import Outgoing, Place, Turn, Unreadable

QUERIES: Final = Queries.load("services.chassis")

SHARDS: Final = 16
"""Shards of an outbox; a contract lives in one, so that its order survives several relays."""

NIL: Final = UUID(int=0)
SEPARATOR: Final = "\x1f"
"""Joins header names and values in one column; none of ours contains it."""

DEAD_LETTER_VALUE_BYTES: Final = 256 * 1024
"""A longer value is cut in the dead-letter topic; the table keeps it whole."""


def shard_of(contract_id: UUID) -> int:
    """Return the outbox shard of a contract."""
    return contract_id.int % SHARDS


async def write_outgoing(
    conn: asyncpg.Connection, outgoing: Sequence[Outgoing], now: datetime
) -> None:
    """Write events to journal and outbox, what is none to the outbox; of each in the order given.

    A contract's events keep their order; that of an event and an answer, on two topics, is none.
    """
    events = [o for o in outgoing if o.sequence is not None]
    if events:
        await conn.execute(
            QUERIES["write_events"],
            [o.contract_id for o in events],
            [o.topic for o in events],
            [o.sequence for o in events],
            [o.event_id for o in events],
            [o.wire_type for o in events],
            [o.value for o in events],
            [shard_of(o.contract_id) for o in events],
            [o.key for o in events],
            now,
        )
    others = [o for o in outgoing if o.sequence is None]
    if others:
        await conn.execute(
            QUERIES["write_outbox"],
            [shard_of(o.contract_id) for o in others],
            [o.topic for o in others],
            [o.key for o in others],
            [o.wire_type for o in others],
            [o.value for o in others],
            [SEPARATOR.join(o.headers) for o in others],
            now,
        )


async def write_holds(conn: asyncpg.Connection, turns: Iterable[Turn], now: datetime) -> None:
    """Keep what must wait, and forget what waited and is done."""
    holds = [(turn.contract_id, *hold) for turn in turns for hold in turn.holds]
    if holds:
        await conn.execute(
            QUERIES["hold_records"],
            *_columns([(contract_id, place) for contract_id, place, _, _ in holds]),
            [reason.value for _, _, reason, _ in holds],
            [detail for *_, detail in holds],
            [now] * len(holds),
        )
    done = [(turn.contract_id, place) for turn in turns for place in turn.settled]
    if done:
        await conn.execute(
            QUERIES["drop_held"],
            [contract_id for contract_id, _ in done],
            [place.topic for _, place in done],
            [place.partition for _, place in done],
            [place.offset for _, place in done],
        )


async def bury(
    conn: asyncpg.Connection, service: str, letters: Sequence[Unreadable], now: datetime
) -> None:
    """Keep dead letters and publish the new ones with reason and origin."""
    if not letters:
        return
    rows = await conn.fetch(
        QUERIES["bury"],
        *_columns([(letter.contract_id or NIL, letter) for letter in letters]),
        [letter.code for letter in letters],
        [letter.detail for letter in letters],
        [now] * len(letters),
    )
    fresh = {tuple(row) for row in rows}
    topic = topics.dead_letters(service).name
    await write_outgoing(
        conn,
        [
            _dead_letter(topic, letter)
            for letter in letters
            if (letter.contract_id or NIL, letter.topic, letter.partition, letter.offset) in fresh
        ],
        now,
    )


def _dead_letter(topic: str, letter: Unreadable) -> Outgoing:
    origin = {
        "crps-reason": letter.code,
        "crps-detail": letter.detail[:500],
        "crps-origin-topic": letter.topic,
        "crps-origin-partition": str(letter.partition),
        "crps-origin-offset": str(letter.offset),
        "crps-origin-bytes": str(len(letter.value)),
    }
    return Outgoing(
        topic,
        "crps.record.quarantined.v1",
        letter.contract_id or NIL,
        letter.key or b"",
        letter.value[:DEAD_LETTER_VALUE_BYTES],
        tuple(
            part.replace(SEPARATOR, "?").replace("\x00", "?")
            for item in origin.items()
            for part in item
        ),
    )


def _columns(places: Sequence[tuple[UUID, Place]]) -> tuple[list[Any], ...]:
    return (
        [contract_id for contract_id, _ in places],
        [place.topic for _, place in places],
        [place.partition for _, place in places],
        [place.offset for _, place in places],
        [place.appended_at for _, place in places],
        [place.key for _, place in places],
        [pack(place.headers) for _, place in places],
        [place.value for _, place in places],
    )
