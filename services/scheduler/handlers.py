"""The shell: of each contract's timed events in a batch, the highest version is what waits.

The version stands in the rows, and a contract whose set is empty has none: events that the log
delivers again may arm it anew until the last of them is read. A due message fired in between is
old to whoever judges it and does nothing, so nothing is kept to prevent it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from schemas.contracts_v1 import Timed
from services.chassis.errors import InvariantBroken
from services.chassis.inbox import Aggregate, Flawed, Record, Turn
from services.scheduler.messages import SOURCES
from services.scheduler.store import TimerSet, load_versions, save_timers


@dataclass(slots=True, kw_only=True)
class ContractTimers(Aggregate):
    """What is known of one contract's timers: versions, and the sets that this batch brought."""

    versions: dict[str, int] = field(default_factory=dict)
    """Source -> the highest version seen."""
    moved: dict[str, TimerSet] = field(default_factory=dict)
    """Source -> the set of that version, if this batch brought it."""


class Scheduler:
    """Arms timers as the chassis runs it; it implements ``services.chassis.inbox.Service``."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, ContractTimers]:
        """Read the versions. Nothing is locked: every write asks for the version once more."""
        return {
            contract_id: ContractTimers(contract_id=contract_id, versions=versions)
            for contract_id, versions in (await load_versions(conn, list(records))).items()
        }

    def apply(self, aggregate: ContractTimers | None, record: Record, turn: Turn) -> ContractTimers:
        """Take the event's timers, unless a higher version is known."""
        event, version = record.message.data, record.message.sequence
        assert isinstance(event, Timed), "only timed events are subscribed to"
        if version is None:
            raise InvariantBroken(f"{record.message.id} of our own service has no sequence")
        if aggregate is None:
            aggregate = ContractTimers(contract_id=turn.contract_id, stored=False)
        source = SOURCES[record.topic]
        if version > aggregate.versions.get(source, 0):
            aggregate.versions[source] = version
            aggregate.moved[source] = TimerSet(
                turn.contract_id, source, version, tuple(event.timers)
            )
        return aggregate

    def refuse(self, flawed: Flawed, turn: Turn) -> None:  # noqa: ARG002  # the chassis' signature
        """Never called: no topic of the scheduler is written by parties."""
        raise AssertionError(f"{flawed.topic} is not a topic of commands")

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[ContractTimers]) -> None:
        """Write the sets that moved."""
        await save_timers(conn, [s for a in aggregates for s in a.moved.values()])
