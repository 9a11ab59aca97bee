"""Which deadline was in force when something was decided: the first one, or where it was moved."""

from dataclasses import dataclass
from datetime import datetime

from crps.audit.messages import Message
from crps.audit.trail import Trail
from schemas.contracts_v1 import ContractEffective
from schemas.deadlines_v1 import DeadlineMoved


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines of an effective contract, by tranche, through all their moves."""

    effective: ContractEffective
    moves: list[tuple[Message, DeadlineMoved]]
    """In sequence."""

    @property
    def first(self) -> dict[int, datetime]:
        """The deadlines at effect."""
        return {t.tranche: t.deadline_at for t in self.effective.tranches}

    @property
    def last(self) -> dict[int, datetime]:
        """The deadlines after all that was said."""
        return self._after(self.moves)

    def before(self, event: Message) -> dict[int, datetime]:
        """Return the deadlines by which `event`, of contracts, was decided."""
        sequence = event.sequence or 0
        return self._after([move for move in self.moves if (move[0].sequence or 0) < sequence])

    def _after(self, moves: list[tuple[Message, DeadlineMoved]]) -> dict[int, datetime]:
        return self.first | {told.tranche: told.after for _, told in moves}


def deadlines_of(trail: Trail) -> Deadlines | None:
    """Return the deadlines of the contract of `trail`; None if it never took effect."""
    effective = next(iter(trail.events_of(ContractEffective)), None)
    return effective and Deadlines(effective[1], trail.events_of(DeadlineMoved))
