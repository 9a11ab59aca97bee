"""Records as the log would bring them, and a bench that plays them to the shell without I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from schemas import topics
from schemas.registry import ADAPTERS
from services.chassis.documents import read_document
from services.chassis.inbox import Hold, Outgoing, Record, Turn
from services.disputes.handlers import Disputes
from services.disputes.store import StoredDocket

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
CONTRACT_ID = UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
UPSTREAM = "shop-1"
PAYER, PAYEE = "party-payer-7", "party-payee-3"
FACTS, COMMANDS = topics.CONTRACTS_EVENTS.name, topics.DISPUTES_COMMANDS.name
_OFFSETS = count(1)


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
        "receipts": [],
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
        "opened_at": at.isoformat(),
        "deadline_at": (at + timedelta(hours=hours)).isoformat(),
        "judged_at": at.isoformat(),
        "timers": [],
        **changes,
    }


def money(amount: int | str, asset: str = "CNY/2") -> dict[str, str]:
    return {"amount": str(amount), "asset": asset}


def record(
    topic: str,
    noun: str,
    message_id: str,
    told: Any,
    *,
    at: datetime = START,
    contract_id: UUID = CONTRACT_ID,
    upstream: str | None = UPSTREAM,
    facts_read: bool = False,
    held: bool = False,
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
        document=read_document(value) if topic == COMMANDS else None,
        upstream=upstream if topic == COMMANDS and noun != "deadline.reached" else None,
        facts_read=facts_read,
        held=held,
    )


def fact(noun: str, sequence: int, told: Any, **where: Any) -> Record:
    """An event of contracts."""
    contract_id = where.get("contract_id", CONTRACT_ID)
    message_id = f"{contract_id}/contracts/{sequence}"
    return record(FACTS, noun, message_id, told, sequence=sequence, **where)


def claim(by: str, amount: Any, message_id: str, **where: Any) -> Record:
    """A statement of ``by``, whole minor units or whatever else a party may write."""
    tranche = where.pop("tranche", None)
    told = {"party": by, "claim": money(amount) if isinstance(amount, int) else amount}
    if tranche is not None:
        told["tranche"] = tranche
    return record(COMMANDS, "claim.lower", message_id, told, **where)


def due(message_id: str, *, tranche: int = 1, generation: int = 1, **where: Any) -> Record:
    told = {
        "timer": where.pop("timer", "dispute"),
        "tranche": tranche,
        "generation": generation,
        "due_at": where["at"].isoformat(),
    }
    return record(COMMANDS, "deadline.reached", message_id, told, **where)


@dataclass
class Bench:
    """One contract and what disputes said of it; time stands still until somebody moves it."""

    aggregate: StoredDocket | None = None
    at: datetime = START
    said: list[Outgoing] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: count(1))

    def wait(self, hours: float) -> "Bench":
        self.at += timedelta(hours=hours)
        return self

    def play(self, played: Record) -> list[dict[str, Any]] | Hold:
        """Apply one record in a turn of its own; returns the messages said, parsed."""
        known = self.aggregate
        turn = Turn(CONTRACT_ID, "disputes", self.at, {}, dict(known.sequences) if known else {})
        outcome = Disputes().apply(known, played, turn)
        if isinstance(outcome, Hold):
            assert turn.outgoing == []
            return outcome
        if outcome is not None:
            outcome.sequences = turn.sequences
        self.aggregate = outcome
        self.said += turn.outgoing
        return [json.loads(each.value) for each in turn.outgoing]

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


def types(said: list[Mapping[str, Any]]) -> list[str]:
    """The types of messages, in short."""
    return [str(each["type"]).removeprefix("crps.").removesuffix(".v1") for each in said]
