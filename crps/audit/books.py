"""What stands in the four schemas, read as the administrator: rows as plain values.

Read in one repeatable-read transaction, so that all schemas are seen at the same instant. No
service is asked and no statement writes.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg

from schemas import topics


@dataclass(frozen=True, slots=True)
class Buckets:
    """F, D, S and R of SPEC section 2, in minor units."""

    free: int = 0
    contested: int = 0
    payee: int = 0
    payer: int = 0

    @property
    def total(self) -> int:
        """Return F + D + S + R."""
        return self.free + self.contested + self.payee + self.payer

    def plus(self, other: "Buckets") -> "Buckets":
        """Return the sum, bucket by bucket."""
        return Buckets(
            self.free + other.free,
            self.contested + other.contested,
            self.payee + other.payee,
            self.payer + other.payer,
        )


@dataclass(frozen=True, slots=True)
class InstructionRow:
    """An instruction as the ledger keeps it."""

    instruction_id: UUID
    direction: str
    creditor_role: str
    creditor_account: str
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class LedgerBook:
    """The ledger's book of one contract: its row, its entries summed up, what hangs on it."""

    asset: str
    total: int
    payer_account: str
    payee_account: str
    balances: Mapping[str, int]
    """The balances of the book's row, by account."""
    entries: Mapping[tuple[str, str], int]
    """(debit, credit) -> the sum of the entries between the two."""
    party_accounts: frozenset[tuple[str, str]] = frozenset()
    """(role, account) that instructions may name."""
    instructions: tuple[InstructionRow, ...] = ()

    @property
    def entered(self) -> Mapping[str, int]:
        """Return the balances that the entries alone add up to."""
        sums: dict[str, int] = defaultdict(int)
        for (debit, credit), amount in self.entries.items():
            sums[debit] -= amount
            sums[credit] += amount
        return sums


def buckets_of(balances: Mapping[str, int]) -> Buckets:
    """Return the four buckets that the ledger's accounts hold (SPEC section 2)."""

    def side(role: str) -> int:
        return sum(balances.get(f"{role}_{place}", 0) for place in ("due", "sent", "arrived"))

    return Buckets(
        balances.get("free", 0), balances.get("contested", 0), side("payee"), side("payer")
    )


@dataclass(frozen=True, slots=True)
class SignedRow:
    """What the contracts service keeps of the terms."""

    payer_account: str
    payee_account: str
    asset: str
    total: int
    terms_digest: str
    """SHA-256, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """What the disputes service keeps of one tranche; `payee_claim` is None while it is silent."""

    amount: int
    contested: int
    payee: int
    payer: int
    payer_claim: int
    payee_claim: int | None
    opened_at: datetime
    deadline_at: datetime
    ending: str | None
    """None while it is open."""
    payee_proposed: bool = False
    ruling_deadline_at: datetime | None = None

    @property
    def buckets(self) -> Buckets:
        """Return the tranche's buckets; nothing of it is free any more."""
        return Buckets(0, self.contested, self.payee, self.payer)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One version of a business calendar, as the contracts service stores it."""

    first_day: date
    last_day: date
    holidays: frozenset[date]
    workdays: frozenset[date]


@dataclass(frozen=True, slots=True)
class ContractBooks:
    """All that the schemas say about one contract; None where a service does not know it."""

    tranches: Mapping[int, Buckets] | None = None
    """What the contracts service stores."""
    signed: SignedRow | None = None
    ledger: LedgerBook | None = None
    disputes: Mapping[int, DisputeRow] = field(default_factory=dict)
    """What the disputes service stores, by tranche."""
    calendars: Mapping[tuple[str, str], CalendarRow] = field(default_factory=dict)
    """Every calendar that was ever published, by id and version: the same for all contracts."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One event of a service's journal, its bytes as SHA-256 in hexadecimal."""

    contract_id: UUID
    topic: str
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a service has not finished with."""

    outbox: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    """Reason -> records that wait for it."""
    dead_letters: int = 0


@dataclass(frozen=True, slots=True)
class Schemas:
    """Everything the audit reads from the database."""

    contracts: Mapping[UUID, ContractBooks]
    journal: tuple[JournalRow, ...]
    backlogs: Mapping[str, Backlog]
    """By service."""


NO_BOOKS: Final = ContractBooks()

_JOURNAL: Final = """
SELECT contract_id, topic, sequence, encode(sha256(value), 'hex') AS digest FROM {service}.journal
"""
_OUTBOX: Final = "SELECT count(*)::integer FROM {service}.outbox"
_HELD: Final = "SELECT reason, count(*)::integer AS records FROM {service}.held_record GROUP BY 1"
_DEAD_LETTERS: Final = "SELECT count(*)::integer FROM {service}.dead_letter"
_TRANCHES: Final = """
SELECT contract_id, number, free, contested, payee, payer FROM contracts.tranche
"""
_SIGNED: Final = """
SELECT contract_id, payer_account, payee_account, asset, total, encode(terms_digest, 'hex')
FROM contracts.contract
"""
_CALENDARS: Final = """
SELECT id, version, first_day, last_day, holidays, workdays FROM contracts.calendar
"""
_DISPUTES: Final = """
SELECT contract_id, tranche, amount, contested, payee, payer, payer_claim, payee_claim, opened_at,
       deadline_at, ending, payee_proposed, ruling_deadline_at
FROM disputes.dispute
"""
_BOOKS: Final = "SELECT * FROM ledger.book"
_ENTRIES: Final = """
SELECT contract_id, debit_account, credit_account, sum(amount)::bigint AS amount
FROM ledger.entry GROUP BY 1, 2, 3
"""
_ACCOUNTS: Final = "SELECT contract_id, role, account FROM ledger.party_account"
_INSTRUCTIONS: Final = """
SELECT contract_id, instruction_id, direction, creditor_role, creditor_account, amount, status
FROM ledger.instruction
"""

ACCOUNTS: Final = frozenset(
    {"outside", "received", "free", "contested"}
    | {f"{role}_{place}" for role in ("payee", "payer") for place in ("due", "sent", "arrived")}
    | {"refund_due", "refund_sent", "refund_returned"}
)
"""Every account that a book may have; there is none of a platform (SPEC section 2, I4)."""


async def read_schemas(dsn: str) -> Schemas:
    """Read the schemas of all services at the administrator's `dsn`.

    Raises asyncpg's `UndefinedTableError` when the migrations have not been run.
    """
    conn = await asyncpg.connect(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            journal: list[JournalRow] = []
            backlogs: dict[str, Backlog] = {}
            for service in topics.SERVICES:
                rows = await conn.fetch(_JOURNAL.format(service=service))
                journal.extend(JournalRow(*row) for row in rows)
                backlogs[service] = await _backlog(conn, service)
            return Schemas(await _contracts(conn), tuple(journal), backlogs)
    finally:
        await conn.close()


async def outbox_rows(dsn: str) -> int:
    """Return how many records of all services are still to be sent."""
    conn = await asyncpg.connect(dsn)
    try:
        counts = [await conn.fetchval(_OUTBOX.format(service=s)) for s in topics.SERVICES]
    finally:
        await conn.close()
    return sum(counts)


async def _backlog(conn: asyncpg.Connection, service: str) -> Backlog:
    return Backlog(
        outbox=await conn.fetchval(_OUTBOX.format(service=service)),
        held={r["reason"]: r["records"] for r in await conn.fetch(_HELD.format(service=service))},
        dead_letters=await conn.fetchval(_DEAD_LETTERS.format(service=service)),
    )


async def _contracts(conn: asyncpg.Connection) -> dict[UUID, ContractBooks]:
    tranches: dict[UUID, dict[int, Buckets]] = defaultdict(dict)
    for row in await conn.fetch(_TRANCHES):
        tranches[row["contract_id"]][row["number"]] = Buckets(
            row["free"], row["contested"], row["payee"], row["payer"]
        )
    signed = {
        contract_id: SignedRow(*columns) for contract_id, *columns in await conn.fetch(_SIGNED)
    }
    disputes: dict[UUID, dict[int, DisputeRow]] = defaultdict(dict)
    for contract_id, number, *columns in await conn.fetch(_DISPUTES):
        disputes[contract_id][number] = DisputeRow(*columns)
    ledger = await _ledger(conn)
    calendars = {
        (name, version): CalendarRow(first, last, frozenset(holidays), frozenset(workdays))
        for name, version, first, last, holidays, workdays in await conn.fetch(_CALENDARS)
    }
    return {
        contract_id: ContractBooks(
            tranches.get(contract_id),
            signed.get(contract_id),
            ledger.get(contract_id),
            disputes.get(contract_id, {}),
            calendars,
        )
        for contract_id in tranches.keys() | signed.keys() | ledger.keys() | disputes.keys()
    }


async def _ledger(conn: asyncpg.Connection) -> dict[UUID, LedgerBook]:
    entries: dict[UUID, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in await conn.fetch(_ENTRIES):
        move = (row["debit_account"], row["credit_account"])
        entries[row["contract_id"]][move] = row["amount"]
    accounts: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    for row in await conn.fetch(_ACCOUNTS):
        accounts[row["contract_id"]].add((row["role"], row["account"]))
    instructions: dict[UUID, list[InstructionRow]] = defaultdict(list)
    for contract_id, *columns in await conn.fetch(_INSTRUCTIONS):
        instructions[contract_id].append(InstructionRow(*columns))
    return {
        row["contract_id"]: LedgerBook(
            asset=row["asset"],
            total=row["total"],
            payer_account=row["payer_account"],
            payee_account=row["payee_account"],
            balances={account: row[account] for account in sorted(ACCOUNTS)},
            entries=entries[row["contract_id"]],
            party_accounts=frozenset(accounts[row["contract_id"]]),
            instructions=tuple(instructions[row["contract_id"]]),
        )
        for row in await conn.fetch(_BOOKS)
    }
