"""A random life of one contract, judged after each step by a model that knows no entry."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.values import Money
from services.ledger.domain.book import Book, Phase, assert_conserved
from services.ledger.domain.decide import Decided, Refused
from services.ledger.domain.entries import Balances, Side
from services.ledger.domain.events import BooksEmptied, BooksReopened, Event
from services.ledger.domain.evolve import evolve
from services.ledger.domain.facts import (
    ContractEffective,
    Fact,
    OfferEnded,
    ReceiptRefused,
    ReceiptReturned,
)
from services.ledger.domain.instructions import Status
from services.ledger.domain.roles import Role
from tests.unit.ledger.given import (
    ACCEPTED,
    ACCOUNT_OF,
    ASSET,
    OFFERED,
    REGISTRATION,
    ask,
    attributed,
    orders,
    receipt,
    report,
    share,
)

TOTAL = REGISTRATION.total
REPORTS = st.sampled_from([status for status in Status if status is not Status.ISSUED])


class Books(RuleBasedStateMachine):
    """Contracts decides lawfully, the bank says anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.book: Book | None = None
        self.events: list[Event] = []
        self.waiting: list[tuple[str, int]] = []
        """Booked receipts that contracts has not judged."""
        self.foreign: list[str] = []
        self.receipts = 0
        self.payee = self.payer = self.refund = 0
        self.tell(OFFERED)

    def tell(self, fact: Fact) -> Decided | Refused:
        decided = ask(self.book, fact)
        if isinstance(decided, Decided):
            self.book = decided.book
            self.events += decided.events
        return decided

    @initialize(effective=st.booleans())
    def half_of_the_lives_start_effective(self, effective: bool) -> None:
        if effective:
            self.bank_confirms_money(TOTAL, True)
            self.both_accept()
            self.it_becomes_effective()

    @property
    def phase(self) -> Phase:
        assert self.book is not None
        return self.book.phase

    @property
    def free(self) -> int:
        return (TOTAL if self.phase is Phase.EFFECTIVE else 0) - self.payee - self.payer

    @rule(minor=st.integers(1, 2 * TOTAL), ours=st.booleans())
    def bank_confirms_money(self, minor: int, ours: bool) -> None:
        self.receipts += 1
        reference = f"r{self.receipts}"
        account = "acct-payer" if ours else "acct-stranger"
        self.tell(receipt(reference, minor, account=account))
        self.tell(receipt(reference, minor, account=account))
        assert isinstance(self.tell(receipt(reference, minor + 1, account=account)), Refused)
        if ours:
            self.waiting.append((reference, minor))
        else:
            self.foreign.append(reference)

    @precondition(lambda self: self.phase is Phase.OFFERED)
    @rule()
    def both_accept(self) -> None:
        self.tell(ACCEPTED)

    @precondition(lambda self: self.phase in (Phase.OFFERED, Phase.ACCEPTED))
    @rule(reason=st.sampled_from(["declined", "offer_lapsed"]), known=st.booleans())
    def the_offer_ends(self, reason: str, known: bool) -> None:
        # The last receipt may have reached contracts only after it ended the offer.
        returned = self.waiting if known else self.waiting[:-1]
        shares = tuple(share(reference, minor) for reference, minor in returned)
        self.tell(OfferEnded(reason, ASSET, shares))
        self.refund += sum(minor for _, minor in returned)
        self.waiting = self.waiting[len(returned) :]

    @precondition(
        lambda self: self.phase is Phase.ACCEPTED and sum(m for _, m in self.waiting) >= TOTAL
    )
    @rule()
    def it_becomes_effective(self) -> None:
        excess = sum(minor for _, minor in self.waiting) - TOTAL
        cited = share(self.waiting[-1][0], excess) if excess else None
        self.tell(ContractEffective(Money(TOTAL, ASSET), cited))
        self.waiting, self.refund = [], self.refund + excess

    @precondition(lambda self: self.waiting and self.phase in (Phase.EFFECTIVE, Phase.ENDED))
    @rule()
    def a_late_receipt_goes_back(self) -> None:
        reference, minor = self.waiting.pop(0)
        self.tell(ReceiptReturned(share(reference, minor), ASSET, "late_funding"))
        self.refund += minor

    @precondition(lambda self: self.foreign)
    @rule()
    def a_foreign_receipt_is_refused(self) -> None:
        self.tell(ReceiptRefused(self.foreign.pop(0), "foreign_account"))

    @precondition(lambda self: self.free > 0)
    @rule(part=st.integers(1, TOTAL), to=st.sampled_from(Role))
    def money_is_attributed(self, part: int, to: Role) -> None:
        amount = min(part, self.free)
        self.tell(attributed(to, amount))
        if to is Role.PAYEE:
            self.payee += amount
        else:
            self.payer += amount

    @precondition(lambda self: self.free > 0)
    @rule(to=st.sampled_from(Role))
    def the_rest_is_attributed(self, to: Role) -> None:
        self.money_is_attributed(self.free, to)

    @precondition(lambda self: self.book is not None and self.book.instruction_count)
    @rule(which=st.integers(0, 50), status=REPORTS)
    def the_bank_reports(self, which: int, status: Status) -> None:
        assert self.book is not None
        number = which % self.book.instruction_count
        instruction = orders(self.events)[number].instruction
        self.tell(report(number, status, instruction.amount))

    @rule()
    def everything_sent_arrives(self) -> None:
        for number, order in enumerate(orders(self.events)):
            self.tell(report(number, Status.ARRIVED, order.instruction.amount))

    @invariant()
    def the_books_say_what_was_decided(self) -> None:
        assert self.book is not None
        assert_conserved(self.book)
        balances = self.book.balances
        assert balances.received == sum(minor for _, minor in self.waiting)
        assert balances.free == self.free
        assert (balances.payee, balances.payer, balances.refund) == (
            self.payee,
            self.payer,
            self.refund,
        )

    @invariant()
    def the_places_say_what_the_instructions_say(self) -> None:
        assert self.book is not None
        standing = {
            account: 0
            for side in ("payee", "payer", "refund")
            for account in (f"{side}_due", f"{side}_sent")
        }
        for instruction in self.book.instructions.values():
            standing.setdefault(instruction.place.value, 0)
            standing[instruction.place.value] += instruction.amount
        for account, minor in standing.items():
            assert getattr(self.book.balances, account) == minor, account

    @invariant()
    def a_rebuild_from_events_gives_the_same_book(self) -> None:
        rebuilt: Book | None = None
        for event in self.events:
            rebuilt = evolve(rebuilt, event)
        assert rebuilt == self.book

    @invariant()
    def all_money_goes_to_the_two_accounts(self) -> None:
        paid = dict.fromkeys(Side, 0)
        for order in orders(self.events):
            side = order.instruction.side
            assert order.instruction.creditor_account == ACCOUNT_OF[side]
            paid[side] += order.instruction.amount
        assert paid == {
            Side.PAYEE: self.payee,
            Side.PAYER: self.payer,
            Side.REFUND: self.refund,
        }

    @invariant()
    def emptied_and_reopened_take_turns(self) -> None:
        assert self.book is not None
        said = [e for e in self.events if isinstance(e, BooksEmptied | BooksReopened)]
        expected = [BooksEmptied, BooksReopened] * len(said)
        assert [type(event) for event in said] == expected[: len(said)]
        balances: Balances = self.book.balances
        empty = self.phase is Phase.EFFECTIVE and (
            balances.payee_arrived + balances.payer_arrived == TOTAL
        )
        assert self.book.emptied == empty == (len(said) % 2 == 1)


Books.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestBooks = Books.TestCase
