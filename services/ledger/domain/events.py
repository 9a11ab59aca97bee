"""What the books do about a fact: folded by ``evolve``, written and published by the shell."""

from dataclasses import dataclass
from datetime import datetime

from schemas.values import Money
from services.ledger.domain.book import Registration
from services.ledger.domain.entries import Entry
from services.ledger.domain.instructions import Instruction, Order
from services.ledger.domain.receipts import Receipt


@dataclass(frozen=True, slots=True)
class BookOpened:
    """A contract has a book from now on."""

    registration: Registration


@dataclass(frozen=True, slots=True)
class FundingRequested:
    """Both accepted: the bank is told what is expected, from whom, until when."""

    money: Money
    debtor_account: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptRecorded:
    """A receipt is known; contracts is told and decides what it is."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class FundingRefused:
    """The bank is told to refund a receipt's origin."""

    receipt: str
    reason: str


@dataclass(frozen=True, slots=True)
class FundingCancelled:
    """The bank is told that no more money is expected; the book never becomes effective."""

    reason: str


@dataclass(frozen=True, slots=True)
class BookMadeEffective:
    """T has entered; from here on conservation holds over the four buckets."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Money moved inside the book."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Instructed:
    """An instruction goes to the bank."""

    order: Order


@dataclass(frozen=True, slots=True)
class InstructionMerged:
    """The bank's report taught us something about an instruction; this is how it stands now."""

    instruction: Instruction


@dataclass(frozen=True, slots=True)
class BooksEmptied:
    """Nothing of T is held, contested, due or sent any more; the sums in minor units."""

    payee_arrived: int
    payer_arrived: int


@dataclass(frozen=True, slots=True)
class BooksReopened:
    """The bank gave back, out of emptied books, what had arrived."""

    instruction: Instruction


Event = (
    BookOpened
    | FundingRequested
    | ReceiptRecorded
    | FundingRefused
    | FundingCancelled
    | BookMadeEffective
    | Posted
    | Instructed
    | InstructionMerged
    | BooksEmptied
    | BooksReopened
)
