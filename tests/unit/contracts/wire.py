"""Records as the log would bring them, and a bench that plays them to the shell without I/O."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import rfc8785

from schemas import topics
from schemas.registry import ADAPTERS
from services.chassis.documents import read_document
from services.chassis.inbox import Hold, Outgoing, Record, Turn
from services.contracts.handlers import Contracts
from services.contracts.store import StoredContract

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
CONTRACT_ID = UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
UPSTREAM = "shop-1"
ORDERS, COMMANDS = topics.ORDERS_EVENTS.name, topics.CONTRACTS_COMMANDS.name
LEDGER = topics.LEDGER_EVENTS.name
DISPUTES = topics.DISPUTES_EVENTS.name
OURS = {LEDGER, DISPUTES}
HOUR_MS = 3_600_000
_OFFSETS = count(1)


def terms(*tranches: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """Terms of tranches (amount, hours)."""
    return {
        "version": 1,
        "payer": {"party": "party-payer-7", "account": "acct-payer-7"},
        "payee": {"party": "party-payee-3", "account": "acct-payee-3"},
        "asset": "CNY/2",
        "tranches": [
            {"amount": amount, "period": {"unit": "exact", "duration_ms": hours * HOUR_MS}}
            for amount, hours in tranches or (("30000", 120),)
        ],
        "odd_unit": "payee",
        "dispute": {"period_ms": 72 * HOUR_MS, "silence_rule": True, "ending": "to_payee"},
        "budget": {"acts": 100, "proposals": 8},
        "rail": {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 24},
        "proof": "upstream",
        "text_digest": "0" * 64,
        **changes,
    }


def digest(document: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def order(document: dict[str, Any], *accepted: str, **changes: Any) -> dict[str, Any]:
    """An order with the acceptances of ``accepted`` parties (``payer``, ``payee``)."""
    return {
        "order_id": "order-1001",
        "terms": document,
        "offer_expires_at": "2026-01-06T04:00:00Z",
        "acceptances": [acceptance(document, role) for role in accepted],
        **changes,
    }


def acceptance(document: dict[str, Any], role: str) -> dict[str, Any]:
    return {
        "party": document[role]["party"],
        "terms_version": 1,
        "terms_digest": digest(document),
        "consent": "subjective_and_automatic",
    }


def money(amount: str, asset: str = "CNY/2") -> dict[str, str]:
    return {"amount": amount, "asset": asset}


def record(
    topic: str,
    noun: str,
    message_id: str,
    told: Any,
    *,
    at: datetime = START,
    contract_id: UUID = CONTRACT_ID,
    upstream: str | None = UPSTREAM,
    facts_read: bool = True,
    **attributes: Any,
) -> Record:
    """Return a message as it comes out of the log, each time at a new place."""
    raw = {
        "specversion": "1.0",
        "id": message_id,
        "source": upstream or "crps.test",
        "type": f"crps.{noun}.v1",
        "subject": str(contract_id),
        "time": at.isoformat(),
        "data": told,
        **attributes,
    }
    value = json.dumps(raw).encode()
    return Record(
        topic=topic,
        partition=0,
        offset=next(_OFFSETS),
        appended_at=at,
        key=str(contract_id).encode(),
        headers=(),
        value=value,
        contract_id=contract_id,
        message=ADAPTERS[topic, raw["type"]].validate_json(value),
        document=None if topic in OURS else read_document(value),
        upstream=None if topic in OURS or noun == "deadline.reached" else upstream,
        facts_read=facts_read,
    )


@dataclass
class Bench:
    """One contract and what it said; time stands still until somebody moves it."""

    aggregate: StoredContract | None = None
    at: datetime = START
    said: list[Outgoing] = field(default_factory=list)
    reports: Any = field(default_factory=lambda: count(1))
    ids: Any = field(default_factory=lambda: count(1))

    def wait(self, hours: float) -> "Bench":
        self.at += timedelta(hours=hours)
        return self

    def play(self, played: Record) -> list[dict[str, Any]] | Hold:
        """Apply one record in a turn of its own; returns the messages said, parsed."""
        known = self.aggregate
        turn = Turn(
            CONTRACT_ID,
            "contracts",
            self.at,
            dict(known.seen) if known else {},
            dict(known.sequences) if known else {},
        )
        outcome = Contracts().apply(known, played, turn)
        if isinstance(outcome, Hold):
            assert turn.outgoing == []
            return outcome
        if outcome is not None:
            outcome.sequences = turn.sequences
        self.aggregate = outcome
        self.said += turn.outgoing
        return [json.loads(each.value) for each in turn.outgoing]

    def order(self, document: dict[str, Any] | None = None, *accepted: str, **changes: Any) -> Any:
        told = order(document or terms(), *(accepted or ("payer", "payee")), **changes)
        return self.play(record(ORDERS, "order.placed", f"o-{next(self.ids)}", told, at=self.at))

    def command(self, noun: str, told: Any, **where: Any) -> Any:
        message_id = where.pop("message_id", None) or f"c-{next(self.ids)}"
        return self.play(record(COMMANDS, noun, message_id, told, at=self.at, **where))

    def fund(self, amount: str = "30000", **changes: Any) -> Any:
        told = {
            "receipt": f"rcpt-{next(self.ids)}",
            "amount": amount,
            "asset": "CNY/2",
            "account": "acct-payer-7",
            **changes,
        }
        return self.report("funding.received", told)

    def report(self, noun: str, told: Any) -> Any:
        sequence = next(self.reports)
        message_id = f"{CONTRACT_ID}/ledger/{sequence}"
        return self.play(record(LEDGER, noun, message_id, told, at=self.at, sequence=sequence))

    def disputed(self, sequence: int, told: Any) -> Any:
        message_id = f"{CONTRACT_ID}/disputes/{sequence}"
        return self.play(
            record(DISPUTES, "funds.attributed", message_id, told, at=self.at, sequence=sequence)
        )

    def release(self, amount: Any, **where: Any) -> Any:
        told = {"party": "party-payer-7", "amount": amount}
        return self.command("funds.release", told, **where)

    def due(self, tranche: int = 1, timer: str = "chain") -> Any:
        told = {"timer": timer, "tranche": tranche, "generation": 1, "due_at": self.at.isoformat()}
        return self.command("deadline.reached", told)


def buckets(free: int, contested: int, payee: int, payer: int) -> dict[str, str]:
    named = {"free": free, "contested": contested, "payee": payee, "payer": payer}
    return {name: str(amount) for name, amount in named.items()}


def attributed(to: str, before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    """What disputes say when they take contested money of the first tranche to a side."""
    amount = str(int(after[to]) - int(before[to]))
    return {
        "timers": [],
        "to": to,
        "cause": "concession",
        "kind": "subjective",
        "money": money(amount),
        "parts": [{"tranche": 1, "amount": amount, "before": before, "after": after}],
        "authorisation": {
            "signer": "payer" if to == "payee" else "payee",
            "basis": "live",
            "command_id": "claim-1",
        },
        "judged_at": START.isoformat(),
    }


def types(said: list[Mapping[str, Any]]) -> list[str]:
    """The types of messages, in short."""
    return [str(each["type"]).removeprefix("crps.").removesuffix(".v1") for each in said]
