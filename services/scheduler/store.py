"""Timers in PostgreSQL: a few statements a batch, and one that fires what is due; no decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas.contracts_v1 import Timer
from services.chassis.db import Queries

QUERIES: Final = Queries.load("services.scheduler")

CLAIM_LIMIT: Final = 500
"""Timers fired by one statement; the same number stands in it, so that its plan is certain."""


@dataclass(frozen=True, slots=True)
class TimerSet:
    """All timers of one contract that one source waits for, as of one version."""

    contract_id: UUID
    source: str
    version: int
    """Sequence of the event that said so."""
    timers: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """What one round did: the timers it fired, and the seconds until the next one."""

    late: Sequence[float]
    """Of each timer that was fired, the seconds after its instant."""
    next_in: float | None
    """By the database's clock; None when nothing else waits."""
    is_virtual: bool
    """The sandbox's clock is in force: it stands still, and seconds say nothing."""

    @property
    def count(self) -> int:
        """How many timers were fired."""
        return len(self.late)

    @property
    def full(self) -> bool:
        """Tell whether more may be due already."""
        return self.count >= CLAIM_LIMIT


async def load_versions(
    conn: asyncpg.Connection, contract_ids: Sequence[UUID]
) -> Mapping[UUID, dict[str, int]]:
    """Return the version of the stored timers, by contract and source, where there are any."""
    versions: dict[UUID, dict[str, int]] = {}
    for row in await conn.fetch(QUERIES["load_versions"], contract_ids):
        versions.setdefault(row["contract_id"], {})[row["source"]] = row["version"]
    return versions


async def save_timers(conn: asyncpg.Connection, sets: Sequence[TimerSet]) -> None:
    """Make the stored timers those of ``sets``, unless a higher version is stored already.

    A timer that fired and is still in its set stays fired: its due message is on its way.
    """
    if not sets:
        return
    rows: list[tuple[Any, ...]] = [
        (s.contract_id, s.source, t.tranche, t.timer, t.generation, t.due_at, s.version)
        for s in sets
        for t in s.timers
    ]
    await QUERIES.write(conn, "arm_timers", rows)
    await conn.execute(
        QUERIES["drop_timers"],
        [s.contract_id for s in sets],
        [s.source for s in sets],
        [s.version for s in sets],
    )


async def fire_due(pool: asyncpg.Pool, now: datetime | None) -> Fired:
    """Fire up to ``CLAIM_LIMIT`` due timers, earliest first, and put their messages in the outbox.

    ``now`` is the instant to judge by; None is the database's clock, or the virtual one that is in
    its place (SPEC section 5).
    """
    row = await pool.fetchrow(QUERIES["fire_due"], now)
    return Fired(row["late"], row["next_in"], row["is_virtual"])
