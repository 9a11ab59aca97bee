"""The book of one contract: its registered facts, its phase, its balances, what was loaded.

``receipts`` and ``instructions`` hold only those that the facts at hand name; the balances and
counts are always whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.ledger.domain.entries import Balances
from services.ledger.domain.instructions import Instruction
from services.ledger.domain.receipts import Receipt
from services.ledger.domain.roles import Role

RECEIVED_MAX: Final = 2**63 - 1
"""The largest sum of receipts that the books can hold: nine of the largest that a bank can say."""


NOTHING: Final = Balances()


class Phase(StrEnum):
    """How far the contract is, as far as the books need to know."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    EFFECTIVE = "effective"
    ENDED = "ended"
    """Declined or lapsed before effect: nothing of it ever enters T."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What both parties accepted, of which the books make use. Never changes."""

    contract_id: UUID
    asset: str
    total: int
    payer_account: str
    payee_account: str
    rail: str
    terms_digest: str
    offer_expires_at: datetime

    def account_of(self, role: Role) -> str:
        """Return the registered account of ``role``: the only ones money may go to (I4)."""
        return self.payee_account if role is Role.PAYEE else self.payer_account


@dataclass(frozen=True, slots=True)
class Book:
    """One contract's book."""

    registration: Registration
    phase: Phase
    balances: Balances = NOTHING
    entry_count: int = 0
    instruction_count: int = 0
    emptied: bool = False
    """Whether ``books.emptied`` was the last word said about emptiness."""
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    instructions: Mapping[UUID, Instruction] = field(default_factory=dict)


def assert_conserved(book: Book) -> None:
    """Assert what must hold of every book before and after every fact (SPEC section 2, I0)."""
    balances, registration = book.balances, book.registration
    assert registration.total > 0, "a contract is about money"
    assert registration.payer_account != registration.payee_account, "two parties, two accounts"
    assert min(_inside(balances)) >= 0, f"an account is below zero: {balances}"
    assert balances.outside + sum(_inside(balances)) == 0, f"money out of nowhere: {balances}"
    if book.phase is Phase.EFFECTIVE:
        assert balances.entered == registration.total, f"I0: T is not F + D + S + R: {balances}"
        assert book.emptied == balances.settled, "emptiness was not said, or said wrongly"
    else:
        assert balances.entered == 0, f"money entered T before effect: {balances}"
        assert not book.emptied, "only an effective book can be emptied"


def _inside(balances: Balances) -> tuple[int, ...]:
    return (
        balances.received,
        balances.free,
        balances.contested,
        balances.payee_due,
        balances.payee_sent,
        balances.payee_arrived,
        balances.payer_due,
        balances.payer_sent,
        balances.payer_arrived,
        balances.refund_due,
        balances.refund_sent,
        balances.refund_returned,
    )
