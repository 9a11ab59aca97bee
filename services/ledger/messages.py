"""Wire to domain and back: the only room of the ledger that knows message models and versions."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, assert_never
from uuid import UUID

from pydantic import BaseModel

from schemas import bank_v1, contracts_v1, ledger_v1, openings_v1, settlements_v1, topics
from schemas.envelope import Envelope
from schemas.fields import AssetCode, Fact, Minor, Token
from schemas.topics import Topic
from schemas.values import Money
from services.ledger.domain import events, facts
from services.ledger.domain.book import Registration
from services.ledger.domain.entries import Account
from services.ledger.domain.instructions import Authorisation, Direction, Order, Share, Status
from services.ledger.domain.receipts import ReceiptShare
from services.ledger.domain.roles import Role

WANTED: Final = frozenset(
    {
        "crps.contract.offered.v1",
        "crps.contract.accepted.v1",
        "crps.contract.declined.v1",
        "crps.offer.lapsed.v1",
        "crps.receipt.refused.v1",
        "crps.receipt.returned.v1",
        "crps.contract.effective.v1",
        "crps.funds.attributed.v1",
        "crps.dispute.opened.v1",
    }
)
"""Of contracts' events, those that concern the books."""

WANTED_OF_DISPUTES: Final = frozenset({"crps.funds.attributed.v1"})
"""Of disputes' events, the one that moves money."""

_STATUS: Final = {
    f"crps.instruction.{status}.v1": status for status in Status if status is not Status.ISSUED
}

Message = Envelope[Any]


class _Account(Fact):
    account: Token


class _Amount(Fact):
    amount: Minor


class _Rail(Fact):
    name: str


class _Terms(Fact):
    """Of the terms, only what the books need, so that a longer version stays readable."""

    payer: _Account
    payee: _Account
    asset: AssetCode
    tranches: list[_Amount]
    rail: _Rail


# --- in -----------------------------------------------------------------------------------------


def read_fact(message: Message, topic: str) -> facts.Fact:
    """Return what ``message``, which stands on ``topic``, tells the books."""
    contract_id, told = message.subject, message.data
    match told:
        case contracts_v1.ContractOffered():
            return facts.ContractOffered(_registration(contract_id, told))
        case contracts_v1.ContractAccepted():
            return facts.ContractAccepted(_registration(contract_id, told))
        case contracts_v1.ContractDeclined():
            return facts.OfferEnded("declined", told.asset, _shares(told.returns))
        case contracts_v1.OfferLapsed():
            return facts.OfferEnded("offer_lapsed", told.asset, _shares(told.returns))
        case contracts_v1.ReceiptRefused():
            return facts.ReceiptRefused(told.receipt, told.reason)
        case contracts_v1.ReceiptReturned():
            share = ReceiptShare(told.receipt, told.amount)
            return facts.ReceiptReturned(share, told.asset, told.cause)
        case contracts_v1.ContractEffective():
            excess = None if told.excess is None else _share(told.excess)
            return facts.ContractEffective(Money(told.total, told.asset), excess)
        case openings_v1.DisputeOpened():
            return facts.DisputeOpened(told.after.contested)
        case contracts_v1.FundsAttributed():
            return _attributed(told, topic)
        case bank_v1.FundsReceived():
            return facts.FundsReceived(told.receipt, told.money, told.account)
        case bank_v1.InstructionReported():
            return facts.InstructionReported(
                instruction_id=told.instruction_id,
                attempt=told.attempt,
                status=_STATUS[message.type],
                money=told.money,
                reason=told.reason,
            )
        case _:
            raise TypeError(f"{message.type} is no fact for the books")


def is_bank_report(message: Message) -> bool:
    """Whether ``message`` comes from a bank."""
    return isinstance(message.data, bank_v1.FundsReceived | bank_v1.InstructionReported)


def receipts_named(message: Message) -> Iterator[str]:
    """Yield the receipt references by which ``message`` will be judged."""
    match message.data:
        case bank_v1.FundsReceived(receipt=receipt):
            yield receipt
        case contracts_v1.ReceiptRefused(receipt=receipt):
            yield receipt
        case contracts_v1.ReceiptReturned(receipt=receipt):
            yield receipt
        case contracts_v1.ContractEffective(excess=contracts_v1.ReceiptShare(receipt=receipt)):
            yield receipt
        case contracts_v1.ContractDeclined(returns=returns):
            yield from (share.receipt for share in returns)
        case contracts_v1.OfferLapsed(returns=returns):
            yield from (share.receipt for share in returns)


def instruction_named(message: Message) -> UUID | None:
    """Return the instruction on which ``message`` reports, if it reports on one."""
    told = message.data
    return told.instruction_id if isinstance(told, bank_v1.InstructionReported) else None


def body_digest(value: bytes) -> bytes:
    """Return SHA-256 over a report's type and data, the same however its JSON is laid out.

    Numbers are kept as they were written, so that no size or precision of theirs can matter.
    """
    body = _AS_WRITTEN.decode(value.decode())
    canonical = _SORTED.encode([body["type"], body["data"]])
    return hashlib.sha256(canonical.encode()).digest()


def _number(digits: str) -> list[str]:
    return ["number", digits]


_AS_WRITTEN: Final = json.JSONDecoder(
    parse_int=_number, parse_float=_number, parse_constant=_number
)
_SORTED: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def _registration(
    contract_id: UUID, told: contracts_v1.ContractOffered | contracts_v1.ContractAccepted
) -> Registration:
    terms = _Terms.model_validate(told.terms)
    return Registration(
        contract_id=contract_id,
        asset=terms.asset,
        total=sum(tranche.amount for tranche in terms.tranches),
        payer_account=terms.payer.account,
        payee_account=terms.payee.account,
        rail=terms.rail.name,
        terms_digest=told.terms_digest,
        offer_expires_at=told.offer_expires_at,
    )


def _attributed(told: contracts_v1.FundsAttributed, topic: str) -> facts.FundsAttributed:
    given = told.authorisation
    disputed = topic == topics.DISPUTES_EVENTS.name
    return facts.FundsAttributed(
        bucket=Account.CONTESTED if disputed else Account.FREE,
        to=Role(told.to),
        cause=told.cause,
        kind=told.kind,
        money=told.money,
        shares=tuple(Share(part.tranche, part.amount) for part in told.parts),
        authorisation=Authorisation(
            signer=Role(given.signer),
            basis=given.basis,
            clause=given.clause,
            command_id=given.command_id,
        ),
    )


def _share(told: contracts_v1.ReceiptShare) -> ReceiptShare:
    return ReceiptShare(told.receipt, told.amount)


def _shares(told: list[contracts_v1.ReceiptShare]) -> tuple[ReceiptShare, ...]:
    return tuple(_share(share) for share in told)


# --- out ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saying:
    """A message to be emitted."""

    topic: Topic
    wire_type: str
    body: BaseModel


def say(event: events.Event, registration: Registration) -> Saying | None:
    """Return how ``event`` is told to contracts or the bank; None for what concerns nobody."""
    match event:
        case events.ReceiptRecorded():
            return _to_contracts("funding.received", _received(event))
        case events.BooksEmptied():
            emptied = ledger_v1.BooksEmptied(
                asset=registration.asset,
                payee_arrived=event.payee_arrived,
                payer_arrived=event.payer_arrived,
            )
            return _to_contracts("books.emptied", emptied)
        case events.BooksReopened(instruction):
            reopened = ledger_v1.BooksReopened(
                instruction_id=str(instruction.instruction_id), reason=instruction.reason
            )
            return _to_contracts("books.reopened", reopened)
        case events.FundingRequested():
            requested = settlements_v1.FundingRequested(
                money=event.money,
                debtor_account=event.debtor_account,
                expires_at=event.expires_at,
            )
            return _to_bank(registration, "funding.requested", requested)
        case events.FundingRefused():
            refused = settlements_v1.FundingRefused(receipt=event.receipt, reason=event.reason)
            return _to_bank(registration, "funding.refused", refused)
        case events.FundingCancelled():
            cancelled = settlements_v1.FundingCancelled.model_validate({"reason": event.reason})
            return _to_bank(registration, "funding.cancelled", cancelled)
        case events.Instructed(order):
            settle = order.instruction.direction is Direction.SETTLE
            noun = "settlement.instructed" if settle else "return.instructed"
            return _to_bank(registration, noun, _issued(order))
        case (
            events.BookOpened()
            | events.BookMadeEffective()
            | events.Posted()
            | events.InstructionMerged()
        ):
            return None
        case _:
            assert_never(event)


def _to_contracts(noun: str, body: BaseModel) -> Saying:
    return Saying(topics.LEDGER_EVENTS, f"crps.{noun}.v1", body)


def _to_bank(registration: Registration, noun: str, body: BaseModel) -> Saying:
    return Saying(topics.settlements_events(registration.rail), f"crps.{noun}.v1", body)


def _received(event: events.ReceiptRecorded) -> ledger_v1.FundingReceived:
    receipt = event.receipt
    return ledger_v1.FundingReceived(
        receipt=receipt.reference,
        amount=receipt.money.minor,
        asset=receipt.money.asset,
        account=receipt.account,
    )


def _issued(order: Order) -> settlements_v1.InstructionIssued:
    instruction, given, held = order.instruction, order.authorisation, order.held
    return settlements_v1.InstructionIssued.model_validate(
        {
            "instruction_id": instruction.instruction_id,
            "instr_id": order.iso_id,
            "end_to_end_id": order.iso_id,
            "uetr": instruction.uetr,
            "attempt": instruction.attempt,
            "possible_duplicate": False,
            "kind": instruction.kind,
            "cause": instruction.cause,
            "money": Money(instruction.amount, order.asset),
            "tranches": [
                {"tranche": share.tranche, "amount": share.amount} for share in order.shares
            ],
            "debtor_account": order.debtor_account,
            "creditor_account": instruction.creditor_account,
            "authorisation": {
                "signer": given.signer,
                "basis": given.basis,
                "clause": given.clause,
                "command_id": given.command_id,
                "receipt": given.receipt,
                "terms_digest": order.terms_digest,
                "event_hash": order.event_hash,
            },
            "held": {
                "reference": held.reference,
                "sum_before": held.sum_before,
                "count_before": held.count_before,
                "remainder_after": held.remainder_after,
            },
            "not_before": order.not_before,
            "latest_execution_by": order.latest_execution_by,
        }
    )
