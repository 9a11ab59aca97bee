"""What reaches a contract: the parties' commands, due messages, reports of ledger and disputes.

Amounts that a party states may be flawed; the flaw is carried along as a value, because the law
names other refusals first (SPEC section 4).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Asked
from services.contracts.domain.calendars import Calendars
from services.contracts.domain.contract import Buckets, Caps, DisputeClause, Party, Role
from services.contracts.domain.periods import Period

ALL: Final = "ALL"
TERMS_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class At:
    """When a message is judged."""

    t: datetime
    """Append time; on the commands topic made monotone per contract (SPEC section 5)."""
    now: datetime
    """This service's database clock."""
    calendars: Calendars = field(default_factory=dict)
    """The newest published version of those that may matter."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One party's acceptance of one digest."""

    party: str
    terms_version: int
    terms_digest: str
    consents: bool


@dataclass(frozen=True, slots=True)
class ClaimedTranche:
    """A tranche as offered."""

    name: str | None
    amount: int | MoneyFlaw
    period: Period


@dataclass(frozen=True, slots=True)
class ClaimedRail:
    """The rail's capabilities as offered."""

    name: str
    minimum: int | MoneyFlaw
    partial: Literal["many", "none", "single_shot"]
    max_parts: int | None
    max_hold_hours: int | None
    margin_hours: int
    currencies: frozenset[str] | None = None
    """ISO 4217 codes; None: every currency."""
    declared: "ClaimedRail | None" = None
    """What the rail of this name itself declares; None if nobody declared such a rail."""


@dataclass(frozen=True, slots=True)
class Adjudicator:
    """A third party, by its pseudonymous id and its public key."""

    party: str
    key: str


@dataclass(frozen=True, slots=True)
class ClaimedTerms:
    """Well-formed terms that nobody has judged yet."""

    version: int
    digest: str
    payer: Party
    payee: Party
    asset: str | MoneyFlaw
    tranches: tuple[ClaimedTranche, ...]
    odd_unit: Role
    dispute: DisputeClause
    caps: Caps
    acts_budget: int
    proposals_budget: int
    rail: ClaimedRail
    proof_required: bool
    adjudicator: Adjudicator | None = None
    """Named in the terms, whatever the ending."""


@dataclass(frozen=True, slots=True)
class Offer:
    """``order.placed`` and ``contract.offer``: the same rules for both."""

    asked: Asked
    order_id: str
    terms: ClaimedTerms
    offer_expires_at: datetime
    acceptances: tuple[Acceptance, ...]
    is_command: bool
    """It stands on the commands topic, whose records alone move a contract's time."""


@dataclass(frozen=True, slots=True)
class Accept:
    """A party accepts the offer."""

    asked: Asked
    acceptance: Acceptance


@dataclass(frozen=True, slots=True)
class Decline:
    """A party declines the offer."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class RevokeConsent:
    """A party takes its consent back, for the future."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class Move:
    """Release (to the payee) or return (to the payer)."""

    asked: Asked
    to: Role
    amount: Money | MoneyFlaw | Literal["ALL"] | None
    to_total: Money | MoneyFlaw | None
    """Exactly one of ``amount`` and ``to_total`` is given; a null beside it is a flaw."""
    tranche: int | str | None = None
    expected_remaining: Money | MoneyFlaw | None = None

    @property
    def signer(self) -> Role:
        """Return who gives the money up: always the other side."""
        return Role.PAYER if self.to is Role.PAYEE else Role.PAYEE


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """The payer claims back, as a total over one tranche (SPEC section 6)."""

    asked: Asked
    claim: Money | MoneyFlaw
    reason: str
    evidence: tuple[str, ...]
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class MoveDeadline:
    """Extend (the payee, later) or advance (the payer, earlier) one tranche's deadline."""

    asked: Asked
    signer: Role
    """Whose act it is: who would rather not have it so."""
    to: datetime
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A due message; forged ones do nothing that the clock would not do anyway."""

    timer: Literal["offer", "chain", "dispute"]
    """A dispute's is not ours to fire: on our topic somebody forged it."""
    tranche: int
    generation: int


@dataclass(frozen=True, slots=True)
class FundingReceived:
    """The ledger booked a bank receipt."""

    receipt: str
    amount: int
    asset: str
    account: str


@dataclass(frozen=True, slots=True)
class BooksEmptied:
    """The ledger: nothing is held, contested, due or sent any more."""


@dataclass(frozen=True, slots=True)
class BooksReopened:
    """The ledger: the bank gave back what had arrived."""


@dataclass(frozen=True, slots=True)
class ContestedAttributed:
    """Disputes attributed contested money of a tranche; its buckets after that."""

    tranche: int
    after: Buckets


PartyCommand = Offer | Accept | Decline | RevokeConsent | Move | MoveDeadline | OpenDispute
Report = FundingReceived | BooksEmptied | BooksReopened | ContestedAttributed
Command = PartyCommand | Due | Report
