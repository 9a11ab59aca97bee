"""Attribution to instruction, and the bank's reports on it."""

from dataclasses import replace
from itertools import permutations

import pytest

from schemas.values import Money, MoneyFlaw
from services.ledger.domain.decide import Decided, Refused
from services.ledger.domain.entries import Account, Entry
from services.ledger.domain.events import BooksEmptied, BooksReopened, Posted
from services.ledger.domain.facts import ReceiptReturned
from services.ledger.domain.instructions import Direction, Status
from services.ledger.domain.roles import Role
from services.ledger.errors import Code
from tests.unit.ledger.given import (
    ASSET,
    apply,
    ask,
    attributed,
    emptied,
    funded,
    moves,
    only,
    orders,
    receipt,
    report,
    share,
)

RELEASED = attributed(Role.PAYEE, 10_000)


@pytest.mark.parametrize(
    ("to", "direction", "account", "side"),
    [
        (Role.PAYEE, Direction.SETTLE, "acct-payee", "payee"),
        (Role.PAYER, Direction.RETURN, "acct-payer", "payer"),
    ],
)
def test_an_attribution_is_one_instruction_to_that_partys_account(
    to: Role, direction: Direction, account: str, side: str
) -> None:
    book, events = apply(funded(), attributed(to, 3_000))
    assert moves(events) == [
        ("free", f"{side}_due", 3_000),
        (f"{side}_due", f"{side}_sent", 3_000),
    ]
    (order,) = orders(events)
    assert order.instruction.direction is direction
    assert order.instruction.creditor_account == account
    assert order.authorisation.signer is to.other
    assert (order.held.sum_before, order.held.remainder_after) == (10_000, 7_000)
    assert len(order.iso_id) <= 35
    assert book.balances.free == 7_000


def test_who_gains_can_never_be_the_signer() -> None:
    fact = attributed(Role.PAYEE, 1)
    forged = replace(fact, to=Role.PAYER)
    with pytest.raises(AssertionError, match="I3"):
        ask(funded(), forged)


def test_more_than_free_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="free holds 10000"):
        ask(funded(), attributed(Role.PAYEE, 10_001))


@pytest.mark.parametrize(
    ("debit", "credit"),
    [
        (Account.PAYEE_DUE, Account.PAYER_DUE),
        (Account.PAYEE_ARRIVED, Account.PAYER_ARRIVED),
        (Account.FREE, Account.PAYEE_ARRIVED),
        (Account.FREE, Account.RECEIVED),
        (Account.PAYEE_DUE, Account.FREE),
        (Account.RECEIVED, Account.PAYEE_DUE),
    ],
)
def test_no_entry_leads_across_the_sides_or_back_into_free(debit: Account, credit: Account) -> None:
    with pytest.raises(AssertionError, match="no money moves"):
        Entry(debit, credit, 1)


def test_arrival_of_everything_empties_the_books_once() -> None:
    book, events = apply(
        funded(),
        attributed(Role.PAYEE, 7_000),
        attributed(Role.PAYER, 3_000),
        report(0, Status.ARRIVED, 7_000),
    )
    assert emptied(events) == []
    book, events = apply(
        book,
        report(1, Status.SETTLED, 3_000),
        report(1, Status.ARRIVED, 3_000),
        report(0, Status.ACCEPTED, 7_000),
    )
    assert emptied(events) == [BooksEmptied(7_000, 3_000)]


def test_a_receipts_return_holds_nothing_up_and_reopens_nothing() -> None:
    late = ReceiptReturned(share("r2", 50), ASSET, "over_funding")
    book, _ = apply(funded(), RELEASED, receipt("r2", 50), late)
    book, events = apply(book, report(0, Status.ARRIVED, 10_000))
    assert emptied(events) == [BooksEmptied(10_000, 0)]
    book, events = apply(book, report(1, Status.ARRIVED, 50), report(1, Status.RETURNED, 50))
    assert moves(events) == [
        ("refund_sent", "refund_returned", 50),
        ("refund_returned", "refund_due", 50),
    ]
    assert book.emptied
    assert not any(isinstance(event, BooksReopened) for event in events)


def test_returned_after_arrival_reopens_and_is_due_again() -> None:
    book, _ = apply(funded(), RELEASED, report(0, Status.ARRIVED, 10_000))
    book, events = apply(book, report(0, Status.RETURNED, 10_000, reason="AC04"))
    assert moves(events) == [("payee_arrived", "payee_due", 10_000)]
    (reopened,) = [event for event in events if isinstance(event, BooksReopened)]
    assert reopened.instruction.reason == "AC04"
    assert not book.emptied
    assert book.balances.payee == 10_000


@pytest.mark.parametrize("known", [Status.REJECTED, Status.SETTLED, Status.RETURNED])
def test_a_late_unknown_asks_nothing_once_the_bank_said_where_the_money_is(known: Status) -> None:
    book, _ = apply(funded(), RELEASED, report(0, known, 10_000))
    after, events = apply(book, report(0, Status.UNKNOWN, 10_000))
    assert (events, after) == ([], book)


def test_late_reports_never_regress() -> None:
    book, _ = apply(funded(), RELEASED, report(0, Status.ARRIVED, 10_000))
    for late in (Status.ACKNOWLEDGED, Status.ACCEPTED, Status.SETTLED, Status.UNKNOWN):
        after, events = apply(book, report(0, late, 10_000))
        assert events == []
        assert after == book


def test_unknown_is_a_question_that_only_what_says_as_much_or_more_answers() -> None:
    book, _ = apply(
        funded(), RELEASED, report(0, Status.ACCEPTED, 10_000), report(0, Status.UNKNOWN, 10_000)
    )
    assert (only(book).status, only(book).unknown) == (Status.ACCEPTED, True)
    stale, events = apply(book, report(0, Status.ACKNOWLEDGED, 10_000))
    assert (events, stale) == ([], book)
    for answer in (Status.ACCEPTED, Status.REJECTED, Status.SETTLED, Status.ARRIVED):
        answered, _ = apply(book, report(0, answer, 10_000))
        assert (only(answered).status, only(answered).unknown) == (answer, False)


def test_rejected_before_settlement_is_due_again() -> None:
    book, events = apply(funded(), RELEASED, report(0, Status.REJECTED, 10_000, reason="AM23"))
    assert moves(events)[-1] == ("payee_sent", "payee_due", 10_000)
    assert (only(book).status, only(book).reason) == (Status.REJECTED, "AM23")
    assert emptied(events) == []


@pytest.mark.parametrize("known", [Status.SETTLED, Status.ARRIVED, Status.RETURNED])
def test_rejected_after_settlement_is_refused(known: Status) -> None:
    book, _ = apply(funded(), RELEASED, report(0, known, 10_000))
    refused = ask(book, report(0, Status.REJECTED, 10_000))
    assert isinstance(refused, Refused)
    assert refused.code is Code.REJECTED_AFTER_SETTLED


def test_money_that_had_been_rejected_and_then_settled_has_settled() -> None:
    book, events = apply(
        funded(),
        RELEASED,
        report(0, Status.REJECTED, 10_000),
        report(0, Status.ARRIVED, 10_000),
    )
    assert moves(events)[-1] == ("payee_due", "payee_arrived", 10_000)
    assert book.emptied


REPORTED = [status for status in Status if status is not Status.ISSUED]


@pytest.mark.parametrize("size", [2, 3, 4])
def test_any_order_of_the_same_reports_ends_in_the_same_books(size: int) -> None:
    """The lattice: for every set of reports, all orders agree on status and balances."""
    ends: dict[frozenset[Status], set[object]] = {}
    start, _ = apply(funded(), RELEASED)
    known = [status for status in REPORTED if status is not Status.UNKNOWN]
    for order in permutations(known, size):
        book = start
        for status in order:
            decided = ask(book, report(0, status, 10_000))
            if isinstance(decided, Decided):
                book = decided.book
        ends.setdefault(frozenset(order), set()).add((only(book).status, book.balances))
    assert len(ends) > 1
    assert all(len(outcomes) == 1 for outcomes in ends.values())


@pytest.mark.parametrize(
    ("number", "changes", "code"),
    [
        (7, {}, Code.INSTRUCTION_UNKNOWN),
        (0, {"attempt": 2}, Code.ATTEMPT_UNKNOWN),
        (0, {"attempt": 2, "money": Money(1, ASSET)}, Code.ATTEMPT_UNKNOWN),
        (0, {"money": MoneyFlaw.AMOUNT_INVALID}, Code.AMOUNT_INVALID),
        (0, {"money": Money(9_999, ASSET)}, Code.AMOUNT_CONTRADICTS),
        (0, {"money": Money(10_000, "EUR/2")}, Code.AMOUNT_CONTRADICTS),
    ],
)
def test_contradicting_reports_are_refused(
    number: int, changes: dict[str, object], code: Code
) -> None:
    book, _ = apply(funded(), RELEASED)
    refused = ask(book, report(number, Status.ARRIVED, 10_000, **changes))
    assert isinstance(refused, Refused)
    assert refused.code is code


def test_the_bank_moves_money_only_within_one_side() -> None:
    book, _ = apply(funded(), attributed(Role.PAYEE, 6_000), attributed(Role.PAYER, 4_000))
    for status in (Status.REJECTED, Status.SETTLED, Status.ARRIVED, Status.RETURNED):
        book, events = apply(book, report(0, status, 6_000))
        assert (book.balances.payee, book.balances.payer) == (6_000, 4_000)
        assert sum(isinstance(event, Posted) for event in events) == 1
