"""What the bank does about one message: a pure function, the same answer to the same record.

The bank remembers nothing. Every id it gives follows from what it was told, so that a message
read again after a crash leads to the very same report, which the ledger takes once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from schemas.bank_v1 import FundsReceived, InstructionReported
from schemas.envelope import Envelope
from schemas.sandbox_v1 import AUTO_PAY_PREFIX, OrderPayment
from schemas.settlements_v1 import FundingRequested, InstructionIssued

_LONGEST_ID: Final = 128


@dataclass(frozen=True, slots=True)
class Report:
    """Something the bank says: its type, its own event id, and the facts."""

    wire_type: str
    event_id: str
    data: BaseModel


def decide(message: Envelope[Any]) -> Sequence[Report]:
    """Return what the bank reports about ``message``, in order; nothing for what it only notes."""
    match message.data:
        case OrderPayment() as order:
            return (_received(message, order.receipt, order),)
        case FundingRequested() as asked if asked.debtor_account.startswith(AUTO_PAY_PREFIX):
            receipt = f"{AUTO_PAY_PREFIX}{message.subject}"
            order = OrderPayment(receipt=receipt, money=asked.money, account=asked.debtor_account)
            return (_received(message, receipt, order),)
        case InstructionIssued() as instruction:
            return (_arrived(instruction),)
        case _:
            return ()


def _received(message: Envelope[Any], receipt: str, order: OrderPayment) -> Report:
    # By the message's id, not the receipt's: two orders that contradict each other under one
    # receipt reference are two reports, and the ledger shall see both.
    return Report(
        "crps.funds.received.v1",
        _event_id("bank", message.id),
        FundsReceived(receipt=receipt, money=order.money, account=order.account),
    )


def _arrived(instruction: InstructionIssued) -> Report:
    return Report(
        "crps.instruction.arrived.v1",
        _event_id("bank", str(instruction.instruction_id), str(instruction.attempt), "arrived"),
        InstructionReported(
            instruction_id=instruction.instruction_id,
            attempt=instruction.attempt,
            money=instruction.money,
        ),
    )


def _event_id(*parts: str) -> str:
    event_id = "/".join(parts)
    if len(event_id) <= _LONGEST_ID:
        return event_id
    return f"{parts[0]}/{hashlib.sha256(event_id.encode()).hexdigest()}"
