"""Outbound to one rail's bank: ``crps.settlements.<rail>.events.v1`` (SPEC section 7)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.fields import Digest, Fact, Instant, Minor, MinorSum, MoneyField, Named, Token

IsoId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9/?:().,'+ -]{1,35}$"),
    Named("IsoId", "At most 35 characters of the ISO 20022 basic set."),
]


class FundingRequested(Fact):
    """``crps.funding.requested.v1``: this much is expected, from this account, until then."""

    money: MoneyField
    """The contract's whole total."""
    debtor_account: Token
    """The payer's registered account: money from any other is refunded."""
    expires_at: Instant
    """What comes later goes back."""


class FundingRefused(Fact):
    """``crps.funding.refused.v1``: not ours to move; refund the receipt's origin."""

    receipt: Token
    """The bank's reference of what came in."""
    reason: str
    """`foreign_account` or `foreign_currency`."""


class FundingCancelled(Fact):
    """``crps.funding.cancelled.v1``: no more money is expected."""

    reason: Literal["declined", "offer_lapsed"]


class InstructionAuthorisation(Fact):
    """Who gave the money up and how that can be proved."""

    signer: Literal["payer", "payee"] | None = None
    """Absent for money that never entered the total: it is nobody's concession."""
    basis: Literal["live", "clause", "receipt"]
    """A command sent, a clause of the signed terms, or the receipt that goes back."""
    clause: str | None = None
    """Of basis `clause`: which."""
    command_id: Token | None = None
    """Of basis `live`: the command's id."""
    receipt: Token | None = None
    """Of basis `receipt`: the bank's reference of it."""
    terms_digest: Digest
    event_hash: Digest
    """SHA-256 of the bytes of the event that decided."""


class HeldOrder(Fact):
    """The bank's held order that the instruction draws on, before and after."""

    reference: Token
    sum_before: MinorSum
    """What is held and no instruction before this one named."""
    count_before: Annotated[int, Field(ge=0)]
    """How many instructions there were before."""
    remainder_after: MinorSum
    """What is left of it after this one."""


class TrancheShare(Fact):
    """A tranche's share of an instruction."""

    tranche: Annotated[int, Field(ge=1)]
    """Its number, from 1."""
    amount: Minor


class InstructionIssued(Fact):
    """``crps.settlement.instructed.v1`` and ``crps.return.instructed.v1``: the bank shall pay.

    A settlement goes to the payee, a return to where the money came from. ``instruction_id``
    stays the same over all attempts; ``uetr`` is generated once and stored.
    """

    instruction_id: UUID
    """By which the bank reports what became of it."""
    instr_id: IsoId
    """ISO 20022 instruction identification."""
    end_to_end_id: IsoId
    """ISO 20022 end-to-end identification."""
    uetr: UUID
    """Unique end-to-end transaction reference."""
    attempt: Annotated[int, Field(ge=1)]
    """How often the bank has been told, this time included."""
    possible_duplicate: bool
    """Whether the bank may have had this attempt before: then it must not pay twice."""
    kind: Literal["subjective", "automatic"]
    """Whether a party acted, or a clause that it signed beforehand."""
    cause: str
    """Why: of what entered the contract the attribution's cause, else why the receipt goes back."""
    money: MoneyField
    tranches: list[TrancheShare]
    """Of which tranches the money is; none for money that never entered the contract."""
    debtor_account: Token
    creditor_account: Token
    """The only account that may be paid: a registered one of this contract."""
    authorisation: InstructionAuthorisation
    held: HeldOrder
    not_before: Instant
    latest_execution_by: Instant
