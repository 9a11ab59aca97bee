"""The stage of one scenario among many on a real system."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from crps.provision import PARTITIONS
from crps.scenario.letters import Letter
from crps.scenario.stage import TOLD, Place, Stage
from crps.scenario.system import System


class Clock(Protocol):
    """Who leads all that play on the system."""

    def disturb(self) -> None:
        """Hear that something was done."""

    async def until(self, instant: datetime, contract_id: UUID) -> None:
        """Return when it is that instant and the system rests."""

    async def pause(self, service: str) -> None:
        """Let a service stand still until it is resumed."""


class StackStage(Stage):
    """One contract on a system with others; what it knows is what was so at the last rest."""

    def __init__(self, contract_id: UUID, system: System, clock: Clock) -> None:
        super().__init__(str(contract_id))
        self._contract_id = contract_id
        self._system = system
        self._clock = clock
        self._applied: set[Place] = set()
        self._aside: dict[Place, str] = {}
        self._held: Collection[Place] = ()
        self._instructions: Sequence[Mapping[str, Any]] = ()

    @property
    def now(self) -> datetime:
        """The virtual clock."""
        assert self._system.now is not None, "the clock is set before anybody plays"
        return self._system.now

    @property
    def instructions(self) -> Sequence[Mapping[str, Any]]:
        """The ledger's instructions, in the order in which they were decided."""
        return self._instructions

    async def move_to(self, instant: datetime) -> None:
        """Let time pass, for everybody on this system."""
        await self._clock.until(instant, self._contract_id)

    async def rest(self) -> None:
        """Let everybody who runs do all there is to do at this instant."""
        await self._clock.until(self.now, self._contract_id)

    async def pause(self, service: str) -> None:
        """Stop the service's process, for everybody on this system."""
        await self._clock.pause(service)

    async def resume(self, service: str) -> None:
        """Let the service's process go on."""
        self._system.resume(service)
        self._clock.disturb()

    def broken(self) -> str | None:
        """Return None: the auditor judges the whole system once, when all have played."""
        return None

    def undecided(self) -> list[Place]:
        """Return where the letters stand of which no service has said a last word."""
        decided = self._applied | self._aside.keys()
        return [s.place for s in self._sent if s.answer is None and s.place not in decided]

    def concerns(self, record: Any) -> bool:
        """Tell whether a record is about this contract, or about what was sent under its key."""
        return record.key in self._keys

    def take_in(
        self,
        records: Sequence[Any],
        *,
        applied: set[Place],
        buried: Mapping[Place, str],
        held: Collection[Place],
        instructions: Sequence[Mapping[str, Any]],
    ) -> None:
        """Learn what is so at this rest; ``records`` are the contract's own events and answers."""
        self._applied |= applied
        self._aside.update(buried)
        self._held = held
        self._instructions = instructions
        # As `crps contract show` orders them: between two topics the log has no order.
        for record in sorted(records, key=_order):
            self._hear(record.topic, record.value)

    @property
    def _keys(self) -> set[bytes]:
        return {self.view.contract_id.encode(), *(sent.letter.key for sent in self._sent)}

    @property
    def _partitions(self) -> int:
        return PARTITIONS

    async def _append(self, letter: Letter) -> Place:
        self._clock.disturb()
        return await self._system.append(letter)

    def _buried(self, place: Place) -> str | None:
        return self._aside.get(place)

    def _is_applied(self, place: Place) -> bool:
        return place in self._applied

    def _is_read(self, place: Place) -> bool:
        read_to = self._system.ledger_read_to(place.topic, place.partition)
        return read_to > place.offset and place not in self._held


def _order(record: Any) -> tuple[str, str, int]:
    """Events by instant, service and sequence; answers as they stand in their topic."""
    if record.topic not in TOLD:
        return ("", record.topic, record.offset)
    told = json.loads(record.value)
    return (told["time"], TOLD[record.topic], told["sequence"])
