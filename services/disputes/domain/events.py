"""What can happen to a dispute. Each event is final and says whose authority it rests on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from services.disputes.domain.docket import Buckets, Dispute, Ending, Proposal, Role

SILENCE_CLAUSE: Final = "dispute.silence_rule"
ENDING_CLAUSE: Final = "dispute.ending"
FALLBACK_CLAUSE: Final = "dispute.fallback"
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
class ProposalMade:
    """The other side may accept it until it expires."""

    tranche: int
    proposal: Proposal
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class ProposalAccepted:
    """Both concessions are attributed next, and the dispute ends."""

    tranche: int
    proposal: Proposal
    """As it was made."""
    command_id: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn:
    """Its maker took it back."""

    tranche: int
    proposal: Proposal
    """As it was made."""
    command_id: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class ProposalsVoided:
    """Less is contested, so what was live until now is dead; the buckets themselves say so."""

    tranche: int
    names: tuple[str, ...]
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class RulingMade:
    """The adjudicator decided; both shares are attributed next, and the dispute ends."""

    tranche: int
    adjudicator: str
    payee_total: int
    """Over the tranche."""
    to_payee: int
    """Of what is contested."""
    to_payer: int
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
    cause: Literal["admission", "concession", "proposal", "ruling", "dispute_default"]
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


Event = (
    DisputeRegistered
    | ClaimStated
    | ProposalMade
    | ProposalAccepted
    | ProposalWithdrawn
    | ProposalsVoided
    | RulingMade
    | FundsAttributed
    | DisputeEnded
)
