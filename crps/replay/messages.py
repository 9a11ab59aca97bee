"""A plan in the upstream's words: the signed terms, the order, the payment, the parties' acts.

Pure: plan and instants in, records out. The terms are the same for every contract but for its
parties, its total and its periods; they say everything, since nothing has a default.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785

from crps.replay.plan import ContractPlan, PlannedAct, PlannedDispute
from crps.replay.schedule import compressed_ms, dispute_period, whole_ms
from crps.replay.signing import Headers, plain_headers, signed_headers
from crps.stack.upstream import Upstream
from schemas import topics
from schemas.values import written

TEXT_DIGEST: Final = hashlib.sha256(b"Terms of a replayed order.").hexdigest()
"""The human-readable text that both parties of every replayed order are taken to have read."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be sent. The key is the contract id; `id` is its envelope's."""

    topic: str
    contract_id: UUID
    id: str
    value: bytes
    headers: Headers

    @property
    def key(self) -> bytes:
        """The contract id as it must be spelled."""
        return str(self.contract_id).encode()


def terms(plan: ContractPlan, scale_ms: int) -> dict[str, Any]:
    """Return the terms that both parties of the plan sign, with compressed periods."""
    return {
        "version": 1,
        "payer": {"party": plan.payer, "account": _account(plan.payer)},
        "payee": {"party": plan.payee, "account": _account(plan.payee)},
        "asset": plan.asset,
        "tranches": [
            {
                "amount": str(plan.total_minor),
                "period": {
                    "unit": "exact",
                    "duration_ms": compressed_ms(plan.chain_period, scale_ms),
                },
            }
        ],
        "odd_unit": "payee",
        "dispute": {
            # Terms always say how a dispute would end, whether or not there will be one.
            "period_ms": whole_ms(dispute_period(plan, scale_ms)),
            "silence_rule": True,
            "ending": "to_payee",
        },
        "budget": {"acts": 100, "proposals": 8},
        "rail": {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 0},
        "proof": "upstream",
        "text_digest": TEXT_DIGEST,
    }


def order_placed(
    plan: ContractPlan,
    contract_id: UUID,
    upstream: Upstream,
    *,
    scale_ms: int,
    at: datetime,
    offer_expires_at: datetime,
) -> Outgoing:
    """Return the offer of one contract, with the acceptances of both parties."""
    document = terms(plan, scale_ms)
    acceptance = {
        "terms_version": document["version"],
        "terms_digest": hashlib.sha256(rfc8785.dumps(document)).hexdigest(),
        "consent": "subjective_and_automatic",
    }
    data = {
        "order_id": plan.order_id,
        "terms": document,
        "offer_expires_at": written(offer_expires_at),
        "acceptances": [{"party": party, **acceptance} for party in (plan.payer, plan.payee)],
    }
    return _signed(
        topics.ORDERS_EVENTS.name,
        "crps.order.placed.v1",
        order_id(contract_id),
        plan,
        contract_id,
        upstream,
        at,
        data,
    )


def payment_order(
    plan: ContractPlan, contract_id: UUID, upstream: Upstream, *, at: datetime
) -> Outgoing:
    """Return what the payer tells its bank: pay the whole total from its registered account."""
    wire_type = "crps.payment.order.v1"
    data = {
        "receipt": f"{contract_id}/payment",
        "money": _money(plan, plan.total_minor),
        "account": _account(plan.payer),
    }
    message_id = f"{contract_id}/payment"
    value = _envelope(wire_type, message_id, upstream.id, plan, contract_id, at, data)
    return Outgoing(
        topics.SANDBOX_COMMANDS.name, contract_id, message_id, value, plain_headers(wire_type)
    )


def order_id(contract_id: UUID) -> str:
    """Return the id of the record that offers a contract."""
    return f"{contract_id}/order"


def act_id(contract_id: UUID, number: int) -> str:
    """Return the command id of a contract's act, counted from 1."""
    return f"{contract_id}/act/{number}"


def opening_id(contract_id: UUID) -> str:
    """Return the command id by which a contract's dispute is opened."""
    return f"{contract_id}/dispute"


def answer_id(contract_id: UUID) -> str:
    """Return the command id of the payee's answer in a contract's dispute."""
    return f"{contract_id}/answer"


def act(
    plan: ContractPlan,
    planned: PlannedAct,
    contract_id: UUID,
    upstream: Upstream,
    *,
    number: int,
    at: datetime,
) -> Outgoing:
    """Return a release by the payer or a return by the payee."""
    amount = "ALL" if planned.amount == "ALL" else _money(plan, planned.amount)
    return _signed(
        topics.CONTRACTS_COMMANDS.name,
        f"crps.funds.{planned.kind}.v1",
        act_id(contract_id, number),
        plan,
        contract_id,
        upstream,
        at,
        {"party": plan.payer if planned.kind == "release" else plan.payee, "amount": amount},
    )


def opening(
    plan: ContractPlan,
    dispute: PlannedDispute,
    contract_id: UUID,
    upstream: Upstream,
    *,
    at: datetime,
) -> Outgoing:
    """Return the payer's opening of a dispute; its reason is what it claims back."""
    return _signed(
        topics.CONTRACTS_COMMANDS.name,
        "crps.dispute.open.v1",
        opening_id(contract_id),
        plan,
        contract_id,
        upstream,
        at,
        {
            "party": plan.payer,
            "claim": _money(plan, dispute.claim_minor),
            "reason": dispute.claim,
            # The review would be the evidence; what stands in for it is its order.
            "evidence": [hashlib.sha256(plan.order_id.encode()).hexdigest()],
        },
    )


def answer(
    plan: ContractPlan, claim_minor: int, contract_id: UUID, upstream: Upstream, *, at: datetime
) -> Outgoing:
    """Return the payee's answer: all that it says it should end with."""
    return _signed(
        topics.DISPUTES_COMMANDS.name,
        "crps.claim.lower.v1",
        answer_id(contract_id),
        plan,
        contract_id,
        upstream,
        at,
        {"party": plan.payee, "claim": _money(plan, claim_minor)},
    )


def _signed(
    topic: str,
    wire_type: str,
    command_id: str,
    plan: ContractPlan,
    contract_id: UUID,
    upstream: Upstream,
    at: datetime,
    data: dict[str, Any],
) -> Outgoing:
    value = _envelope(wire_type, command_id, upstream.id, plan, contract_id, at, data)
    headers = signed_headers(wire_type, value, upstream.id, upstream.key)
    return Outgoing(topic, contract_id, command_id, value, headers)


def _envelope(
    wire_type: str,
    message_id: str,
    source: str,
    plan: ContractPlan,
    contract_id: UUID,
    at: datetime,
    data: dict[str, Any],
) -> bytes:
    envelope = {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": wire_type,
        "subject": str(contract_id),
        "time": written(at),
        "correlationid": plan.order_id,
        "data": data,
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def _money(plan: ContractPlan, minor: int) -> dict[str, str]:
    return {"amount": str(minor), "asset": plan.asset}


def _account(party: str) -> str:
    """Return the token of a party's registered account; it does not pay by itself."""
    return f"account-{party}"
