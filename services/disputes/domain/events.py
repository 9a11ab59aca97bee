"""What can happen to a dispute. Each event is final and says whose authority it rests on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from services.disputes.domain.docket import Buckets, Dispute, Ending, Role

SILENCE_CLAUSE: Final = "dispute.silence_rule"
ENDING_CLAUSE: Final = "dispute.ending"
"""What an automatic attribution cites: a clause of the terms."""


@dataclass(frozen=True, slots=True)
class DisputeRegistered:
    """Disputes has taken over what is contested in a tranche."""

    dispute: Dispute

    @property
    def tranche(self) -> int:
        """Return the tranche in dispute."""
        return self.dispute.tranche


@dataclass(frozen=True, slots=True)
class ClaimStated:
    """A party stated its total; what it gave up is attributed next."""

    tranche: int
    by: Role
    claim: int
    contested: int
    """What is left once the cut has settled."""
    command_id: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Who gives the money up: by a live act, or by a clause it signed (SPEC section 2, I3)."""

    signer: Role
    basis: Literal["live", "clause"]
    clause: str | None = None
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class FundsAttributed:
    """It is decided whose money this part of the contested is."""

    tranche: int
    to: Role
    cause: Literal["admission", "concession", "dispute_default"]
    amount: int
    before: Buckets
    after: Buckets
    authorisation: Authorisation
    judged_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DisputeEnded:
    """Nothing is contested in this tranche any more, for good."""

    tranche: int
    ending: Ending
    judged_at: datetime
    due_at: datetime | None = None


Event = DisputeRegistered | ClaimStated | FundsAttributed | DisputeEnded
