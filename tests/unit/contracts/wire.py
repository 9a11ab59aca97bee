"""What contracts is told: terms, orders, commands and reports, and a bench for one contract."""

import hashlib
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import rfc8785

from schemas import topics
from services.contracts.handlers import Contracts
from tests.unit import records
from tests.unit.records import CONTRACT_ID, START, money, record

ORDERS, COMMANDS = topics.ORDERS_EVENTS.name, topics.CONTRACTS_COMMANDS.name
LEDGER = topics.LEDGER_EVENTS.name
DISPUTES = topics.DISPUTES_EVENTS.name
HOUR_MS = 3_600_000


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


@dataclass
class Bench(records.Bench):
    """One contract under contracts."""

    NAME = "contracts"
    SERVICE = Contracts()

    reports: Any = field(default_factory=lambda: count(1))

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
