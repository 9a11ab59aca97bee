"""The state after an event: total, free of decisions, the same for the shell and for a rebuild."""

from dataclasses import replace

from services.ledger.domain.book import Book, Phase
from services.ledger.domain.events import (
    BookMadeEffective,
    BookOpened,
    BooksEmptied,
    BooksReopened,
    Event,
    FundingCancelled,
    FundingRequested,
    Instructed,
    InstructionMerged,
    Posted,
    ReceiptRecorded,
)


def evolve(book: Book | None, event: Event) -> Book:
    """Return the book once ``event`` has happened; only ``BookOpened`` may come without one."""
    if isinstance(event, BookOpened):
        assert book is None, "a contract has one book"
        return Book(registration=event.registration, phase=Phase.OFFERED)
    assert book is not None, "a book is opened before anything happens in it"
    match event:
        case Posted(entry):
            return replace(
                book, balances=book.balances.after(entry), entry_count=book.entry_count + 1
            )
        case Instructed(order):
            issued = order.instruction
            return replace(
                book,
                instruction_count=book.instruction_count + 1,
                instructions={**book.instructions, issued.instruction_id: issued},
            )
        case InstructionMerged(merged):
            return replace(book, instructions={**book.instructions, merged.instruction_id: merged})
        case ReceiptRecorded(receipt):
            return replace(book, receipts={**book.receipts, receipt.reference: receipt})
        case FundingRequested():
            return replace(book, phase=Phase.ACCEPTED)
        case BookMadeEffective():
            return replace(book, phase=Phase.EFFECTIVE)
        case FundingCancelled():
            return replace(book, phase=Phase.ENDED)
        case BooksEmptied():
            return replace(book, emptied=True)
        case BooksReopened():
            return replace(book, emptied=False)
        case _:
            return book
