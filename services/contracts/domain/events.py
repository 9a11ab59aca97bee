"""What can happen to a contract. Each event is final and says whose authority it rests on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.contracts.domain.contract import Buckets, Clauses, ReceiptShare, Role, Tranche
from services.contracts.domain.periods import Derivation

ReceiptCause = Literal["over_funding", "late_funding", "offer_lapsed", "declined"]


@dataclass(frozen=True, slots=True)
class OfferMade:
    """An upstream offered the contract, with the acceptances it already held."""

    upstream: str
    order_id: str
    terms_digest: str
    clauses: Clauses
    tranches: tuple[Tranche, ...]
    offer_expires_at: datetime
    accepted_by: frozenset[Role]


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """One party accepted the offer."""

    by: Role


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    """A party declined; what had been received goes back."""

    by: Role
    returns: tuple[ReceiptShare, ...]
    """The first ones; the rest is said right after (``returns``)."""


@dataclass(frozen=True, slots=True)
class ConsentRevoked:
    """A party revoked its consent for the future; nothing that was signed changes."""

    by: Role


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """The offer period ended; what had been received goes back."""

    returns: tuple[ReceiptShare, ...]
    reason: Literal["calendar_not_published"] | None = None
    """Why it lapsed before that, where it did."""


@dataclass(frozen=True, slots=True)
class ReceiptCounted:
    """Money came towards the total, which is not yet whole or not yet accepted: it waits."""

    share: ReceiptShare


@dataclass(frozen=True, slots=True)
class ReceiptRefused:
    """Money that is not ours to move; the bank refunds its origin."""

    share: ReceiptShare
    reason: Literal["foreign_account", "foreign_currency"]


@dataclass(frozen=True, slots=True)
class ReceiptReturned:
    """Money that never entered the total goes back to where it came from."""

    share: ReceiptShare
    cause: ReceiptCause


@dataclass(frozen=True, slots=True)
class Deadline:
    """A tranche's frozen deadline and how it was found."""

    tranche: int
    deadline_at: datetime
    derivation: Derivation


@dataclass(frozen=True, slots=True)
class BecameEffective:
    """Exactly T is there; the chain period runs from ``effective_at``."""

    effective_at: datetime
    receipts: int
    """How many were counted."""
    received: int
    """Their sum."""
    excess: ReceiptShare | None
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What moves in one tranche."""

    tranche: int
    amount: int
    before: Buckets
    after: Buckets


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Who gives the money up: by a live act, or by a clause it signed (SPEC section 2, I3)."""

    signer: Role
    basis: Literal["live", "clause"]
    clause: str | None = None
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class FundsAttributed:
    """It is decided whose money this is."""

    to: Role
    cause: Literal["release", "return", "arrival", "admission"]
    parts: tuple[Part, ...]
    authorisation: Authorisation
    judged_at: datetime
    due_at: datetime | None = None

    @property
    def amount(self) -> int:
        """Return what moves in all."""
        return sum(part.amount for part in self.parts)


@dataclass(frozen=True, slots=True)
class DeadlineMoved:
    """A tranche's deadline is another from here on: later by the payee, earlier by the payer."""

    by: Role
    command_id: str
    tranche: int
    before: datetime
    after: datetime
    first_deadline_at: datetime
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """What was free in a tranche is contested; disputes alone decides about it from here."""

    tranche: int
    claim: int
    """``P*``: all of the tranche that the payer says it should end with."""
    reason: str
    evidence: tuple[str, ...]
    before: Buckets
    """The admission is attributed already."""
    after: Buckets
    parts: int | None
    """Instructions granted to the dispute; None where the rail does not count them."""
    opened_at: datetime
    deadline_at: datetime
    ruling_deadline_at: datetime | None
    """None where nobody can rule."""
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class TrancheAttributed:
    """Disputes has attributed all that was contested in a tranche."""

    tranche: int
    payee: int
    payer: int


@dataclass(frozen=True, slots=True)
class ContractClosed:
    """Nothing is due or sent any more."""


@dataclass(frozen=True, slots=True)
class ContractReopened:
    """The bank gave back what had arrived; execution goes on, attribution stands."""


Event = (
    OfferMade
    | OfferAccepted
    | OfferDeclined
    | ConsentRevoked
    | OfferLapsed
    | ReceiptCounted
    | ReceiptRefused
    | ReceiptReturned
    | BecameEffective
    | FundsAttributed
    | DeadlineMoved
    | DisputeOpened
    | TrancheAttributed
    | ContractClosed
    | ContractReopened
)
