"""Outbound to one rail's bank: ``crps.settlements.<rail>.events.v1`` (SPEC section 7)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.fields import Digest, Fact, Instant, Minor, MoneyField, Token

IsoId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/?:().,'+ -]{1,35}$")]
"""At most 35 characters of the ISO 20022 basic set."""


class FundingRequested(Fact):
    """``crps.funding.requested.v1``: this much is expected, from this account, until then."""

    money: MoneyField
    debtor_account: Token
    expires_at: Instant


class FundingRefused(Fact):
    """``crps.funding.refused.v1``: not ours to move; refund the receipt's origin."""

    receipt: Token
    reason: str


class FundingCancelled(Fact):
    """``crps.funding.cancelled.v1``: no more money is expected."""

    reason: Literal["declined", "offer_lapsed"]


class InstructionAuthorisation(Fact):
    """Who gave the money up and how that can be proved."""

    signer: Literal["payer", "payee"] | None = None
    """Absent for money that never entered T: it is nobody's concession and cites a receipt."""
    basis: Literal["live", "clause", "receipt"]
    clause: str | None = None
    command_id: Token | None = None
    receipt: Token | None = None
    terms_digest: Digest
    event_hash: Digest
    """SHA-256 of the bytes of the event that decided."""


class HeldOrder(Fact):
    """The bank's held order that the instruction draws on, before and after."""

    reference: Token
    sum_before: Minor
    count_before: Annotated[int, Field(ge=0)]
    remainder_after: Minor


class TrancheShare(Fact):
    """A tranche's share of an instruction."""

    tranche: Annotated[int, Field(ge=1)]
    amount: Minor


class InstructionIssued(Fact):
    """``crps.settlement.instructed.v1`` (to the payee) and ``crps.return.instructed.v1``.

    ``instruction_id`` stays the same over all attempts; ``uetr`` is generated once and stored.
    """

    instruction_id: UUID
    instr_id: IsoId
    end_to_end_id: IsoId
    uetr: UUID
    attempt: Annotated[int, Field(ge=1)]
    possible_duplicate: bool
    kind: Literal["subjective", "automatic"]
    cause: str
    money: MoneyField
    tranches: list[TrancheShare]
    debtor_account: Token
    creditor_account: Token
    authorisation: InstructionAuthorisation
    held: HeldOrder
    not_before: Instant
    latest_execution_by: Instant
