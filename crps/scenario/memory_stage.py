"""The stage in memory: a world of its own for each scenario."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from crps.audit.auditor import INVARIANTS, OK, judge
from crps.audit.messages import read_message
from crps.calendars.document import china
from crps.memory.audited import log_of, schemas_of
from crps.memory.bank import Said, unchanged
from crps.memory.process import NeverStill
from crps.memory.tables import Row
from crps.memory.world import World
from crps.scenario.letters import KEY, UPSTREAM, Letter
from crps.scenario.stage import Place, Stage
from services.contracts.calendars import QUERIES as CONTRACTS


@cache
def _china() -> tuple[Any, ...]:
    return china().cells


class MemoryStage(Stage):
    """One contract's world, with China's calendar; nothing on it moves by itself."""

    def __init__(self, contract_id: str, start: datetime, *, bank_answers: bool) -> None:
        """Without ``bank_answers`` the bank says nothing about instructions by itself."""
        super().__init__(contract_id)
        bend: Callable[[Said], Said] = unchanged if bank_answers else lambda _: ()
        self.world = World(seed=1, start=start, upstream_keys={UPSTREAM: KEY.encode()}, bend=bend)
        contracts = self.world.services["contracts"].database
        contracts.run(CONTRACTS["insert_calendar"], *_china())
        self._heard = 0
        self._read = cache(read_message)

    @property
    def now(self) -> datetime:
        """The virtual clock."""
        return self.world.clock()

    @property
    def instructions(self) -> list[Row]:
        """The ledger's instructions, in the order in which they were decided."""
        rows = self.world.services["ledger"].database["instruction"]
        return sorted(rows, key=lambda row: int(row["number"]))

    async def move_to(self, instant: datetime) -> None:
        """Let time pass; raises ``NeverStill`` where what is due does not happen."""
        due = self.world.next_due()
        while due is not None and due <= instant:
            self.world.clock.advance_to(due)
            await self.rest()
            if self.world.next_due() == due:
                raise NeverStill(f"what is due at {due} does not happen")
            due = self.world.next_due()
        self.world.clock.advance_to(instant)
        await self.rest()

    async def rest(self) -> None:
        """Let everybody who runs do all there is to do at this instant."""
        await self.world.rest()
        history = self.world.log.history
        for record in history[self._heard :]:
            self._hear(record.topic, record.value)
        self._heard = len(history)

    async def pause(self, service: str) -> None:
        """Let a service stand still."""
        self.world.paused.add(service)

    async def resume(self, service: str) -> None:
        """Let it go on."""
        self.world.paused.discard(service)

    def broken(self) -> str | None:
        """Return the first breach that the auditor finds of I0 to I4; None if there is none.

        Books of services that stand still are not equal yet, so that then nothing is judged.
        """
        if self.world.paused:
            return None
        found = judge(log_of(self.world), schemas_of(self.world), read=self._read).invariants
        return next((f"{name}: {found[name]}" for name in INVARIANTS if found[name] != OK), None)

    @property
    def _partitions(self) -> int:
        return self.world.log.partitions

    async def _append(self, letter: Letter) -> Place:
        headers = tuple(letter.headers)
        record = self.world.log.append(
            letter.topic, letter.key, letter.value, headers, letter.partition
        )
        return Place(record.topic, record.partition, record.offset)

    def _buried(self, place: Place) -> str | None:
        row = self._row("dead_letter", place)
        return None if row is None else str(row["code"])

    def _is_applied(self, place: Place) -> bool:
        row = self._row("command_register", place)
        return row is not None and row["outcome"] == "applied"

    def _is_read(self, place: Place) -> bool:
        offsets = self.world.services["ledger"].offsets
        is_read = offsets.get((place.topic, place.partition), 0) > place.offset
        return is_read and self._row("held_record", place) is None

    def _row(self, table: str, place: Place) -> Row | None:
        for service in self.world.services.values():
            for row in service.database[table]:
                if (row["topic"], row["partition"], row["record_offset"]) == place:
                    return row
        return None
