"""Facts and folds that the ledger's unit tests share."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from schemas.values import Money
from services.ledger.domain.book import Book, Registration
from services.ledger.domain.decide import Decided, Refused, decide
from services.ledger.domain.entries import Account, Side
from services.ledger.domain.events import BooksEmptied, Event, Instructed, Posted
from services.ledger.domain.facts import (
    ContractAccepted,
    ContractEffective,
    ContractOffered,
    Fact,
    FundsAttributed,
    FundsReceived,
    InstructionReported,
)
from services.ledger.domain.instructions import (
    Authorisation,
    Identity,
    Instruction,
    Issuance,
    Order,
    Share,
    Status,
)
from services.ledger.domain.receipts import ReceiptShare
from services.ledger.domain.roles import Role

NOW = datetime(2026, 1, 5, 4, tzinfo=UTC)
ASSET = "CNY/2"
REGISTRATION = Registration(
    contract_id=UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e"),
    asset=ASSET,
    total=10_000,
    payer_account="acct-payer",
    payee_account="acct-payee",
    rail="sandbox",
    terms_digest="ab" * 32,
    offer_expires_at=NOW + timedelta(hours=24),
)
OFFERED = ContractOffered(REGISTRATION)
ACCEPTED = ContractAccepted(REGISTRATION)
EFFECTIVE = ContractEffective(Money(10_000, ASSET), None)


def identity(number: int) -> Identity:
    name = uuid5(REGISTRATION.contract_id, str(number))
    return Identity(name, UUID(bytes=name.bytes, version=4))


def issuance(fact: Fact, first: int) -> Issuance:
    return Issuance(
        now=NOW,
        latest_execution_by=NOW + timedelta(hours=24),
        event_hash="cd" * 32,
        identities=tuple(identity(first + n) for n in range(fact.issues)),
    )


def ask(book: Book | None, fact: Fact) -> Decided | Refused:
    return decide(book, fact, issuance(fact, book.instruction_count if book else 0))


def apply(book: Book | None, *facts: Fact) -> tuple[Book, list[Event]]:
    """Decide facts that must not be refused; return the book and all that happened."""
    events: list[Event] = []
    for fact in facts:
        decided = ask(book, fact)
        assert isinstance(decided, Decided), decided
        book = decided.book
        events += decided.events
    assert book is not None
    return book, events


def funded() -> Book:
    """Effective, with exactly T from the payer's account."""
    return apply(None, OFFERED, ACCEPTED, receipt("r1", 10_000), EFFECTIVE)[0]


def receipt(
    reference: str, minor: int, *, asset: str = ASSET, account: str = "acct-payer"
) -> FundsReceived:
    return FundsReceived(reference, Money(minor, asset), account)


def share(reference: str, minor: int) -> ReceiptShare:
    return ReceiptShare(reference, minor)


def attributed(
    to: Role, minor: int, cause: str = "release", bucket: Any = Account.FREE
) -> FundsAttributed:
    return FundsAttributed(
        bucket=bucket,
        to=to,
        cause=cause,
        kind="subjective",
        money=Money(minor, ASSET),
        shares=(Share(1, minor),),
        authorisation=Authorisation(signer=to.other, basis="live", command_id="c-1"),
    )


def report(number: int, status: Status, minor: int, **changes: object) -> InstructionReported:
    """Return the bank's report on the ``number``-th instruction, counted from 0."""
    fields: dict[str, object] = {
        "instruction_id": identity(number).instruction_id,
        "attempt": 1,
        "status": status,
        "money": Money(minor, ASSET),
        "reason": None,
    }
    return InstructionReported(**(fields | changes))  # type: ignore[arg-type]


def orders(events: Iterable[Event]) -> list[Order]:
    return [event.order for event in events if isinstance(event, Instructed)]


def moves(events: Iterable[Event]) -> list[tuple[str, str, int]]:
    return [
        (event.entry.debit.value, event.entry.credit.value, event.entry.amount)
        for event in events
        if isinstance(event, Posted)
    ]


def emptied(events: Iterable[Event]) -> list[BooksEmptied]:
    return [event for event in events if isinstance(event, BooksEmptied)]


def only(book: Book) -> Instruction:
    """Return the book's one instruction."""
    (instruction,) = book.instructions.values()
    return instruction


ACCOUNT_OF = {Side.PAYEE: "acct-payee", Side.PAYER: "acct-payer", Side.REFUND: "acct-payer"}
