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
    money: ClaimedMoney
    account: Token


class InstructionReported(Fact):
    """``crps.instruction.<status>.v1``: what became of an attempt; the type names the status."""

    instruction_id: UUID
    attempt: Annotated[int, Field(strict=True, ge=1)]
    money: ClaimedMoney
    reason: Token | None = None
    """ISO 20022 external reason code, of a rejection or a return."""
