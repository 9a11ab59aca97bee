"""The stage of one scenario: a world in memory, its time, what was sent and what came of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from crps.audit.auditor import INVARIANTS, OK, judge
from crps.audit.messages import read_message
from crps.calendars.document import china
from crps.memory.audited import log_of, schemas_of
from crps.memory.bank import Said, unchanged
from crps.memory.log import LogRecord
from crps.memory.process import NeverStill
from crps.memory.tables import Row
from crps.memory.world import World
from crps.scenario.letters import BANK, KEY, UPSTREAM, Letter
from crps.scenario.words import Came
from crps.show import View, follow
from schemas import topics
from services.contracts.calendars import QUERIES as CONTRACTS

_TOLD: Final = {topics.CONTRACTS_EVENTS.name: "contracts", topics.DISPUTES_EVENTS.name: "disputes"}
_ANSWERS: Final = {
    topics.ORDERS_EVENTS.name: topics.CONTRACTS_ANSWERS.name,
    topics.CONTRACTS_COMMANDS.name: topics.CONTRACTS_ANSWERS.name,
    topics.DISPUTES_COMMANDS.name: topics.DISPUTES_ANSWERS.name,
}
_REFUSED: Final = "crps.command.refused.v1"


@dataclass(slots=True, eq=False)
class Sent:
    """A letter on the log, and its answer once there is one."""

    letter: Letter
    record: LogRecord
    answer: Came | None = None


@cache
def _china() -> tuple[Any, ...]:
    return china().cells


class Stage:
    """One contract's world, with China's calendar; nothing on it moves by itself."""

    def __init__(self, contract_id: str, start: datetime, *, bank_answers: bool) -> None:
        """Without ``bank_answers`` the bank says nothing about instructions by itself."""
        bend: Callable[[Said], Said] = unchanged if bank_answers else lambda _: ()
        self.world = World(seed=1, start=start, upstream_keys={UPSTREAM: KEY.encode()}, bend=bend)
        contracts = self.world.services["contracts"].database
        contracts.run(CONTRACTS["insert_calendar"], *_china())
        self.view = View(contract_id)
        """The contract as its own events tell it, folded as `crps contract show` does."""
        self._sent: list[Sent] = []
        self._heard = 0
        self._read = cache(read_message)

    @property
    def now(self) -> datetime:
        """The virtual clock."""
        return self.world.clock()

    @property
    def effective_at(self) -> datetime | None:
        """When the contract took effect."""
        at = self.view.effective_at
        return None if at is None else datetime.fromisoformat(at)

    @property
    def instructions(self) -> list[Row]:
        """The ledger's instructions, in the order in which they were decided."""
        rows = self.world.services["ledger"].database["instruction"]
        return sorted(rows, key=lambda row: int(row["number"]))

    async def move_to(self, instant: datetime) -> None:
        """Let time pass; all that is due on the way happens first, in the order of its instants."""
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
            if record.topic in _TOLD:
                follow(self.view, _TOLD[record.topic], json.loads(record.value))
            elif record.topic in _ANSWERS.values():
                self._take(record)
        self._heard = len(history)

    async def post(self, letter: Letter) -> Sent:
        """Append the letter, and let the world come to rest."""
        partitions = self.world.log.partitions
        if letter.partition is not None and letter.partition >= partitions:
            raise LookupError(f"there are {partitions} partitions, counted from 0")
        record = self.world.log.append(
            letter.topic, letter.key, letter.value, tuple(letter.headers), letter.partition
        )
        sent = Sent(letter, record)
        self._sent.append(sent)
        await self.rest()
        return sent

    def came_of(self, sent: Sent) -> Came:
        """Return what came of a letter, as far as anything has."""
        if sent.answer is not None:
            return sent.answer
        buried = self._row("dead_letter", sent)
        if buried is not None:
            return Came("quarantined", buried["code"])
        if self._is_applied(sent):
            return Came("applied")
        if sent.record.topic == BANK and self._is_read(sent):
            return Came("duplicate" if self._is_known(sent) else "applied")
        return Came("unanswered")

    def broken(self) -> str | None:
        """Return the first breach that the auditor finds of I0 to I4; None if there is none.

        Books of services that stand still are not equal yet, so that then nothing is judged.
        """
        if self.world.paused:
            return None
        found = judge(log_of(self.world), schemas_of(self.world), read=self._read).invariants
        return next((f"{name}: {found[name]}" for name in INVARIANTS if found[name] != OK), None)

    def _take(self, record: LogRecord) -> None:
        """Give an answer to whom it belongs: the first that asked so and has none yet."""
        told = json.loads(record.value)
        said = told["data"]
        for sent in self._sent:
            if (
                _ANSWERS.get(sent.record.topic) == record.topic
                and sent.letter.id == said["command_id"]
                and said.get("party") in (None, sent.letter.party)
                and self.came_of(sent).kind == "unanswered"
            ):
                is_refusal = told["type"] == _REFUSED
                sent.answer = (
                    Came("refused", said["code"], said["facts"])
                    if is_refusal
                    else Came("duplicate", said.get("code"))
                )
                return

    def _is_applied(self, sent: Sent) -> bool:
        """Tell whether the register has this very record as the one that was applied."""
        record = sent.record
        for name in ("contracts", "disputes"):
            for row in self.world.services[name].database["command_register"]:
                place = (row["topic"], row["partition"], row["record_offset"])
                if place == (record.topic, record.partition, record.offset):
                    return bool(row["outcome"] == "applied")
        return False

    def _is_known(self, sent: Sent) -> bool:
        """Tell whether the bank had said the same before, and the ledger had taken it."""
        before = self._sent[: self._sent.index(sent)]
        return any(
            other.letter.about == sent.letter.about and self.came_of(other).kind == "applied"
            for other in before
        )

    def _is_read(self, sent: Sent) -> bool:
        record = sent.record
        offsets = self.world.services["ledger"].offsets
        is_read = offsets.get((record.topic, record.partition), 0) > record.offset
        return is_read and self._row("held_record", sent) is None

    def _row(self, table: str, sent: Sent) -> Row | None:
        record = sent.record
        place = (record.topic, record.partition, record.offset)
        for service in self.world.services.values():
            for row in service.database[table]:
                if (row["topic"], row["partition"], row["record_offset"]) == place:
                    return row
        return None
