"""The state of one contract: parties, tranches with their four buckets, receipts, status.

Values only. Money is whole minor units of the contract's one asset. The contested bucket exists
from the start, so that conservation is stated once and for all (SPEC section 2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.contracts.domain.periods import Period


class Role(StrEnum):
    """The two sides; there is no third."""

    PAYER = "payer"
    PAYEE = "payee"


class Status(StrEnum):
    """Where a contract stands (SPEC section 3)."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    EFFECTIVE = "EFFECTIVE"
    ATTRIBUTED = "ATTRIBUTED"  # Nothing free or contested: decided, not yet executed.
    CLOSED = "CLOSED"  # Nothing due or sent either.
    DECLINED = "DECLINED"
    OFFER_LAPSED = "OFFER_LAPSED"


ON_OFFER = frozenset({Status.OFFERED, Status.ACCEPTED})
FUNDED = frozenset({Status.EFFECTIVE, Status.ATTRIBUTED, Status.CLOSED})


@dataclass(frozen=True, slots=True)
class Party:
    """A pseudonymous party, the opaque token of its registered account, and its public key."""

    party: str
    account: str
    key: str | None = None
    """As the terms write it; None: the party never signs itself."""


@dataclass(frozen=True, slots=True)
class Rail:
    """What the rail can do, as pinned in the terms."""

    name: str
    minimum: int
    partial: Literal["many", "none", "single_shot"]
    max_parts: int | None


@dataclass(frozen=True, slots=True)
class Caps:
    """How far in all deadlines may be moved from the first one, in milliseconds."""

    extend_ms: int | None = None
    """None: extension is not offered."""
    advance_ms: int | None = None
    """None: there is no bound."""


@dataclass(frozen=True, slots=True)
class DisputeClause:
    """How a dispute would end, signed beforehand."""

    period_ms: int
    silence_rule: bool
    ending: Literal["to_payee", "to_payer", "ratio", "external"]
    ratio_bp: int | None = None
    """Basis points to the payee, where ending or fallback is ``ratio``."""
    ruling_ms: int | None = None
    """Of ending ``external``: until how long after the dispute's deadline a ruling may come."""
    fallback: Literal["to_payee", "to_payer", "ratio"] | None = None
    """Of ending ``external``: how it ends if nobody rules."""
    adjudicator: str | None = None
    """Of ending ``external``: the party that may rule."""


@dataclass(frozen=True, slots=True)
class Clauses:
    """What the terms say that later decisions need; never changes."""

    payer: Party
    payee: Party
    asset: str
    rail: Rail
    acts_budget: int
    proposals_budget: int
    odd_unit: Role
    dispute: DisputeClause
    caps: Caps
    proof_required: bool
    """Whether every act needs its party's own signature besides the upstream's word."""

    def side(self, role: Role) -> Party:
        """Return the party in ``role``."""
        return self.payer if role is Role.PAYER else self.payee


@dataclass(frozen=True, slots=True)
class Buckets:
    """The four buckets of SPEC section 2: F, D, S and R."""

    free: int = 0
    contested: int = 0
    payee: int = 0
    payer: int = 0

    @property
    def total(self) -> int:
        """Return F + D + S + R."""
        return self.free + self.contested + self.payee + self.payer


@dataclass(frozen=True, slots=True)
class Opening:
    """When a tranche's dispute was opened, when it ends, and what was attributed by then."""

    opened_at: datetime
    """The instant at which we recorded it."""
    deadline_at: datetime
    """The dispute's."""
    payee: int
    payer: int

    def given(self, to: Role) -> int:
        """Return what was ``to``'s at the opening, the admission included."""
        return self.payee if to is Role.PAYEE else self.payer


@dataclass(frozen=True, slots=True)
class Tranche:
    """A part of the total with a deadline of its own."""

    number: int
    name: str | None
    amount: int
    period: Period
    buckets: Buckets = Buckets()
    deadline_at: datetime | None = None
    generation: int = 0
    """Of the deadline: 1 at effect, one more with each move."""
    first_deadline_at: datetime | None = None
    """The deadline at effect, once it was moved: caps count from it."""
    arrived: int = 0
    """What the deadline itself attributed to the payee."""
    payer_acts: int = 0
    payee_acts: int = 0
    opening: Opening | None = None
    """Of its one dispute. Until that has ended, the contested bucket is as it was opened."""

    @property
    def in_dispute(self) -> bool:
        """Tell whether disputes decides about it and we have not read the end."""
        return self.buckets.contested > 0

    def acts(self, role: Role) -> int:
        """Return how many acts ``role`` has spent here."""
        return self.payer_acts if role is Role.PAYER else self.payee_acts


@dataclass(frozen=True, slots=True)
class ReceiptShare:
    """A bank receipt and what of it is meant."""

    receipt: str
    amount: int


@dataclass(frozen=True, slots=True)
class Contract:
    """One deal between one payer and one payee."""

    upstream: str
    order_id: str
    terms_digest: str
    clauses: Clauses
    offer_expires_at: datetime
    accepted_by: frozenset[Role]
    status: Status
    tranches: tuple[Tranche, ...]
    receipts: tuple[ReceiptShare, ...] = ()
    """Received towards the total and waiting, in order; empty once their fate is decided."""
    effective_at: datetime | None = None
    parts: int = 0
    """Instructions decided so far out of the rail's ``max_parts``, those granted to disputes
    included."""
    revoked_by: frozenset[Role] = frozenset()
    """Who has revoked its consent; read only where one is being revoked."""

    @property
    def total(self) -> int:
        """Return T."""
        return sum(tranche.amount for tranche in self.tranches)

    @property
    def received(self) -> int:
        """Return what was received towards T and still waits."""
        return sum(share.amount for share in self.receipts)

    @property
    def buckets(self) -> Buckets:
        """Return the sums over the tranches."""
        each = [tranche.buckets for tranche in self.tranches]
        return Buckets(
            free=sum(b.free for b in each),
            contested=sum(b.contested for b in each),
            payee=sum(b.payee for b in each),
            payer=sum(b.payer for b in each),
        )

    def role_of(self, party: str) -> Role | None:
        """Return the side ``party`` is on."""
        if party == self.clauses.payer.party:
            return Role.PAYER
        if party == self.clauses.payee.party:
            return Role.PAYEE
        return None


@dataclass(frozen=True, slots=True)
class Timer:
    """One instant that somebody must announce to us."""

    timer: Literal["offer", "chain"]
    tranche: int
    generation: int
    due_at: datetime


def waiting_timers(contract: Contract) -> tuple[Timer, ...]:
    """Return every timer that still waits: the offer's, then one a tranche with money free."""
    if contract.status in ON_OFFER:
        return (Timer("offer", 1, 1, contract.offer_expires_at),)
    return tuple(
        Timer("chain", tranche.number, tranche.generation, deadline_at)
        for tranche, deadline_at in _running(contract)
        if tranche.buckets.free > 0
    )


def _running(contract: Contract) -> Iterator[tuple[Tranche, datetime]]:
    for tranche in contract.tranches:
        if tranche.deadline_at is not None:
            yield tranche, tranche.deadline_at


def by_deadline(contract: Contract) -> list[tuple[datetime, Tranche]]:
    """Return the running tranches, earliest deadline first, in the order of the terms on ties."""
    running = [(deadline_at, tranche) for tranche, deadline_at in _running(contract)]
    return sorted(running, key=lambda pair: (pair[0], pair[1].number))
