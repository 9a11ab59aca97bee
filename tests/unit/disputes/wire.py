"""What disputes is told: facts, statements and due messages, and a bench for one contract."""

from datetime import datetime, timedelta
from typing import Any

from schemas import topics
from services.chassis.inbox import Record
from services.disputes.handlers import Disputes
from tests.unit import records
from tests.unit.records import CONTRACT_ID, START, UPSTREAM, money, record

PAYER, PAYEE = "party-payer-7", "party-payee-3"
FACTS, COMMANDS = topics.CONTRACTS_EVENTS.name, topics.DISPUTES_COMMANDS.name


def terms(*names: str | None) -> dict[str, Any]:
    """Terms of which disputes read a part."""
    return {
        "version": 1,
        "payer": {"party": PAYER, "account": "acct-payer-7"},
        "payee": {"party": PAYEE, "account": "acct-payee-3"},
        "asset": "CNY/2",
        "tranches": [
            {"amount": "10000"} if name is None else {"name": name, "amount": "10000"}
            for name in names or (None,)
        ],
        "proof": "upstream",
        "dispute": {"ending": "to_payee"},
    }


def agreed(*names: str | None) -> dict[str, Any]:
    return {
        "upstream": UPSTREAM,
        "order_id": "order-1001",
        "terms": terms(*names),
        "terms_digest": "0" * 64,
        "offer_expires_at": "2026-01-06T04:00:00Z",
        "timers": [],
    }


def took_effect(at: datetime = START) -> dict[str, Any]:
    return {
        "effective_at": at.isoformat(),
        "asset": "CNY/2",
        "total": "10000",
        "receipts": 1,
        "received": "100",
        "tranches": [],
        "timers": [],
    }


def opening(
    claim: int = 6_000, *, at: datetime = START, hours: float = 72, **changes: Any
) -> dict[str, Any]:
    """An opening of a tranche of 10,000 of which nothing was attributed but the admission."""
    given = {"payee": str(10_000 - claim), "payer": "0"}
    return {
        "tranche": 1,
        "asset": "CNY/2",
        "amount": "10000",
        "claim": str(claim),
        "reason": "not_as_described",
        "evidence": [],
        "before": {"free": str(claim), "contested": "0", **given},
        "after": {"free": "0", "contested": str(claim), **given},
        "clause": {"silence_rule": True, "ending": "to_payee", "odd_unit": "payee"},
        "rail": {"minimum": "1", "whole_only": False},
        "proposals_budget": 8,
        "opened_at": at.isoformat(),
        "deadline_at": (at + timedelta(hours=hours)).isoformat(),
        "judged_at": at.isoformat(),
        "timers": [],
        **changes,
    }


def fact(noun: str, sequence: int, told: Any, **where: Any) -> Record:
    """An event of contracts."""
    contract_id = where.get("contract_id", CONTRACT_ID)
    message_id = f"{contract_id}/contracts/{sequence}"
    return record(FACTS, noun, message_id, told, sequence=sequence, **where)


def claim(
    by: str, amount: Any, message_id: str, *, facts_read: bool = False, **where: Any
) -> Record:
    """A statement of ``by``, whole minor units or whatever else a party may write."""
    tranche = where.pop("tranche", None)
    told = {"party": by, "claim": money(amount) if isinstance(amount, int) else amount}
    if tranche is not None:
        told["tranche"] = tranche
    return record(COMMANDS, "claim.lower", message_id, told, facts_read=facts_read, **where)


def due(message_id: str, *, tranche: int = 1, generation: int = 1, **where: Any) -> Record:
    told = {
        "timer": where.pop("timer", "dispute"),
        "tranche": tranche,
        "generation": generation,
        "due_at": where["at"].isoformat(),
    }
    return record(COMMANDS, "deadline.reached", message_id, told, **where)


class Bench(records.Bench):
    """One contract under disputes."""

    NAME = "disputes"
    SERVICE = Disputes()

    def effective(self, *names: str | None) -> "Bench":
        assert self.play(fact("contract.accepted", 1, agreed(*names))) == []
        assert self.play(fact("contract.effective", 2, took_effect())) == []
        return self

    def open(self, *arguments: Any, sequence: int = 4, **changes: Any) -> Any:
        told = opening(*arguments, **{"at": self.at, **changes})
        return self.play(fact("dispute.opened", sequence, told, at=self.at))

    def lower(self, by: str, amount: Any, **where: Any) -> Any:
        message_id = where.pop("message_id", None) or f"c-{next(self.ids)}"
        return self.play(claim(by, amount, message_id, **{"at": self.at, **where}))

    def due(self, **where: Any) -> Any:
        return self.play(due(f"due-{next(self.ids)}", **{"at": self.at, **where}))
