"""Given an offer, when the bank confirms receipts, then they enter the total, wait or go back."""

from datetime import timedelta

import pytest

from services.contracts.domain.contract import Party, ReceiptShare, waiting_timers
from services.contracts.domain.events import (
    BecameEffective,
    OfferLapsed,
    ReceiptCounted,
    ReceiptRefused,
    ReceiptReturned,
)
from services.contracts.domain.funding import RECEIPTS_WAITING_MAX

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
    assert effective.receipts == (ReceiptShare("r", 100),)
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
    assert [share.amount for share in last(accepted).receipts] == [99, 1]


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


def test_a_flood_of_small_receipts_is_sent_back_but_the_last_one_counts(story):
    tale = story((1_000, 1))
    tale.offer(PAYER, PAYEE)
    for _ in range(RECEIPTS_WAITING_MAX):
        tale.fund(1)
    tale.fund(1, receipt="flood")
    assert last(tale) == ReceiptReturned(ReceiptShare("flood", 1), "over_funding")
    tale.fund(1_000 - RECEIPTS_WAITING_MAX)
    assert tale.status == "EFFECTIVE"
