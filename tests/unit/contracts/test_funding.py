"""Given an offer, when the bank confirms receipts, then they enter the total, wait or go back."""

from datetime import timedelta

import pytest

from services.contracts.domain.contract import Party, ReceiptShare, waiting_timers
from services.contracts.domain.events import (
    BecameEffective,
    OfferDeclined,
    OfferLapsed,
    ReceiptCounted,
    ReceiptRefused,
    ReceiptReturned,
)
from services.contracts.domain.returns import RETURNS_LISTED_MAX

PAYER, PAYEE = Party("alice", "acc-alice"), Party("bob", "acc-bob")


@pytest.fixture
def accepted(story):
    tale = story((60, 1), (40, 2))
    tale.offer(PAYER, PAYEE)
    return tale


def last(tale):
    return tale.events[-1]


def test_exactly_the_total_makes_effective(accepted):
    accepted.fund(100, receipt="r")
    effective = last(accepted)
    assert isinstance(effective, BecameEffective)
    assert (effective.receipts, effective.received) == (1, 100)
    assert effective.excess is None
    assert accepted.each == [(60, 0, 0), (40, 0, 0)]
    assert [t.deadline_at - accepted.at for t in accepted.contract.tranches] == [
        timedelta(hours=1),
        timedelta(hours=2),
    ]
    assert [(t.timer, t.tranche) for t in waiting_timers(accepted.contract)] == [
        ("chain", 1),
        ("chain", 2),
    ]


def test_receipts_add_up(accepted):
    accepted.fund(99)
    assert isinstance(last(accepted), ReceiptCounted)
    assert accepted.status == "ACCEPTED"
    accepted.fund(1)
    assert accepted.status == "EFFECTIVE"
    assert (last(accepted).receipts, last(accepted).received) == (2, 100)


def test_the_excess_is_one_return_of_the_receipt_that_exceeded(accepted):
    accepted.fund(70, receipt="first")
    accepted.fund(50, receipt="second")
    assert last(accepted).excess == ReceiptShare("second", 20)
    assert accepted.buckets == (100, 0, 0)


def test_nothing_is_excess_before_effectiveness(story):
    tale = story((100, 1))
    tale.offer(PAYER)
    tale.fund(150, receipt="a")
    tale.fund(5, receipt="b")
    assert tale.contract.received == 155
    tale.accept("bob")
    assert last(tale).excess == ReceiptShare("a", 55)


def test_an_excess_that_no_amount_can_write_goes_back_in_parts(story):
    largest = 10**18 - 1
    tale = story((10, 1))
    tale.offer(PAYER)
    for receipt in ("a", "b", "c"):
        tale.fund(largest, receipt=receipt)
    tale.accept("bob")
    effective, *apart = tale.events[-3:]
    assert (effective.received, effective.excess) == (3 * largest, ReceiptShare("a", largest - 10))
    assert apart == [
        ReceiptReturned(ReceiptShare(receipt, largest), "over_funding") for receipt in ("b", "c")
    ]
    assert tale.buckets == (10, 0, 0)


def test_the_largest_excess_that_an_amount_can_write_is_one_return(story):
    tale = story((1, 1))
    tale.offer(PAYER)
    tale.fund(10**18 - 1, receipt="a")
    tale.fund(1, receipt="b")
    tale.accept("bob")
    assert last(tale).excess == ReceiptShare("a", 10**18 - 1)


def test_after_effectiveness_everything_goes_back(accepted):
    accepted.fund(100)
    accepted.fund(100, receipt="again")
    assert last(accepted) == ReceiptReturned(ReceiptShare("again", 100), "over_funding")
    assert accepted.buckets == (100, 0, 0)


def test_after_a_decline_it_goes_back_as_late(accepted):
    accepted.decline("bob")
    accepted.fund(100, receipt="late")
    assert last(accepted) == ReceiptReturned(ReceiptShare("late", 100), "late_funding")


@pytest.mark.parametrize(
    ("foreign", "reason"),
    [
        ({"account": "acc-mallory"}, "foreign_account"),
        ({"account": "acc-bob"}, "foreign_account"),
        ({"asset": "USD/2"}, "foreign_currency"),
    ],
)
def test_foreign_money_is_never_ours_to_move(accepted, foreign, reason):
    accepted.fund(100, receipt="x", **foreign)
    assert last(accepted) == ReceiptRefused(ReceiptShare("x", 100), reason)
    assert accepted.status == "ACCEPTED"
    assert accepted.contract.receipts == ()


def test_the_lapse_comes_first_by_our_own_clock(accepted):
    accepted.fund(40, receipt="early")
    over = accepted.contract.offer_expires_at
    decision = accepted.fund(60, receipt="late", now=over)
    assert decision.due == (OfferLapsed((ReceiptShare("early", 40),)),)
    assert last(accepted) == ReceiptReturned(ReceiptShare("late", 60), "late_funding")
    assert accepted.contract.receipts == ()


def test_one_microsecond_before_the_end_is_in_time(accepted):
    over = accepted.contract.offer_expires_at
    accepted.fund(100, now=over - timedelta(microseconds=1))
    assert accepted.status == "EFFECTIVE"


def test_foreign_money_too_finds_the_lapse_executed(accepted):
    decision = accepted.fund(5, account="x", now=accepted.contract.offer_expires_at)
    assert [type(event) for event in decision.due] == [OfferLapsed]
    assert isinstance(last(accepted), ReceiptRefused)


@pytest.mark.parametrize("count", [62, 3_000])
def test_however_many_receipts_there_are_they_add_up(story, count):
    tale = story((count, 1))
    tale.offer(PAYER, PAYEE)
    for _ in range(count):
        assert tale.status == "ACCEPTED"
        tale.fund(1)
    assert tale.status == "EFFECTIVE"
    assert (last(tale).receipts, last(tale).received, last(tale).excess) == (count, count, None)
    assert not any(isinstance(event, ReceiptReturned) for event in tale.events)


@pytest.mark.parametrize("count", [62, RETURNS_LISTED_MAX, RETURNS_LISTED_MAX + 1, 3_000])
@pytest.mark.parametrize(("ending", "cause"), [(OfferLapsed, "offer_lapsed"),
                                               (OfferDeclined, "declined")])  # fmt: skip
def test_however_many_receipts_there_are_each_goes_back_in_order(story, count, ending, cause):
    tale = story((count + 1, 1))
    tale.offer(PAYER, PAYEE)
    for number in range(count):
        tale.fund(1, receipt=f"r{number}")
    before = len(tale.events)
    if ending is OfferDeclined:
        tale.decline("bob")
    else:
        tale.fund(1, account="x", now=tale.contract.offer_expires_at)
    ended, *rest = (e for e in tale.events[before:] if not isinstance(e, ReceiptRefused))
    assert isinstance(ended, ending)
    assert {event.cause for event in rest} <= {cause}
    returned = (*ended.returns, *(event.share for event in rest))
    assert returned == tuple(ReceiptShare(f"r{number}", 1) for number in range(count))
    assert len(ended.returns) == min(count, RETURNS_LISTED_MAX)
    assert tale.contract.receipts == ()
