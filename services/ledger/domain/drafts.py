"""A draft: what one fact has led to so far, and the moves that several facts share.

It lives inside one decision and is not state: it folds each event at once, so that the next step
of the same decision sees the balances that the step before left.
"""

from schemas.values import Money
from services.ledger.domain.book import Book
from services.ledger.domain.entries import DUE, SENT, Account, Entry, Side
from services.ledger.domain.events import BooksEmptied, Event, Instructed, Posted
from services.ledger.domain.evolve import evolve
from services.ledger.domain.instructions import (
    CREDITOR,
    DIRECTION,
    Authorisation,
    HeldOrder,
    Identity,
    Instruction,
    Issuance,
    Order,
    Share,
)
from services.ledger.domain.receipts import ReceiptShare


class Draft:
    """The events of one decision, with the book as it is after them."""

    __slots__ = ("_book", "events")

    def __init__(self, book: Book | None) -> None:
        self._book = book
        self.events: list[Event] = []

    @property
    def book(self) -> Book:
        """The book after the events so far."""
        assert self._book is not None, "no book was opened"
        return self._book

    @property
    def unopened(self) -> bool:
        """Whether the contract has no book yet."""
        return self._book is None

    def add(self, event: Event) -> None:
        """Let ``event`` happen."""
        self._book = evolve(self._book, event)
        self.events.append(event)

    def post(self, debit: Account, credit: Account, amount: int) -> None:
        """Move ``amount`` minor units; more than stands on ``debit`` is a defect, never a debt."""
        if debit is not Account.OUTSIDE:
            standing = self.book.balances.of(debit)
            assert standing >= amount, f"{debit} holds {standing}, not {amount}"
        self.add(Posted(Entry(debit, credit, amount)))

    def say_if_emptied(self) -> None:
        """Let ``BooksEmptied`` happen if the books have just become empty."""
        book = self.book
        if not book.emptied and book.balances.settled:
            self.add(BooksEmptied(book.balances.payee_arrived, book.balances.payer_arrived))

    def instruct(self, order: Order) -> None:
        """Issue ``order``; its money is no longer due but sent, in the same breath."""
        side, amount = order.instruction.side, order.instruction.amount
        self.post(DUE[side], SENT[side], amount)
        self.add(Instructed(order))

    def send_back(
        self, share: ReceiptShare, cause: str, identity: Identity, issuance: Issuance
    ) -> None:
        """Send a receipt's money, or a part of it, back where it came from, at once.

        It is nobody's concession and cites the receipt. Only booked receipts stand in the books,
        and those came from the payer's registered account, which is where this goes.
        """
        self.post(Account.RECEIVED, Account.REFUND_DUE, share.amount)
        authorisation = Authorisation(signer=None, basis="receipt", receipt=share.receipt)
        self.instruct(
            build_order(
                self.book,
                side=Side.REFUND,
                money=Money(share.amount, self.book.registration.asset),
                cause=cause,
                kind="automatic",
                shares=(),
                authorisation=authorisation,
                identity=identity,
                issuance=issuance,
            )
        )


def build_order(
    book: Book,
    *,
    side: Side,
    money: Money,
    cause: str,
    kind: str,
    shares: tuple[Share, ...],
    authorisation: Authorisation,
    identity: Identity,
    issuance: Issuance,
) -> Order:
    """Return the order to the bank for ``money`` that is due on ``side`` (SPEC section 7).

    I4 on its own: the creditor's account comes from the registration by direction and by nothing
    else, and is asserted to be one of the two.
    """
    registration = book.registration
    creditor = CREDITOR[DIRECTION[side]]
    account = registration.account_of(creditor)
    assert account in (registration.payer_account, registration.payee_account), "I4: a stranger"
    assert (account == registration.payee_account) == (side is Side.PAYEE), "I4: the wrong party"
    assert money.asset == registration.asset, "one contract, one asset"
    held = book.balances.held
    return Order(
        instruction=Instruction(
            instruction_id=identity.instruction_id,
            uetr=identity.uetr,
            side=side,
            cause=cause,
            kind=kind,
            amount=money.minor,
            creditor_role=creditor,
            creditor_account=account,
            receipt=authorisation.receipt,
        ),
        asset=money.asset,
        shares=shares,
        debtor_account=registration.payer_account,
        authorisation=authorisation,
        terms_digest=registration.terms_digest,
        event_hash=issuance.event_hash,
        held=HeldOrder(
            reference=registration.contract_id.hex,
            sum_before=held,
            count_before=book.instruction_count,
            remainder_after=held - money.minor,
        ),
        not_before=issuance.now,
        latest_execution_by=issuance.latest_execution_by,
    )
