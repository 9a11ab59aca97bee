"""What the books do about a fact.

``decide`` judges one fact against one book and returns the events with the book after them, or
the code under which a bank's report is refused. Decisions of contracts and disputes are never
refused: they were taken under their locks, so a book that cannot follow one is a defect, and an
assertion stops that contract, loudly, while its neighbours go on.
"""

from dataclasses import dataclass
from typing import assert_never

from schemas.values import Money, MoneyFlaw
from services.ledger.domain.book import RECEIVED_MAX, Book, Phase, Registration, assert_conserved
from services.ledger.domain.drafts import Draft, build_order
from services.ledger.domain.entries import DUE, Account, Side
from services.ledger.domain.events import (
    BookMadeEffective,
    BookOpened,
    BooksReopened,
    Event,
    FundingCancelled,
    FundingRefused,
    FundingRequested,
    InstructionMerged,
    ReceiptRecorded,
)
from services.ledger.domain.facts import (
    ContractAccepted,
    ContractEffective,
    ContractOffered,
    DisputeOpened,
    Fact,
    FundsAttributed,
    FundsReceived,
    InstructionReported,
    OfferEnded,
    ReceiptRefused,
    ReceiptReturned,
)
from services.ledger.domain.instructions import Issuance, merge
from services.ledger.domain.receipts import Receipt, ReceiptShare
from services.ledger.domain.roles import Role
from services.ledger.errors import SENTENCES, Code


@dataclass(frozen=True, slots=True)
class Decided:
    """What happened, and the book after it."""

    book: Book
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A bank's report that is not booked: why, and the facts to mend it by."""

    code: Code
    detail: str


def decide(book: Book | None, fact: Fact, issuance: Issuance) -> Decided | Refused:
    """Return what ``fact`` leads to; ``issuance`` brings one identity per instruction it issues.

    Bank reports need a book: the shell keeps them until the contract is registered.
    """
    assert len(issuance.identities) == fact.issues, "one identity per instruction"
    if book is not None:
        assert_conserved(book)
    draft = Draft(book)
    refused = _judge(draft, fact, issuance)
    if refused is not None:
        return refused
    assert_conserved(draft.book)
    return Decided(draft.book, tuple(draft.events))


def _judge(draft: Draft, fact: Fact, issuance: Issuance) -> Refused | None:
    match fact:
        case FundsReceived():
            return _take_receipt(draft, fact)
        case InstructionReported():
            return _merge_report(draft, fact)
        case ContractOffered(registration):
            draft.add(BookOpened(registration))
        case ContractAccepted(registration):
            _accept(draft, registration)
        case ContractEffective():
            _enter_total(draft, fact, issuance)
        case DisputeOpened(amount):
            assert draft.book.phase is Phase.EFFECTIVE, "nothing is contested before effect"
            draft.post(Account.FREE, Account.CONTESTED, amount)
        case FundsAttributed():
            _attribute(draft, fact, issuance)
        case ReceiptReturned():
            _return_receipt(draft, fact, issuance)
        case ReceiptRefused(receipt, reason):
            assert receipt in draft.book.receipts, f"no receipt {receipt} was recorded"
            assert not draft.book.receipts[receipt].booked, "a booked receipt is ours to return"
            draft.add(FundingRefused(receipt, reason))
        case OfferEnded():
            _end_offer(draft, fact, issuance)
        case _:
            assert_never(fact)
    return None


# --- decisions of contracts and disputes --------------------------------------------------------


def _accept(draft: Draft, registration: Registration) -> None:
    # An order that brings both acceptances is accepted without having been offered before.
    if draft.unopened:
        draft.add(BookOpened(registration))
    assert draft.book.registration == registration, "accepted is not what was offered"
    assert draft.book.phase is Phase.OFFERED, "accepted twice, or too late"
    draft.add(
        FundingRequested(
            money=Money(registration.total, registration.asset),
            debtor_account=registration.payer_account,
            expires_at=registration.offer_expires_at,
        )
    )


def _enter_total(draft: Draft, fact: ContractEffective, issuance: Issuance) -> None:
    registration = draft.book.registration
    assert draft.book.phase is Phase.ACCEPTED, "effective without both acceptances, or twice"
    assert fact.money == Money(registration.total, registration.asset), "another T than accepted"
    draft.add(BookMadeEffective())
    draft.post(Account.RECEIVED, Account.FREE, registration.total)
    if fact.excess is not None:
        # The excess of several receipts is one return, so it may be more than the cited one.
        _assert_booked(draft.book, fact.excess)
        draft.send_back(fact.excess, "over_funding", issuance.identities[0], issuance)


def _attribute(draft: Draft, fact: FundsAttributed, issuance: Issuance) -> None:
    assert draft.book.phase is Phase.EFFECTIVE, "nothing can be attributed before effect"
    assert sum(share.amount for share in fact.shares) == fact.money.minor, "parts are not the sum"
    assert fact.authorisation.signer is fact.to.other, "I3: who gains did not need to sign"
    side = Side.PAYEE if fact.to is Role.PAYEE else Side.PAYER
    draft.post(fact.bucket, DUE[side], fact.money.minor)
    draft.instruct(
        build_order(
            draft.book,
            side=side,
            money=fact.money,
            cause=fact.cause,
            kind=fact.kind,
            shares=fact.shares,
            authorisation=fact.authorisation,
            identity=issuance.identities[0],
            issuance=issuance,
        )
    )


def _return_receipt(draft: Draft, fact: ReceiptReturned, issuance: Issuance) -> None:
    assert fact.asset == draft.book.registration.asset, "a booked receipt is of the asset of T"
    assert _assert_booked(draft.book, fact.share) >= fact.share.amount, "more than it brought"
    draft.send_back(fact.share, fact.cause, issuance.identities[0], issuance)


def _end_offer(draft: Draft, fact: OfferEnded, issuance: Issuance) -> None:
    assert draft.book.phase in (Phase.OFFERED, Phase.ACCEPTED), "only an offer can end so"
    assert fact.asset == draft.book.registration.asset, "another asset than offered"
    draft.add(FundingCancelled(fact.reason))
    for share, identity in zip(fact.returns, issuance.identities, strict=True):
        assert _assert_booked(draft.book, share) >= share.amount, "more than it brought"
        draft.send_back(share, fact.reason, identity, issuance)


def _assert_booked(book: Book, share: ReceiptShare) -> int:
    """Return what the cited receipt brought, in minor units."""
    receipt = book.receipts.get(share.receipt)
    assert receipt is not None, f"no receipt {share.receipt} was recorded"
    assert receipt.booked, "a receipt that was never booked is not ours to return"
    return receipt.money.minor


# --- the bank's reports -------------------------------------------------------------------------


def _take_receipt(draft: Draft, fact: FundsReceived) -> Refused | None:
    registration, balances = draft.book.registration, draft.book.balances
    if isinstance(fact.money, MoneyFlaw):
        return _refuse(Code(fact.money))
    if fact.money.minor == 0:
        return _refuse(Code.AMOUNT_INVALID, "zero is never a movement")
    known = draft.book.receipts.get(fact.receipt)
    if known is not None:
        if known.says(fact.money, fact.account):
            return None
        return _refuse(Code.RECEIPT_CONFLICT, f"the first was {known.money} of {known.account}")
    ours = fact.money.asset == registration.asset and fact.account == registration.payer_account
    if ours and fact.money.minor - balances.outside > RECEIVED_MAX:
        return _refuse(Code.AMOUNT_INVALID, f"the receipts add up to more than {RECEIVED_MAX}")
    if ours:
        draft.post(Account.OUTSIDE, Account.RECEIVED, fact.money.minor)
    draft.add(ReceiptRecorded(Receipt(fact.receipt, fact.money, fact.account, ours)))
    return None


def _merge_report(draft: Draft, fact: InstructionReported) -> Refused | None:
    before = draft.book.instructions.get(fact.instruction_id)
    if before is None:
        return _refuse(Code.INSTRUCTION_UNKNOWN, f"instruction {fact.instruction_id}")
    if not 1 <= fact.attempt <= before.attempt:
        return _refuse(Code.ATTEMPT_UNKNOWN, f"attempt {fact.attempt} of {before.attempt}")
    if isinstance(fact.money, MoneyFlaw):
        return _refuse(Code(fact.money))
    if fact.money != Money(before.amount, draft.book.registration.asset):
        return _refuse(Code.AMOUNT_CONTRADICTS, f"{fact.money}, instructed {before.amount}")
    after = merge(before, fact.status, fact.reason)
    if isinstance(after, Code):
        return _refuse(after, f"it stands as {before.status}")
    if after == before:
        return None
    draft.add(InstructionMerged(after))
    if after.place is not before.place:
        draft.post(before.place, after.place, after.amount)
    if draft.book.emptied and not draft.book.balances.settled:
        draft.add(BooksReopened(after))
    if draft.book.phase is Phase.EFFECTIVE:
        draft.say_if_emptied()
    return None


def _refuse(code: Code, detail: str = "") -> Refused:
    sentence = SENTENCES[code]
    return Refused(code, f"{sentence}: {detail}" if detail else sentence)
