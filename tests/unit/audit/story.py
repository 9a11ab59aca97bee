"""One contract's whole life, written by hand: its records and what the schemas say of it.

T = 10,000 in two tranches. 10,500 come, so 500 go back; the payer releases 2,500 of the first
tranche, the rest of it arrives at its deadline; the payee returns the second. A test breaks one
thing of it and the auditor must say which.
"""

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import rfc8785

from crps.audit.auditor import judge
from crps.audit.books import (
    ACCOUNTS,
    Backlog,
    Buckets,
    ContractBooks,
    InstructionRow,
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
BOOKS = topics.LEDGER_EVENTS.name
SETTLEMENTS = topics.settlements_events("sandbox").name
BANK = topics.bank_events("sandbox").name
SEQUENCED = {EVENTS, BOOKS, SETTLEMENTS}

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
DIGEST = hashlib.sha256(rfc8785.dumps(TERMS)).hexdigest()

SIGNED = SignedRow("acc-alice", "acc-bob", ASSET, 10_000, DIGEST)


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
        key = str(self.contract_id).encode()
        return LogRecord(
            self.topic, self.partition, offset, at(self.second), key, tuple(headers), self.value
        )


@dataclass
class Story:
    """All that was said, and what the schemas keep."""

    said: list[Said] = field(default_factory=list)
    tranches: dict[int, Buckets] = field(default_factory=dict)
    signed: SignedRow = SIGNED
    ledger: LedgerBook | None = None
    journal: tuple[JournalRow, ...] | None = None
    """None: what the topics say, as it should be."""
    backlogs: dict[str, Backlog] = field(
        default_factory=lambda: {service: Backlog() for service in topics.SERVICES}
    )
    others: list[LogRecord] = field(default_factory=list)
    """Records beside the story, with offsets of their own."""

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
        books = {CONTRACT: ContractBooks(self.tranches, self.signed, self.ledger)}
        return Schemas(books, journal, self.backlogs)

    def judged(self, **options: Any) -> AuditResult:
        return judge(self.log(), self.schemas(), **options)


def whole_story() -> Story:
    """Return the life of one contract in which nothing is wrong."""
    story = Story()
    _offer(story)
    _funding(story)
    _attributions(story)
    _ending(story)
    story.tranches = {1: Buckets(payee=6000), 2: Buckets(payer=4000)}
    story.ledger = _ledger(story)
    return story


def _offer(story: Story) -> None:
    acceptances = [
        {
            "party": party,
            "terms_version": 1,
            "terms_digest": DIGEST,
            "consent": "subjective_and_automatic",
        }
        for party in ("alice", "bob")
    ]
    offer = {"order_id": "o-1", "terms": deepcopy(TERMS), "offer_expires_at": instant(7)}
    story.say(
        ORDERS, "order.placed", 0, offer | {"acceptances": acceptances}, id="o-1", upstream="shop"
    )
    accepted = deepcopy(offer) | {"upstream": "shop", "terms_digest": DIGEST, "timers": []}
    story.say(EVENTS, "contract.accepted", 0.1, accepted, cause="o-1")
    requested = {"money": money(10_000), "debtor_account": "acc-alice", "expires_at": instant(7)}
    story.say(SETTLEMENTS, "funding.requested", 0.2, requested)


def _funding(story: Story) -> None:
    brought = {"receipt": "r-1", "money": money(10_500), "account": "acc-alice"}
    story.say(BANK, "funds.received", 1, brought, id="bank-1")
    booked = {"receipt": "r-1", "amount": "10500", "asset": ASSET, "account": "acc-alice"}
    story.say(BOOKS, "funding.received", 1.1, booked, cause="bank-1")
    effective = story.say(
        EVENTS,
        "contract.effective",
        1.5,
        {
            "effective_at": instant(1.25),
            "asset": ASSET,
            "total": "10000",
            "receipts": [{"receipt": "r-1", "amount": "10500"}],
            "excess": {"receipt": "r-1", "amount": "500"},
            "tranches": [
                _effective_tranche(1, 6000, 11.25),
                _effective_tranche(2, 4000, 21.25),
            ],
            "timers": [],
        },
    )
    _instruct(story, "return", effective, 500, "over_funding", [], receipt="r-1")


def _effective_tranche(number: int, amount: int, deadline: float) -> dict[str, Any]:
    return {
        "tranche": number,
        "amount": str(amount),
        "deadline_at": instant(deadline),
        "generation": 1,
        "derivation": "effective_at + its period, exact",
    }


def _attributions(story: Story) -> None:
    release = {"party": "alice", "amount": money(2500), "tranche": 1}
    story.say(COMMANDS, "funds.release", 3, release, id="c-1", upstream="shop")
    live = {"signer": "payer", "basis": "live", "command_id": "c-1"}
    part = {"tranche": 1, "amount": "2500", "before": buckets(6000), "after": buckets(3500, 2500)}
    _attribute(story, "payee", "release", 3, part, live, cause="c-1")

    due = {"timer": "chain", "tranche": 1, "generation": 1, "due_at": instant(11.25)}
    story.say(COMMANDS, "deadline.reached", 11.3, due, id="due-1")
    clause = {"signer": "payer", "basis": "clause", "clause": "arrival"}
    part = {
        "tranche": 1,
        "amount": "3500",
        "before": buckets(3500, 2500),
        "after": buckets(0, 6000),
    }
    _attribute(story, "payee", "arrival", 11.3, part, clause, cause="due-1", due_at=instant(11.25))

    give_back = {"party": "bob", "amount": "ALL"}
    story.say(COMMANDS, "funds.return", 12, give_back, id="c-2", upstream="shop")
    live = {"signer": "payee", "basis": "live", "command_id": "c-2"}
    part = {"tranche": 2, "amount": "4000", "before": buckets(4000), "after": buckets(0, 0, 4000)}
    _attribute(story, "payer", "return", 12, part, live, cause="c-2")


def _attribute(
    story: Story,
    to: str,
    cause_of: str,
    second: float,
    part: dict[str, Any],
    authorisation: dict[str, Any],
    *,
    cause: str,
    due_at: str | None = None,
) -> None:
    told = {
        "to": to,
        "cause": cause_of,
        "kind": "automatic" if cause_of == "arrival" else "subjective",
        "money": money(int(part["amount"])),
        "parts": [part],
        "authorisation": authorisation,
        "judged_at": instant(second),
        "due_at": due_at,
        "timers": [],
    }
    event = story.say(EVENTS, "funds.attributed", second + 0.02, told, cause=cause)
    shares = [{"tranche": part["tranche"], "amount": part["amount"]}]
    noun = "settlement" if to == "payee" else "return"
    _instruct(story, noun, event, int(part["amount"]), cause_of, shares, signed=authorisation)


def _instruct(
    story: Story,
    noun: str,
    event: Said,
    minor: int,
    cause: str,
    shares: list[dict[str, Any]],
    *,
    receipt: str | None = None,
    signed: Mapping[str, Any] | None = None,
) -> None:
    name = uuid5(CONTRACT, event.id)
    proof = dict(signed) if signed else {"signer": None, "basis": "receipt", "receipt": receipt}
    told = {
        "instruction_id": str(name),
        "instr_id": name.hex,
        "end_to_end_id": name.hex,
        "uetr": str(uuid5(name, "uetr")),
        "attempt": 1,
        "possible_duplicate": False,
        "kind": "subjective" if proof["basis"] == "live" else "automatic",
        "cause": cause,
        "money": money(minor),
        "tranches": shares,
        "debtor_account": "acc-alice",
        "creditor_account": "acc-bob" if noun == "settlement" else "acc-alice",
        "authorisation": {**proof, "terms_digest": DIGEST},
        "held": {
            "reference": CONTRACT.hex,
            "sum_before": str(minor),
            "count_before": 0,
            "remainder_after": "0",
        },
        "not_before": instant(event.second),
        "latest_execution_by": instant(event.second + 86_400),
    }
    second = event.second + 0.02
    story.say(SETTLEMENTS, f"{noun}.instructed", second, told, cause=event.id, decided_by=event)
    report = {"instruction_id": str(name), "attempt": 1, "money": money(minor)}
    story.say(BANK, "instruction.arrived", second + 0.1, report, id=f"bank-{name.hex}")


def _ending(story: Story) -> None:
    emptied = {"asset": ASSET, "payee_arrived": "6000", "payer_arrived": "4000"}
    said = story.say(BOOKS, "books.emptied", 12.5, emptied)
    closed = {"asset": ASSET, "payee": "6000", "payer": "4000"}
    story.say(EVENTS, "contract.closed", 12.6, closed, cause=said.id)


def _ledger(story: Story) -> LedgerBook:
    balances = dict.fromkeys(ACCOUNTS, 0)
    balances |= {"outside": -10_500, "payee_arrived": 6000, "payer_arrived": 4000}
    balances |= {"refund_returned": 500}
    entries = {
        ("outside", "received"): 10_500,
        ("received", "free"): 10_000,
        ("received", "refund_due"): 500,
        ("refund_due", "refund_sent"): 500,
        ("refund_sent", "refund_returned"): 500,
        ("free", "payee_due"): 6000,
        ("payee_due", "payee_sent"): 6000,
        ("payee_sent", "payee_arrived"): 6000,
        ("free", "payer_due"): 4000,
        ("payer_due", "payer_sent"): 4000,
        ("payer_sent", "payer_arrived"): 4000,
    }
    return LedgerBook(
        asset=ASSET,
        total=10_000,
        payer_account="acc-alice",
        payee_account="acc-bob",
        balances=balances,
        entries=entries,
        party_accounts=frozenset({("payer", "acc-alice"), ("payee", "acc-bob")}),
        instructions=tuple(_row(said) for said in story.said if "instructed" in said.noun),
    )


def _row(said: Said) -> InstructionRow:
    settles = said.noun.startswith("settlement")
    return InstructionRow(
        instruction_id=UUID(said.data["instruction_id"]),
        direction="settle" if settles else "return",
        creditor_role="payee" if settles else "payer",
        creditor_account=said.data["creditor_account"],
        amount=int(said.data["money"]["amount"]),
        status="arrived",
    )
