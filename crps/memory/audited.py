"""A world in memory as the auditor reads a real one: the whole log, and what the tables hold."""

import hashlib
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from crps.audit.books import (
    ACCOUNTS,
    Backlog,
    Buckets,
    CalendarRow,
    ContractBooks,
    DisputeRow,
    InstructionRow,
    JournalRow,
    LedgerBook,
    Schemas,
    SignedRow,
)
from crps.audit.log import Log, LogRecord
from crps.memory.database import Database
from crps.memory.world import World


def log_of(world: World) -> Log:
    """Return every record, as the auditor would read it from the broker."""
    return Log(
        tuple(
            LogRecord(r.topic, r.partition, r.offset, r.appended_at, r.key, r.headers, r.value)
            for r in world.log.history
        )
    )


def schemas_of(world: World) -> Schemas:
    """Return what the tables in memory hold, as the auditor would read it from the schemas."""
    tables = {name: service.database for name, service in world.services.items()}
    tranches: dict[UUID, dict[int, Buckets]] = defaultdict(dict)
    for row in tables["contracts"]["tranche"]:
        buckets = Buckets(*(row[name] for name in ("free", "contested", "payee", "payer")))
        tranches[row["contract_id"]][row["number"]] = buckets
    disputes: dict[UUID, dict[int, DisputeRow]] = defaultdict(dict)
    for row in tables["disputes"]["dispute"]:
        columns: dict[str, Any] = {n: row.get(n) for n in DisputeRow.__dataclass_fields__}
        disputes[row["contract_id"]][row["tranche"]] = DisputeRow(**columns)
    calendars = {
        (row["id"], row["version"]): CalendarRow(
            row["first_day"],
            row["last_day"],
            frozenset(row["holidays"]),
            frozenset(row["workdays"]),
        )
        for row in tables["contracts"]["calendar"]
    }
    books = {
        row["contract_id"]: ContractBooks(
            tranches[row["contract_id"]],
            SignedRow(
                row["payer_account"],
                row["payee_account"],
                row["asset"],
                row["total"],
                row["terms_digest"].hex(),
            ),
            _book(tables["ledger"], row["contract_id"]),
            disputes[row["contract_id"]],
            calendars,
        )
        for row in tables["contracts"]["contract"]
    }
    journal = tuple(
        JournalRow(
            row["contract_id"],
            row["topic"],
            row["sequence"],
            hashlib.sha256(row["value"]).hexdigest(),
        )
        for database in tables.values()
        for row in database["journal"]
    )
    backlogs = {
        name: Backlog(
            len(database["outbox"]),
            Counter(row["reason"] for row in database["held_record"]),
            len(database["dead_letter"]),
        )
        for name, database in tables.items()
    }
    return Schemas(books, journal, backlogs)


def _book(ledger: Database, contract_id: UUID) -> LedgerBook | None:
    row = ledger["book"].get(contract_id)
    if row is None:
        return None
    entries: Counter[tuple[str, str]] = Counter()
    for entry in ledger["entry"].of(contract_id):
        entries[entry["debit_account"], entry["credit_account"]] += entry["amount"]
    accounts = (row["payer_account"], row["payee_account"])
    return LedgerBook(
        row["asset"],
        row["total"],
        *accounts,
        balances={account: row[account] for account in ACCOUNTS},
        entries=entries,
        # A trigger keeps these, and memory has no triggers.
        party_accounts=frozenset(zip(("payer", "payee"), accounts, strict=True)),
        instructions=tuple(
            InstructionRow(*(one[name] for name in InstructionRow.__dataclass_fields__))
            for one in ledger["instruction"].of(contract_id)
        ),
    )
