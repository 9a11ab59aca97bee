"""Inbound from one rail's bank: ``crps.bank.<rail>.events.v1`` (SPEC section 7).

A report's envelope ``id`` is the bank's own event id: the same id twice is the same report.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.fields import ClaimedMoney, Fact, Token


class FundsReceived(Fact):
    """``crps.funds.received.v1``: money came in, under the bank's own receipt reference."""

    receipt: Token
    """The bank's reference of the receipt: the same reference is the same money."""
    money: ClaimedMoney
    account: Token
    """From which it came, as the bank's opaque token."""


class InstructionReported(Fact):
    """``crps.instruction.<status>.v1``: what became of an attempt; the type names the status."""

    instruction_id: UUID
    """As the instruction gave it."""
    attempt: Annotated[int, Field(strict=True, ge=1)]
    """Which of its attempts this is about."""
    money: ClaimedMoney
    """The instruction's money, repeated: another amount is refused."""
    reason: Token | None = None
    """ISO 20022 external reason code, of a rejection or a return."""
