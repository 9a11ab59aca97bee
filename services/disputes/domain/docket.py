"""The state of one contract's disputes: who its parties are, and what is contested, by tranche.

Values only. Money is whole minor units of the contract's one asset. The free bucket of a disputed
tranche is empty, so that its total is what is contested and what is either party's (SPEC 6).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

DEADLINE_GENERATION: Final = 1
RULING_GENERATION: Final = 2
"""Of a dispute's timer: what the clock decides next, at the dispute deadline or at the bound of a
ruling. Neither instant ever moves."""


class Role(StrEnum):
    """The two sides; there is no third."""

    PAYER = "payer"
    PAYEE = "payee"

    @property
    def other(self) -> "Role":
        """Return the other side: whoever gains what this one gives up."""
        return Role.PAYEE if self is Role.PAYER else Role.PAYER


class Standing(StrEnum):
    """What contracts told of the contract, as far as it decides whether it can be disputed."""

    ON_OFFER = "ON_OFFER"
    EFFECTIVE = "EFFECTIVE"
    DECLINED = "DECLINED"
    OFFER_LAPSED = "OFFER_LAPSED"


class Ending(StrEnum):
    """How a dispute ended: by its parties, by a ruling, or by a clause both signed."""

    SETTLED = "settled"
    PROPOSAL = "proposal"
    RULING = "ruling"
    SILENCE = "silence"
    TO_PAYEE = "to_payee"
    TO_PAYER = "to_payer"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Clause:
    """How a dispute ends if its parties find no end."""

    silence_rule: bool
    ending: Literal["to_payee", "to_payer", "ratio", "external"]
    odd_unit: Role
    ratio_bp: int | None = None
    """Basis points to the payee, where ending or fallback is ``ratio``."""
    fallback: Literal["to_payee", "to_payer", "ratio"] | None = None
    """Of ending ``external``: how it ends if nobody rules."""


@dataclass(frozen=True, slots=True)
class Rail:
    """What the rail leaves a dispute to work with."""

    minimum: int
    whole_only: bool
    parts: int | None
    """Instructions that the dispute may use up; None where the rail does not count them."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """D, S and R of a disputed tranche (SPEC section 2); F is 0."""

    contested: int
    payee: int
    payer: int

    @property
    def total(self) -> int:
        """Return D + S + R."""
        return self.contested + self.payee + self.payer

    def given(self, to: Role, amount: int) -> "Buckets":
        """Return the buckets after ``amount`` of what is contested became ``to``'s."""
        payee, payer = (amount, 0) if to is Role.PAYEE else (0, amount)
        return Buckets(self.contested - amount, self.payee + payee, self.payer + payer)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A division of what was contested when it was made (SPEC section 6)."""

    name: str
    """Unique in its dispute."""
    by: Role
    to_payee: int
    to_payer: int
    expires_at: datetime
    command_id: str
    """By which its maker gives up the other's share, should the other accept."""
    fate: Literal["accepted", "withdrawn"] | None = None
    """What a party made of it; that it expired or is void shows by itself."""

    @property
    def contested(self) -> int:
        """Return the whole that it divides."""
        return self.to_payee + self.to_payer


@dataclass(frozen=True, slots=True)
class Dispute:
    """The one dispute of a tranche; claims are totals over the tranche, never increments."""

    tranche: int
    amount: int
    """T of the tranche."""
    buckets: Buckets
    payer_claim: int
    payee_claim: int | None
    """None while the payee is silent."""
    clause: Clause
    rail: Rail
    contested_at_opening: int
    """D as the dispute began."""
    opening_sequence: int
    """Of ``dispute.opened`` among contracts' events: what every event of ours rests on."""
    opened_at: datetime
    deadline_at: datetime
    """Until when claims and proposals count."""
    proposals_budget: int
    """Live proposals of each side."""
    ruling_deadline_at: datetime | None = None
    """Until when a ruling counts; None where the signed ending is not external."""
    parts_used: int = 0
    payee_proposed: bool = False
    """Whether the payee ever made a proposal, whatever came of it."""
    proposals: tuple[Proposal, ...] = ()
    """At least the live ones, and those that the message under judgement names."""
    ending: Ending | None = None
    """None while something is contested."""

    @property
    def is_open(self) -> bool:
        """Tell whether something is contested."""
        return self.buckets.contested > 0

    @property
    def is_half_settled(self) -> bool:
        """Tell whether half of what was contested at the opening is contested no more.

        Half of an odd amount is rounded down, but of one unit it is that unit.
        """
        half = max(self.contested_at_opening // 2, 1)
        return self.contested_at_opening - self.buckets.contested >= half

    def claim_of(self, role: Role) -> int:
        """Return what ``role`` claims; of a silent payee, all that it could still claim."""
        if role is Role.PAYER:
            return self.payer_claim
        return self.amount - self.buckets.payer if self.payee_claim is None else self.payee_claim

    def least_claim_of(self, role: Role) -> int:
        """Return what is ``role``'s already: nobody can claim less."""
        return self.buckets.payer if role is Role.PAYER else self.buckets.payee

    @property
    def is_silent(self) -> bool:
        """Tell whether the payee neither stated a claim nor made a proposal."""
        return self.payee_claim is None and not self.payee_proposed

    @property
    def due_at(self) -> datetime:
        """Return the instant at which the clock would end it as it stands.

        It moves once at most: to the bound of a ruling, when the payee breaks its silence.
        """
        if self.ruling_deadline_at is None or (self.clause.silence_rule and self.is_silent):
            return self.deadline_at
        return self.ruling_deadline_at

    @property
    def generation(self) -> int:
        """Return the generation of the timer that waits for ``due_at``."""
        return DEADLINE_GENERATION if self.due_at == self.deadline_at else RULING_GENERATION

    def proposal_named(self, name: str) -> Proposal | None:
        """Return the proposal of this name, whatever became of it."""
        return next((each for each in self.proposals if each.name == name), None)

    def live_proposals(self, t: datetime) -> tuple[Proposal, ...]:
        """Return those that can be accepted at ``t``: made on the present contested amount."""
        return tuple(
            each
            for each in self.proposals
            if each.fate is None
            and t < each.expires_at
            and each.contested == self.buckets.contested
        )


@dataclass(frozen=True, slots=True)
class Proofs:
    """What the terms say of the parties' own signatures."""

    payer_key: str | None = None
    payee_key: str | None = None
    """Public keys as the terms write them; None: that party never signs itself."""
    required: bool = False
    """Whether every act needs one besides the upstream's word."""


@dataclass(frozen=True, slots=True)
class Adjudicator:
    """Whoever may rule, by its pseudonymous id; each ruling is signed with its key."""

    party: str
    key: str


@dataclass(frozen=True, slots=True)
class Docket:
    """One contract as disputes knows it, and its disputes in the order of the terms."""

    upstream: str
    payer: str
    payee: str
    """The parties, by their pseudonymous ids."""
    asset: str
    tranches: tuple[str | None, ...]
    """Their names, in the order of the terms."""
    proofs: Proofs = Proofs()
    adjudicator: Adjudicator | None = None
    """Named under the ending ``external``; under any other nobody rules."""
    standing: Standing = Standing.ON_OFFER
    effective_at: datetime | None = None
    disputes: tuple[Dispute, ...] = ()

    def role_of(self, party: str) -> Role | None:
        """Return the side ``party`` is on."""
        if party == self.payer:
            return Role.PAYER
        return Role.PAYEE if party == self.payee else None

    def key_of(self, role: Role) -> str | None:
        """Return the public key of the party in ``role``."""
        return self.proofs.payer_key if role is Role.PAYER else self.proofs.payee_key

    def dispute_of(self, tranche: int) -> Dispute | None:
        """Return the dispute of ``tranche``, open or ended."""
        return next((each for each in self.disputes if each.tranche == tranche), None)

    def named_tranche(self, named: int | str | None) -> int | None:
        """Return the number of the tranche that a command means; None where it means no one.

        With several tranches a command must name one (SPEC section 4).
        """
        if named is None:
            return 1 if len(self.tranches) == 1 else None
        for number, name in enumerate(self.tranches, start=1):
            if named in (number, name):
                return number
        return None


@dataclass(frozen=True, slots=True)
class Timer:
    """One instant that somebody must announce to us."""

    tranche: int
    generation: int
    due_at: datetime


def waiting_timers(docket: Docket) -> tuple[Timer, ...]:
    """Return every timer that still waits: one a dispute in which something is contested."""
    return tuple(
        Timer(each.tranche, each.generation, each.due_at)
        for each in docket.disputes
        if each.is_open
    )
