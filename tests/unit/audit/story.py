"""One contract's records and what the schemas say of it, written by hand and open to change.

What is told with it stands in `lives`. A test breaks one thing of a life and the auditor must say
which.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import rfc8785

from crps.audit.auditor import judge
from crps.audit.books import (
    Backlog,
    Buckets,
    ContractBooks,
    DisputeRow,
    JournalRow,
    LedgerBook,
    Schemas,
    SignedRow,
)
from crps.audit.history import AuditResult
from crps.audit.log import Log, LogRecord
from schemas import topics

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
CONTRACT = UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
ASSET = "CNY/2"
ORDERS = topics.ORDERS_EVENTS.name
COMMANDS = topics.CONTRACTS_COMMANDS.name
EVENTS = topics.CONTRACTS_EVENTS.name
CLAIMS = topics.DISPUTES_COMMANDS.name
DISPUTES = topics.DISPUTES_EVENTS.name
BOOKS = topics.LEDGER_EVENTS.name
SETTLEMENTS = topics.settlements_events("sandbox").name
BANK = topics.bank_events("sandbox").name
SEQUENCED = {EVENTS, DISPUTES, BOOKS, SETTLEMENTS}

TERMS: dict[str, Any] = {
    "version": 1,
    "payer": {"party": "alice", "account": "acc-alice"},
    "payee": {"party": "bob", "account": "acc-bob"},
    "asset": ASSET,
    "tranches": [
        {"amount": "6000", "period": {"unit": "exact", "duration_ms": 10_000}},
        {"amount": "4000", "period": {"unit": "exact", "duration_ms": 20_000}},
    ],
    "odd_unit": "payee",
    "dispute": {"period_ms": 1_000, "silence_rule": True, "ending": "to_payee"},
    "budget": {"acts": 100, "proposals": 8},
    "rail": {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 0},
    "proof": "upstream",
    "text_digest": "0" * 64,
}


def at(seconds: float) -> datetime:
    """Return the instant so long after the offer."""
    return START + timedelta(seconds=seconds)


def instant(seconds: float) -> str:
    return at(seconds).isoformat().replace("+00:00", "Z")


def money(minor: int) -> dict[str, str]:
    return {"amount": str(minor), "asset": ASSET}


def buckets(free: int, payee: int = 0, payer: int = 0, contested: int = 0) -> dict[str, str]:
    return {
        "free": str(free),
        "contested": str(contested),
        "payee": str(payee),
        "payer": str(payer),
    }


@dataclass
class Said:
    """One record, open to change until it is rendered."""

    topic: str
    noun: str
    id: str
    second: float
    data: dict[str, Any]
    sequence: int | None = None
    cause: str | None = None
    upstream: str | None = None
    rests_on: "Said | None" = None
    proofs: tuple[bytes, ...] = ()
    """Signatures of a party's own that it bears."""
    decided_by: "Said | None" = None
    """Of an instruction: the event whose bytes it hashes."""
    contract_id: UUID = CONTRACT
    partition: int = 3

    @property
    def value(self) -> bytes:
        if self.decided_by is not None:
            self.data["authorisation"]["event_hash"] = self.decided_by.digest
        envelope = {
            "specversion": "1.0",
            "id": self.id,
            "source": "test",
            "type": f"crps.{self.noun}.v1",
            "subject": str(self.contract_id),
            "time": instant(self.second),
            "causationid": self.cause,
            "sequence": self.sequence,
            "restson": self.rests_on
            and {"topic": self.rests_on.topic, "sequence": self.rests_on.sequence},
            "data": self.data,
        }
        return json.dumps({k: v for k, v in envelope.items() if v is not None}).encode()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.value).hexdigest()

    def record(self, offset: int) -> LogRecord:
        headers = [("type", f"crps.{self.noun}.v1".encode())]
        if self.upstream is not None:
            headers.append(("crps-upstream", self.upstream.encode()))
        headers += [("crps-proof", proof) for proof in self.proofs]
        key = str(self.contract_id).encode()
        return LogRecord(
            self.topic, self.partition, offset, at(self.second), key, tuple(headers), self.value
        )


@dataclass
class Story:
    """All that was said, and what the schemas keep."""

    terms: dict[str, Any] = field(default_factory=lambda: TERMS)
    said: list[Said] = field(default_factory=list)
    tranches: dict[int, Buckets] = field(default_factory=dict)
    disputes: dict[int, DisputeRow] = field(default_factory=dict)
    signed: SignedRow | None = None
    ledger: LedgerBook | None = None
    journal: tuple[JournalRow, ...] | None = None
    """None: what the topics say, as it should be."""
    backlogs: dict[str, Backlog] = field(
        default_factory=lambda: {service: Backlog() for service in topics.SERVICES}
    )
    others: list[LogRecord] = field(default_factory=list)
    """Records beside the story, with offsets of their own."""

    @property
    def digest(self) -> str:
        """The digest that the parties accept."""
        return hashlib.sha256(rfc8785.dumps(self.terms)).hexdigest()

    def say(self, topic: str, noun: str, second: float, data: dict[str, Any], **more: Any) -> Said:
        """Append a record; on our own topics with the next sequence."""
        if topic in SEQUENCED:
            number = 1 + sum(said.topic == topic for said in self.said)
            more = {"sequence": number, "id": f"{CONTRACT}/{topic}/{number}", **more}
        said = Said(topic, noun, data=data, second=second, **more)
        self.said.append(said)
        return said

    def the(self, noun: str, index: int = 0) -> Said:
        """Return the record of that type, the first or the one at `index`."""
        return [said for said in self.said if said.noun == noun][index]

    def log(self) -> Log:
        return Log((*(said.record(n) for n, said in enumerate(self.said)), *self.others))

    def schemas(self) -> Schemas:
        journal = self.journal
        if journal is None:
            rows = {
                (said.topic, said.sequence): JournalRow(
                    said.contract_id, said.topic, said.sequence, said.digest
                )
                for said in self.said
                if said.topic in SEQUENCED and said.sequence is not None
            }
            journal = tuple(rows.values())
        books = {CONTRACT: ContractBooks(self.tranches, self.signed, self.ledger, self.disputes)}
        return Schemas(books, journal, self.backlogs)

    def judged(self, **options: Any) -> AuditResult:
        return judge(self.log(), self.schemas(), **options)
