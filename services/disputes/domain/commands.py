"""What reaches a docket: contracts' facts, the parties' statements, and due messages.

An amount that a party states may be flawed; the flaw is carried along as a value, because the law
names other refusals first (SPEC section 4).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Asked
from services.disputes.domain.docket import Adjudicator, Buckets, Clause, Proofs, Rail, Standing

# --- facts, as contracts tells them -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContractOffered:
    """A contract stands on offer, accepted by both or not yet."""

    upstream: str
    payer: str
    payee: str
    asset: str
    tranches: tuple[str | None, ...]
    proofs: Proofs
    adjudicator: Adjudicator | None


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """The contract never took effect."""

    standing: Literal[Standing.DECLINED, Standing.OFFER_LAPSED]


@dataclass(frozen=True, slots=True)
class BecameEffective:
    """The chain period runs, so that the contract can be disputed."""

    effective_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """The payer disputes a tranche; what it admits is attributed already."""

    tranche: int
    asset: str
    amount: int
    claim: int
    buckets: Buckets
    clause: Clause
    rail: Rail
    proposals_budget: int
    opened_at: datetime
    deadline_at: datetime
    ruling_deadline_at: datetime | None
    sequence: int
    """Among contracts' events."""


Fact = ContractOffered | OfferEnded | BecameEffective
"""What is learned about the contract itself; it leads to no event of ours."""

# --- commands -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LowerClaim:
    """A party lowers its own claim; the payee's first statement is its answer."""

    asked: Asked
    claim: Money | MoneyFlaw
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class MakeProposal:
    """A party proposes to divide what is contested."""

    asked: Asked
    name: str
    to_payee: Money | MoneyFlaw
    to_payer: Money | MoneyFlaw
    expires_at: datetime
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class AcceptProposal:
    """A party accepts what the other proposed."""

    asked: Asked
    name: str
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class WithdrawProposal:
    """A party takes its own proposal back."""

    asked: Asked
    name: str
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class SubmitRuling:
    """The adjudicator states what the payee should end with, as a total over the tranche."""

    asked: Asked
    payee_total: Money | MoneyFlaw
    tranche: int | str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A due message; forged ones do nothing that the clock would not do anyway."""

    timer: Literal["offer", "chain", "dispute"]
    tranche: int
    generation: int


PartyCommand = LowerClaim | MakeProposal | AcceptProposal | WithdrawProposal | SubmitRuling
Command = PartyCommand | DisputeOpened | Due
