"""The contracts of workload W1: fund, release everything, arrive at the payee's bank.

Every record is made and signed before the clock starts, so that the driver measures the pipeline
and not its own canonical JSON. The payer's account pays by itself as soon as the bank asks.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import rfc8785

from crps.replay.signing import Headers, signed_headers
from crps.stack.upstream import Upstream
from schemas.identifiers import contract_id as contract_id_of
from schemas.sandbox_v1 import AUTO_PAY_PREFIX
from schemas.values import written

_TEXT_DIGEST: Final = hashlib.sha256(b"Terms of a measured order.").hexdigest()
_HOUR_MS: Final = 3_600_000
_OFFER_LIVES: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wire:
    """A record ready to be sent."""

    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Deal:
    """One contract's two records: the order with both acceptances, and the payer's release."""

    key: bytes
    order: Wire
    release: Wire


def deals(upstream: Upstream, tag: str, count: int) -> Iterator[Deal]:
    """Yield ``count`` deals with parties and amounts of their own; ``tag`` tells runs apart."""
    now = datetime.now(UTC)
    for number in range(count):
        yield _deal(upstream, f"{tag}-{number}", 1_000 + number % 90_000, now)


def _deal(upstream: Upstream, order_id: str, amount: int, now: datetime) -> Deal:
    payer, payee = f"payer-{order_id}", f"payee-{order_id}"
    contract_id = str(contract_id_of(upstream.id, order_id, payee))
    terms = _terms(payer, payee, amount)
    acceptance = {
        "terms_version": 1,
        "terms_digest": hashlib.sha256(rfc8785.dumps(terms)).hexdigest(),
        "consent": "subjective_and_automatic",
    }
    order = {
        "order_id": order_id,
        "terms": terms,
        "offer_expires_at": written(now + _OFFER_LIVES),
        "acceptances": [{"party": party, **acceptance} for party in (payer, payee)],
    }
    envelope = {
        "specversion": "1.0",
        "source": upstream.id,
        "subject": contract_id,
        "time": written(now),
        "correlationid": order_id,
    }
    return Deal(
        contract_id.encode(),
        _signed(envelope, f"{contract_id}/order", "crps.order.placed.v1", order, upstream),
        _signed(
            envelope,
            f"{contract_id}/release",
            "crps.funds.release.v1",
            {"party": payer, "amount": "ALL"},
            upstream,
        ),
    )


def _terms(payer: str, payee: str, amount: int) -> dict[str, Any]:
    return {
        "version": 1,
        "payer": {"party": payer, "account": f"{AUTO_PAY_PREFIX}{payer}"},
        "payee": {"party": payee, "account": f"account-{payee}"},
        "asset": "CNY/2",
        "tranches": [
            {"amount": str(amount), "period": {"unit": "exact", "duration_ms": 24 * _HOUR_MS}}
        ],
        "odd_unit": "payee",
        "dispute": {"period_ms": 24 * _HOUR_MS, "silence_rule": True, "ending": "to_payee"},
        "budget": {"acts": 100, "proposals": 8},
        "rail": {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 0},
        "proof": "upstream",
        "text_digest": _TEXT_DIGEST,
    }


def _signed(
    envelope: dict[str, str], message_id: str, wire_type: str, data: Any, upstream: Upstream
) -> Wire:
    message = {**envelope, "id": message_id, "type": wire_type, "data": data}
    value = json.dumps(message, separators=(",", ":")).encode()
    return Wire(value, signed_headers(wire_type, value, upstream.id, upstream.key))
