"""The sandbox's clock: where it stands in each partition, and what it is then for whom.

It is append time and database clock alike and stands still between the records that set it (SPEC
section 5, docs/decisions/0008). A party's record bears the instant at which the clock stood when
the log took it in. A service's own clock goes on while it does not read, and is never behind
what its facts tell: they may be read before the record that set the clock. Kept by partition
number, since a contract lives in one number of every topic; nothing stands in the table where the
clock was never set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from schemas.topics import is_sandbox
from services.chassis.errors import InvariantBroken
from services.chassis.inbox import PARTIES, Control, Flawed, Unreadable, unreadable
from services.chassis.journal import NIL, QUERIES
from services.chassis.turns import Applicable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Clocks:
    """The database's clock, and by partition number the virtual one that stands in its place."""

    now: datetime
    virtual: Mapping[int, datetime]
    latest: datetime | None = None
    """Where the virtual clock stands by now, however far it was read."""

    def stamp(
        self, records: Mapping[UUID, Sequence[Applicable]]
    ) -> Mapping[UUID, Sequence[Applicable]]:
        """Return the parties' records as appended when the log took them in by the virtual clock.

        One that was held bears its instant already.
        """
        if not self.virtual:
            return records
        return {c: [self._stamp(record) for record in rs] for c, rs in records.items()}

    def _stamp(self, record: Applicable) -> Applicable:
        instant = self.virtual.get(record.partition)
        if instant is None or record.topic not in PARTIES or getattr(record, "held", False):
            return record
        return replace(record, appended_at=instant)

    def turn_at(self, records: Sequence[Applicable], ours: frozenset[str]) -> datetime:
        """Return when a contract takes its turn; ``ours``: the topics our own services write."""
        if not self.virtual or not records:
            return self.now
        # What stands on a partition that is not its own is refused and decides nothing.
        place = next((r for r in records if not isinstance(r, Flawed)), records[0])
        instant = self.virtual.get(place.partition)
        if instant is None:
            return self.now
        told = (r.message.time for r in records if not isinstance(r, Flawed) and r.topic in ours)
        return max([instant, self.latest or instant, *told])


async def read_clocks(
    conn: asyncpg.Connection | asyncpg.Pool, latest: datetime | None = None
) -> Clocks:
    """Read what the clocks say, in one statement; ``latest`` is where the virtual one stands."""
    row = await conn.fetchrow(QUERIES["read_clocks"])
    return Clocks(row["now"], dict(zip(row["partitions"], row["instants"], strict=True)), latest)


async def set_clock(
    conn: asyncpg.Connection, controls: Sequence[Control], clocks: Clocks
) -> list[Unreadable]:
    """Let the controls set the clock, and return those that would let time fall.

    Only of the parties' topics we know what we have read: elsewhere an older one is a repeat.
    """
    refused = []
    moved: dict[int, datetime] = {}
    for control in controls:
        known = clocks.virtual.get(control.partition)
        if known is None or control.to >= known:
            moved[control.partition] = max(control.to, moved.get(control.partition, control.to))
        elif control.topic in PARTIES:
            detail = f"it is {known.isoformat()} here, and time never falls"
            refused.append(unreadable(control, NIL, "CLOCK_BACKWARDS", detail))
    if moved:
        await conn.execute(QUERIES["set_virtual_time"], list(moved), list(moved.values()))
        log.info("clock.set", partitions=sorted(moved), to=max(moved.values()).isoformat())
    return refused


async def check_time(pool: asyncpg.Pool, environment: str) -> None:
    """InvariantBroken where the clock of this database was set and ``environment`` is no sandbox.

    Its records say instants that never were, and time would stand still for what comes.
    """
    if is_sandbox(environment):
        return
    clocks = await read_clocks(pool)
    if clocks.virtual:
        raise InvariantBroken(
            f"this database has lived in virtual time, which {environment} must not"
        )
