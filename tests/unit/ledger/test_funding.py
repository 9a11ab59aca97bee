"""Receipts: booked once, reported always, decided by contracts alone."""

import pytest

from schemas.values import Money, MoneyFlaw
from services.ledger.domain.book import Phase
from services.ledger.domain.decide import Refused
from services.ledger.domain.events import (
    FundingCancelled,
    FundingRefused,
    FundingRequested,
    ReceiptRecorded,
)
from services.ledger.domain.facts import (
    ContractEffective,
    FundsReceived,
    OfferEnded,
    ReceiptRefused,
    ReceiptReturned,
)
from services.ledger.domain.instructions import Direction
from services.ledger.errors import Code
from tests.unit.ledger.given import (
    ACCEPTED,
    ASSET,
    EFFECTIVE,
    OFFERED,
    REGISTRATION,
    apply,
    ask,
    funded,
    moves,
    orders,
    receipt,
    share,
)


def test_acceptance_asks_the_payers_bank_for_exactly_the_total() -> None:
    book, events = apply(None, OFFERED, ACCEPTED)
    assert events[-1] == FundingRequested(
        Money(10_000, ASSET), "acct-payer", REGISTRATION.offer_expires_at
    )
    assert book.phase is Phase.ACCEPTED


def test_an_order_with_both_acceptances_opens_the_book_by_itself() -> None:
    book, events = apply(None, ACCEPTED)
    assert book.phase is Phase.ACCEPTED
    assert len(events) == 2


def test_a_receipt_is_booked_and_reported() -> None:
    book, events = apply(None, OFFERED, receipt("r1", 4_000))
    assert moves(events) == [("outside", "received", 4_000)]
    recorded = events[-1]
    assert isinstance(recorded, ReceiptRecorded)
    assert recorded.receipt.booked
    assert (book.balances.received, book.balances.outside) == (4_000, -4_000)


def test_the_same_receipt_again_is_the_same_money() -> None:
    once, _ = apply(None, OFFERED, receipt("r1", 4_000))
    twice, events = apply(once, receipt("r1", 4_000))
    assert events == []
    assert twice == once


@pytest.mark.parametrize(
    "other",
    [
        receipt("r1", 4_001),
        receipt("r1", 4_000, account="acct-stranger"),
        receipt("r1", 4_000, asset="EUR/2"),
    ],
)
def test_the_same_reference_with_other_facts_is_refused(other: FundsReceived) -> None:
    book, _ = apply(None, OFFERED, receipt("r1", 4_000))
    refused = ask(book, other)
    assert isinstance(refused, Refused)
    assert refused.code is Code.RECEIPT_CONFLICT


@pytest.mark.parametrize(
    "foreign",
    [receipt("r1", 10_000, account="acct-stranger"), receipt("r1", 10_000, asset="EUR/2")],
)
def test_foreign_money_is_reported_but_never_booked(foreign: FundsReceived) -> None:
    book, events = apply(None, OFFERED, ACCEPTED, foreign)
    assert moves(events) == []
    recorded = events[-1]
    assert isinstance(recorded, ReceiptRecorded)
    assert not recorded.receipt.booked
    _, events = apply(book, ReceiptRefused("r1", "foreign_account"))
    assert events == [FundingRefused("r1", "foreign_account")]
    with pytest.raises(AssertionError, match="not ours to return"):
        ask(book, ReceiptReturned(share("r1", 10_000), ASSET, "late_funding"))


@pytest.mark.parametrize(
    ("money", "code"),
    [
        (MoneyFlaw.AMOUNT_INVALID, Code.AMOUNT_INVALID),
        (MoneyFlaw.CURRENCY_UNKNOWN, Code.CURRENCY_UNKNOWN),
        (MoneyFlaw.EXPONENT_WRONG, Code.EXPONENT_WRONG),
        (Money(0, ASSET), Code.AMOUNT_INVALID),
    ],
)
def test_an_amount_that_is_none_is_refused(money: Money | MoneyFlaw, code: Code) -> None:
    book, _ = apply(None, OFFERED)
    refused = ask(book, FundsReceived("r1", money, "acct-payer"))
    assert isinstance(refused, Refused)
    assert refused.code is code


def test_receipts_may_add_up_to_more_than_an_amount_can_say_and_all_of_it_goes_back() -> None:
    largest = 10**18 - 1
    book, _ = apply(None, OFFERED, receipt("r1", largest), receipt("r2", largest))
    assert book.balances.received == 2 * largest
    ended = OfferEnded("declined", ASSET, (share("r1", largest), share("r2", largest)))
    book, events = apply(book, ended)
    assert orders(events)[0].held.sum_before == 2 * largest
    assert book.balances.refund_sent == 2 * largest


def test_receipts_that_add_up_to_more_than_the_books_can_hold_are_refused() -> None:
    nine = [receipt(f"r{number}", 10**18 - 1) for number in range(9)]
    book, _ = apply(None, OFFERED, *nine)
    refused = ask(book, receipt("r9", 10**18 - 1))
    assert isinstance(refused, Refused)
    assert refused.code is Code.AMOUNT_INVALID


def test_receipts_add_up_to_effect() -> None:
    book, events = apply(
        None, OFFERED, receipt("r1", 4_000), ACCEPTED, receipt("r2", 6_000), EFFECTIVE
    )
    assert moves(events)[-1] == ("received", "free", 10_000)
    assert (book.balances.free, book.balances.received) == (10_000, 0)
    assert orders(events) == []


def test_the_excess_never_enters_t_and_goes_back_as_one_return() -> None:
    """Three receipts of which two are beyond T: one return, cited by the first that exceeded."""
    facts = (receipt("r1", 10_000), receipt("r2", 50), receipt("r3", 70))
    effective = ContractEffective(Money(10_000, ASSET), share("r2", 120))
    book, events = apply(None, OFFERED, *facts, ACCEPTED, effective)
    (order,) = orders(events)
    assert (order.instruction.amount, order.instruction.cause) == (120, "over_funding")
    assert order.instruction.direction is Direction.RETURN
    assert order.instruction.creditor_account == "acct-payer"
    assert order.authorisation.signer is None
    assert (order.authorisation.basis, order.authorisation.receipt) == ("receipt", "r2")
    assert (order.held.sum_before, order.held.remainder_after) == (10_120, 10_000)
    assert book.balances.refund_sent == 120
    assert moves(events)[-3:] == [
        ("received", "free", 10_000),
        ("received", "refund_due", 120),
        ("refund_due", "refund_sent", 120),
    ]


def test_a_receipt_after_effect_goes_back_and_leaves_t_alone() -> None:
    book, _ = apply(funded(), receipt("r9", 500))
    assert book.balances.received == 500
    book, events = apply(book, ReceiptReturned(share("r9", 500), ASSET, "over_funding"))
    assert moves(events) == [("received", "refund_due", 500), ("refund_due", "refund_sent", 500)]
    assert book.balances.free == 10_000


@pytest.mark.parametrize("reason", ["declined", "offer_lapsed"])
def test_an_offer_that_ends_sends_each_receipt_back_in_order(reason: str) -> None:
    ended = OfferEnded(reason, ASSET, (share("r1", 4_000), share("r2", 1_000)))
    book, events = apply(None, OFFERED, ACCEPTED, receipt("r1", 4_000), receipt("r2", 1_000), ended)
    first, second = orders(events)
    assert [o.instruction.receipt for o in (first, second)] == ["r1", "r2"]
    assert [o.instruction.cause for o in (first, second)] == [reason, reason]
    assert first.held.remainder_after == second.held.sum_before == 1_000
    assert (first.held.count_before, second.held.count_before) == (0, 1)
    assert FundingCancelled(reason) in events
    assert book.phase is Phase.ENDED
    assert book.balances.refund_sent == 5_000


def test_a_receipt_after_the_end_goes_back_too() -> None:
    book, _ = apply(None, OFFERED, OfferEnded("declined", ASSET, ()), receipt("r1", 700))
    book, events = apply(book, ReceiptReturned(share("r1", 700), ASSET, "late_funding"))
    assert orders(events)[0].instruction.cause == "late_funding"
    assert book.balances.refund_sent == 700


def test_a_decision_that_the_book_cannot_follow_is_a_defect() -> None:
    book, _ = apply(None, OFFERED, ACCEPTED, receipt("r1", 9_999))
    with pytest.raises(AssertionError, match="received holds 9999"):
        ask(book, EFFECTIVE)
    with pytest.raises(AssertionError, match="no receipt r2"):
        ask(book, OfferEnded("declined", ASSET, (share("r2", 1),)))
    with pytest.raises(AssertionError, match="more than it brought"):
        ask(book, OfferEnded("declined", ASSET, (share("r1", 10_000),)))
