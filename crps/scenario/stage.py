"""The stage of one scenario: its time, what was sent on it and what came of that.

There are two: a world in memory, and a real system that many scenarios share.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from crps.scenario.letters import BANK, Letter
from crps.scenario.words import Came
from crps.show import View, follow
from schemas import topics

TOLD: Final = {topics.CONTRACTS_EVENTS.name: "contracts", topics.DISPUTES_EVENTS.name: "disputes"}
"""Topic -> whose events a scenario follows there."""
_ANSWERS: Final = {
    topics.ORDERS_EVENTS.name: topics.CONTRACTS_ANSWERS.name,
    topics.CONTRACTS_COMMANDS.name: topics.CONTRACTS_ANSWERS.name,
    topics.DISPUTES_COMMANDS.name: topics.DISPUTES_ANSWERS.name,
}
ANSWERS: Final = frozenset(_ANSWERS.values())
_REFUSED: Final = "crps.command.refused.v1"


class Place(NamedTuple):
    """Where a record stands in the log."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True, eq=False)
class Sent:
    """A letter on the log, and its answer once there is one."""

    letter: Letter
    place: Place
    answer: Came | None = None


class Stage(ABC):
    """One contract's stage, with China's calendar; nothing on it moves by itself."""

    def __init__(self, contract_id: str) -> None:
        self.view = View(contract_id)
        """The contract as its own events tell it, folded as `crps contract show` does."""
        self._sent: list[Sent] = []

    @property
    @abstractmethod
    def now(self) -> datetime:
        """The virtual clock."""

    @property
    def effective_at(self) -> datetime | None:
        """When the contract took effect."""
        at = self.view.effective_at
        return None if at is None else datetime.fromisoformat(at)

    @property
    @abstractmethod
    def instructions(self) -> Sequence[Mapping[str, Any]]:
        """The ledger's instructions, in the order in which they were decided."""

    @abstractmethod
    async def move_to(self, instant: datetime) -> None:
        """Let time pass; all that is due on the way happens first, in the order of its instants."""

    @abstractmethod
    async def rest(self) -> None:
        """Let everybody who runs do all there is to do at this instant."""

    @abstractmethod
    async def pause(self, service: str) -> None:
        """Let a service stand still: it neither reads nor sends nor fires."""

    @abstractmethod
    async def resume(self, service: str) -> None:
        """Let it go on; what was sent to it meanwhile waits in the log."""

    @abstractmethod
    def broken(self) -> str | None:
        """Return the first breach of I0 to I4 that is known by now; None if there is none."""

    async def post(self, letter: Letter) -> Sent:
        """Append the letter, and let everybody come to rest."""
        if letter.partition is not None and letter.partition >= self._partitions:
            raise LookupError(f"there are {self._partitions} partitions, counted from 0")
        sent = Sent(letter, await self._append(letter))
        self._sent.append(sent)
        await self.rest()
        return sent

    def came_of(self, sent: Sent) -> Came:
        """Return what came of a letter, as far as anything has."""
        if sent.answer is not None:
            return sent.answer
        code = self._buried(sent.place)
        if code is not None:
            return Came("quarantined", code)
        if self._is_applied(sent.place):
            return Came("applied")
        if sent.place.topic == BANK and self._is_read(sent.place):
            return Came("duplicate" if self._is_known(sent) else "applied")
        return Came("unanswered")

    def _hear(self, topic: str, value: bytes) -> None:
        """Take in a record of ``TOLD`` or ``ANSWERS``, once all that runs is quiet."""
        if topic in TOLD:
            follow(self.view, TOLD[topic], json.loads(value))
        elif topic in ANSWERS:
            self._take(topic, json.loads(value))

    def _take(self, topic: str, told: Mapping[str, Any]) -> None:
        """Give an answer to whom it belongs: the first that asked so and has none yet."""
        said = told["data"]
        for sent in self._sent:
            if (
                _ANSWERS.get(sent.place.topic) == topic
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

    def _is_known(self, sent: Sent) -> bool:
        """Tell whether the bank had said the same before, and the ledger had taken it."""
        before = self._sent[: self._sent.index(sent)]
        return any(
            other.letter.about == sent.letter.about and self.came_of(other).kind == "applied"
            for other in before
        )

    @property
    @abstractmethod
    def _partitions(self) -> int:
        """How many partitions every topic has."""

    @abstractmethod
    async def _append(self, letter: Letter) -> Place:
        """Append the letter to the log."""

    @abstractmethod
    def _buried(self, place: Place) -> str | None:
        """Return the code under which a service set the record aside, if one did."""

    @abstractmethod
    def _is_applied(self, place: Place) -> bool:
        """Tell whether the register has this very record as the one that was applied."""

    @abstractmethod
    def _is_read(self, place: Place) -> bool:
        """Tell whether the ledger has read the bank's record, and does not hold it."""
