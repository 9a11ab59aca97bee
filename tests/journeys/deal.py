"""A good deal, message by message, that a journey may play or spoil."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import rfc8785

from crps.replay.signing import signed_headers
from crps.stack.upstream import Upstream
from schemas import topics

from .play import Headers

ORDERS = topics.ORDERS_EVENTS.name
COMMANDS = topics.CONTRACTS_COMMANDS.name
BANK = topics.bank_events("sandbox").name

PLACED = "crps.order.placed.v1"
OFFER = "crps.contract.offer.v1"
RELEASE = "crps.funds.release.v1"
DUE = "crps.deadline.reached.v1"
FUNDS = "crps.funds.received.v1"
ARRIVED = "crps.instruction.arrived.v1"

PAYER, PAYEE = "payer-1", "payee-1"


def instant(after: timedelta = timedelta(0)) -> str:
    """Now, or a while from now, as the wire writes it."""
    return (datetime.now(UTC) + after).isoformat(timespec="microseconds").replace("+00:00", "Z")


def terms(**changes: Any) -> dict[str, Any]:
    """Terms over 100.00 CNY whose payer's bank pays as soon as it is asked."""
    return {
        "version": 1,
        "payer": {"party": PAYER, "account": "auto-payer-1"},
        "payee": {"party": PAYEE, "account": "account-payee-1"},
        "asset": "CNY/2",
        "tranches": [{"amount": "10000", "period": {"unit": "exact", "duration_ms": 3_600_000}}],
        "odd_unit": "payee",
        "dispute": {"period_ms": 3_600_000, "silence_rule": True, "ending": "to_payee"},
        "budget": {"acts": 100, "proposals": 8},
        "rail": {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 0},
        "proof": "upstream",
        "text_digest": hashlib.sha256(b"Terms of a journey.").hexdigest(),
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    """The data of an order with both acceptances; ``changes`` go into its terms."""
    document = terms(**changes)
    try:
        digest = hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    except rfc8785.CanonicalizationError:
        digest = "0" * 64
    acceptance = {
        "terms_version": 1,
        "terms_digest": digest,
        "consent": "subjective_and_automatic",
    }
    return {
        "order_id": "order-1",
        "terms": document,
        "offer_expires_at": instant(timedelta(minutes=10)),
        "acceptances": [{"party": party, **acceptance} for party in (PAYER, PAYEE)],
    }


def release(amount: Any = "ALL", party: str = PAYER) -> dict[str, Any]:
    """The data of a release."""
    return {"party": party, "amount": amount}


def message(contract_id: UUID, wire_type: str, data: Any, message_id: str) -> bytes:
    """A whole message as bytes."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": message_id,
            "source": "journey",
            "type": wire_type,
            "subject": str(contract_id),
            "time": instant(),
            "data": data,
        }
    ).encode()


def headers(wire_type: str, value: bytes, upstream: Upstream) -> Headers:
    """The headers of a well-signed record."""
    return tuple(signed_headers(wire_type, value, upstream.id, upstream.key))
