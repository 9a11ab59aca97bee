"""Books in PostgreSQL: rows to domain and back, a handful of statements a batch, no decisions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas import topics
from schemas.values import Money
from services.chassis.db import Queries, columns
from services.chassis.inbox import Aggregate
from services.ledger.domain.book import Book, Phase, Registration
from services.ledger.domain.entries import Account, Balances, Entry, Side
from services.ledger.domain.instructions import Instruction, Order, Status
from services.ledger.domain.receipts import Receipt
from services.ledger.domain.roles import Role

QUERIES: Final = Queries.load("services.ledger")

_ACCOUNTS: Final = tuple(account.value for account in Account)
_balances_of: Final = attrgetter(*_ACCOUNTS)


@dataclass(frozen=True, slots=True)
class Origin:
    """Because of which message, and when, something is written."""

    event_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A bank's report that counted, by its own event id."""

    event_id: str
    body_digest: bytes
    wire_type: str
    topic: str
    partition: int
    offset: int
    reported_at: datetime


@dataclass(slots=True)
class Unsaved:
    """What a turn added to a book beside its balances."""

    entries: list[tuple[int, Entry, Origin]] = field(default_factory=list)
    receipts: list[tuple[Receipt, Origin]] = field(default_factory=list)
    orders: list[tuple[int, Order, Origin]] = field(default_factory=list)
    """With the number of the instruction among those of its contract, from 1."""
    merged: dict[UUID, Origin] = field(default_factory=dict)
    """Instructions that were stored before and stand differently now."""
    reports: list[Report] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class LedgerBook(Aggregate):
    """One contract's book as the service holds it during a turn."""

    book: Book
    opened_at: datetime | None = None
    """Of a book that was not stored before."""
    report_digests: dict[str, bytes] = field(default_factory=dict)
    """Bank event id -> body digest, of the ids that the batch names."""
    unsaved: Unsaved = field(default_factory=Unsaved)


@dataclass(slots=True)
class Named:
    """What the batch names and therefore has to be read, as (contract id, name)."""

    receipts: set[tuple[UUID, str]] = field(default_factory=set)
    instructions: set[tuple[UUID, UUID]] = field(default_factory=set)
    reports: set[tuple[UUID, str]] = field(default_factory=set)


@cache
def _settlements(rail: str) -> str:
    return topics.settlements_events(rail).name


# --- reading ------------------------------------------------------------------------------------


async def load(
    conn: asyncpg.Connection, contract_ids: Iterable[UUID], named: Named
) -> dict[UUID, LedgerBook]:
    """Lock the books in id order and read with each what the batch names of it."""
    rows = await conn.fetch(QUERIES["load_books_for_update"], list(contract_ids))
    receipts: dict[UUID, dict[str, Receipt]] = defaultdict(dict)
    instructions: dict[UUID, dict[UUID, Instruction]] = defaultdict(dict)
    digests: dict[UUID, dict[str, bytes]] = defaultdict(dict)
    if rows:
        for row in await _named(conn, "load_receipts", named.receipts):
            receipts[row["contract_id"]][row["reference"]] = _receipt(row)
        for row in await _named(conn, "load_instructions", named.instructions):
            instructions[row["contract_id"]][row["instruction_id"]] = _instruction(row)
        for row in await _named(conn, "load_reports", named.reports):
            digests[row["contract_id"]][row["event_id"]] = row["body_digest"]
    books = {}
    for row in rows:
        contract_id: UUID = row["contract_id"]
        book = _book(row, receipts[contract_id], instructions[contract_id])
        books[contract_id] = LedgerBook(
            contract_id=contract_id,
            seen={
                topics.CONTRACTS_EVENTS.name: row["contracts_seen"],
                topics.DISPUTES_EVENTS.name: row["disputes_seen"],
            },
            sequences={
                topics.LEDGER_EVENTS.name: row["ledger_sequence"],
                _settlements(row["rail"]): row["settlements_sequence"],
            },
            book=book,
            report_digests=digests[contract_id],
        )
    return books


async def _named(
    conn: asyncpg.Connection, query: str, names: Iterable[tuple[UUID, Any]]
) -> Sequence[asyncpg.Record]:
    ordered = sorted(names)
    if not ordered:
        return ()
    rows: Sequence[asyncpg.Record] = await conn.fetch(QUERIES[query], *columns(ordered))
    return rows


def _book(
    row: asyncpg.Record, receipts: Mapping[str, Receipt], instructions: Mapping[UUID, Instruction]
) -> Book:
    return Book(
        registration=Registration(
            contract_id=row["contract_id"],
            asset=row["asset"],
            total=row["total"],
            payer_account=row["payer_account"],
            payee_account=row["payee_account"],
            rail=row["rail"],
            terms_digest=row["terms_digest"].hex(),
            offer_expires_at=row["offer_expires_at"],
        ),
        phase=Phase(row["phase"]),
        balances=Balances(**{account: row[account] for account in _ACCOUNTS}),
        entry_count=row["entry_count"],
        instruction_count=row["instruction_count"],
        emptied=row["emptied"],
        receipts=receipts,
        instructions=instructions,
    )


def _receipt(row: asyncpg.Record) -> Receipt:
    money = Money(row["amount"], row["asset"])
    return Receipt(row["reference"], money, row["account"], row["booked"])


def _instruction(row: asyncpg.Record) -> Instruction:
    return Instruction(
        instruction_id=row["instruction_id"],
        uetr=row["uetr"],
        side=Side(row["side"]),
        cause=row["cause"],
        kind=row["kind"],
        amount=row["amount"],
        creditor_role=Role(row["creditor_role"]),
        creditor_account=row["creditor_account"],
        receipt=row["receipt"],
        attempt=row["attempt"],
        status=Status(row["status"]),
        unknown=row["unknown"],
        reason=row["reason"],
    )


async def open_instructions(pool: asyncpg.Pool) -> Sequence[asyncpg.Record]:
    """Return ``status``, ``instructions`` and ``age`` (of the oldest, seconds) of the open ones."""
    rows: Sequence[asyncpg.Record] = await pool.fetch(QUERIES["open_instructions"])
    return rows


# --- writing ------------------------------------------------------------------------------------


async def save(conn: asyncpg.Connection, books: Sequence[LedgerBook]) -> None:
    """Write the books and what their turns added, in contract order, one statement a table."""
    books = sorted(books, key=lambda book: book.contract_id)
    new = [(*_book_row(book), *_registration_row(book)) for book in books if not book.stored]
    await QUERIES.write(conn, "insert_books", new)
    await QUERIES.write(conn, "update_books", [_book_row(book) for book in books if book.stored])
    await QUERIES.write(
        conn, "insert_entries", [row for book in books for row in _entry_rows(book)]
    )
    await QUERIES.write(
        conn, "insert_receipts", [row for book in books for row in _receipt_rows(book)]
    )
    await QUERIES.write(
        conn, "insert_instructions", [row for book in books for row in _order_rows(book)]
    )
    await QUERIES.write(
        conn, "update_instructions", [row for book in books for row in _merged_rows(book)]
    )
    await QUERIES.write(
        conn, "insert_reports", [row for book in books for row in _report_rows(book)]
    )


def _book_row(aggregate: LedgerBook) -> tuple[Any, ...]:
    book, sequences = aggregate.book, aggregate.sequences
    return (
        aggregate.contract_id,
        book.phase.value,
        *_balances_of(book.balances),
        book.entry_count,
        book.instruction_count,
        book.emptied,
        aggregate.seen.get(topics.CONTRACTS_EVENTS.name, 0),
        aggregate.seen.get(topics.DISPUTES_EVENTS.name, 0),
        sequences.get(topics.LEDGER_EVENTS.name, 0),
        sequences.get(_settlements(book.registration.rail), 0),
    )


def _registration_row(aggregate: LedgerBook) -> tuple[Any, ...]:
    registration = aggregate.book.registration
    return (
        registration.asset,
        registration.total,
        registration.payer_account,
        registration.payee_account,
        registration.rail,
        bytes.fromhex(registration.terms_digest),
        registration.offer_expires_at,
        aggregate.opened_at,
    )


def _entry_rows(aggregate: LedgerBook) -> Iterable[tuple[Any, ...]]:
    for number, entry, origin in aggregate.unsaved.entries:
        yield (
            aggregate.contract_id,
            number,
            origin.event_id,
            entry.debit.value,
            entry.credit.value,
            entry.amount,
            origin.at,
        )


def _receipt_rows(aggregate: LedgerBook) -> Iterable[tuple[Any, ...]]:
    for receipt, origin in aggregate.unsaved.receipts:
        yield (
            aggregate.contract_id,
            receipt.reference,
            receipt.money.minor,
            receipt.money.asset,
            receipt.account,
            receipt.booked,
            origin.event_id,
            origin.at,
        )


def _order_rows(aggregate: LedgerBook) -> Iterable[tuple[Any, ...]]:
    known: Mapping[UUID, Instruction] = aggregate.book.instructions
    for number, order, origin in aggregate.unsaved.orders:
        # As it stands at the end of the turn, not as it was issued.
        instruction = known[order.instruction.instruction_id]
        yield (
            aggregate.contract_id,
            instruction.instruction_id,
            number,
            instruction.uetr,
            instruction.direction.value,
            instruction.side.value,
            instruction.cause,
            instruction.kind,
            instruction.amount,
            instruction.creditor_role.value,
            instruction.creditor_account,
            instruction.receipt,
            origin.event_id,
            bytes.fromhex(order.event_hash),
            origin.at,
            order.latest_execution_by,
            instruction.attempt,
            instruction.status.value,
            instruction.unknown,
            instruction.reason,
            origin.at,
        )


def _merged_rows(aggregate: LedgerBook) -> Iterable[tuple[Any, ...]]:
    for instruction_id, origin in aggregate.unsaved.merged.items():
        instruction = aggregate.book.instructions[instruction_id]
        yield (
            aggregate.contract_id,
            instruction_id,
            instruction.status.value,
            instruction.unknown,
            instruction.reason,
            origin.at,
        )


def _report_rows(aggregate: LedgerBook) -> Iterable[tuple[Any, ...]]:
    for report in aggregate.unsaved.reports:
        yield (
            aggregate.contract_id,
            report.event_id,
            report.body_digest,
            report.wire_type,
            report.topic,
            report.partition,
            report.offset,
            report.reported_at,
        )
