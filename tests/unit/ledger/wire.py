"""Records and turns for the ledger's shell, as the chassis would bring them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from schemas import topics
from schemas.registry import ADAPTERS
from services.chassis.inbox import Record, Turn
from services.ledger.handlers import Ledger
from tests.unit import records
from tests.unit.ledger.given import NOW

CONTRACTS = topics.CONTRACTS_EVENTS.name
DISPUTES = topics.DISPUTES_EVENTS.name
BANK = topics.bank_events("sandbox").name
LEDGER = Ledger(execution_window=timedelta(hours=24), new_uetr=uuid4)

TERMS: dict[str, Any] = {
    "payer": {"party": "p-1", "account": "acct-payer"},
    "payee": {"party": "p-2", "account": "acct-payee"},
    "asset": "CNY/2",
    "tranches": [{"amount": "6000"}, {"amount": "4000"}],
    "rail": {"name": "sandbox"},
    "anything": "a later version adds",
}
BUCKETS = {"free": "0", "contested": "0", "payee": "0", "payer": "0"}


def record(
    contract_id: UUID, topic: str, noun: str, message_id: str, told: Any, **attributes: Any
) -> Record:
    """Return a message as it comes out of the log."""
    return records.record(
        topic, noun, message_id, told, contract_id=contract_id, at=NOW, **attributes
    )


def decided(contract_id: UUID, sequence: int, noun: str, told: dict[str, Any]) -> Record:
    """Return an event of contracts."""
    return record(
        contract_id,
        CONTRACTS,
        noun,
        f"{contract_id}/contracts/{sequence}",
        {"timers": [], **told},
        sequence=sequence,
    )


def accepted(contract_id: UUID, **terms: Any) -> Record:
    told = {
        "upstream": "shop",
        "order_id": "o-1",
        "terms": TERMS | terms,
        "terms_digest": "ab" * 32,
        "offer_expires_at": (NOW + timedelta(hours=24)).isoformat(),
    }
    return decided(contract_id, 1, "contract.accepted", told)


def received(
    contract_id: UUID,
    receipt: str = "r1",
    amount: str = "10000",
    *,
    event_id: str | None = None,
    account: str = "acct-payer",
) -> Record:
    told = {
        "receipt": receipt,
        "money": {"amount": amount, "asset": "CNY/2"},
        "account": account,
    }
    return record(contract_id, BANK, "funds.received", event_id or f"bank-{receipt}", told)


def effective(contract_id: UUID, sequence: int = 2) -> Record:
    told = {
        "effective_at": NOW.isoformat(),
        "asset": "CNY/2",
        "total": "10000",
        "receipts": 1,
        "received": "10000",
        "tranches": [],
    }
    return decided(contract_id, sequence, "contract.effective", told)


def attributed(contract_id: UUID, sequence: int, to: str, amount: str) -> Record:
    signer = "payer" if to == "payee" else "payee"
    told = {
        "to": to,
        "cause": "release" if to == "payee" else "return",
        "kind": "subjective",
        "money": {"amount": amount, "asset": "CNY/2"},
        "parts": [{"tranche": 1, "amount": amount, "before": BUCKETS, "after": BUCKETS}],
        "authorisation": {"signer": signer, "basis": "live", "command_id": "c-1"},
        "judged_at": NOW.isoformat(),
    }
    return decided(contract_id, sequence, "funds.attributed", told)


def opened(contract_id: UUID, sequence: int, contested: str) -> Record:
    told = {
        "tranche": 1,
        "asset": "CNY/2",
        "amount": contested,
        "claim": contested,
        "reason": "damaged",
        "evidence": [],
        "before": BUCKETS | {"free": contested},
        "after": BUCKETS | {"contested": contested},
        "clause": {"silence_rule": True, "ending": "to_payee", "odd_unit": "payee"},
        "rail": {"minimum": "1", "whole_only": False},
        "proposals_budget": 8,
        "opened_at": NOW.isoformat(),
        "deadline_at": (NOW + timedelta(hours=72)).isoformat(),
        "judged_at": NOW.isoformat(),
    }
    return decided(contract_id, sequence, "dispute.opened", told)


def conceded(contract_id: UUID, sequence: int, to: str, amount: str, rests_on: int) -> Record:
    """Return what disputes attributes."""
    signer = "payer" if to == "payee" else "payee"
    told = {
        "timers": [],
        "to": to,
        "cause": "concession",
        "kind": "subjective",
        "money": {"amount": amount, "asset": "CNY/2"},
        "parts": [{"tranche": 1, "amount": amount, "before": BUCKETS, "after": BUCKETS}],
        "authorisation": {"signer": signer, "basis": "live", "command_id": "c-2"},
        "judged_at": NOW.isoformat(),
    }
    message_id = f"{contract_id}/disputes/{sequence}"
    opening = {"topic": CONTRACTS, "sequence": rests_on}
    return record(
        contract_id, DISPUTES, "funds.attributed", message_id, told,
        sequence=sequence, restson=opening,
    )  # fmt: skip


def reported(
    contract_id: UUID, instruction_id: str, status: str, amount: str, event_id: str
) -> Record:
    told = {
        "instruction_id": instruction_id,
        "attempt": 1,
        "money": {"amount": amount, "asset": "CNY/2"},
    }
    return record(contract_id, BANK, f"instruction.{status}", event_id, told)


def turn(contract_id: UUID) -> Turn:
    return Turn(contract_id, "ledger", NOW, {}, {})


def said(turn: Turn) -> list[tuple[str, Any]]:
    """Return what the turn emits as (noun, data)."""
    return [
        (
            outgoing.wire_type.removeprefix("crps.").removesuffix(".v1"),
            ADAPTERS[outgoing.topic, outgoing.wire_type].validate_json(outgoing.value).data,
        )
        for outgoing in turn.outgoing
    ]
