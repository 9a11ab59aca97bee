"""What upstreams, parties and strangers write: signed records for the topics of a world."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

from schemas import topics
from schemas.envelope import HMAC_HEADER, TYPE_HEADER, UPSTREAM_HEADER

from . import proofs

KEYS = {"shop": b"the shop's key", "rival": b"the rival's key"}
UPSTREAM = "shop"
ASSET = "CNY/2"
JUDGE = "judge"


@dataclass(frozen=True)
class Deal:
    """One contract as the upstream knows it."""

    contract_id: UUID
    payer: str
    payee: str
    payer_account: str
    amounts: tuple[int, ...]
    periods_ms: tuple[int, ...]
    minimum: int
    acts: int
    offer_expires_at: datetime
    accepted_by: tuple[str, ...]
    """Roles whose acceptance the order carries."""
    dispute_ms: int = 60_000
    silence_rule: bool = True
    ending: str | int = "to_payee"
    """A number is a ratio: basis points to the payee."""
    odd_unit: str = "payee"
    partial: str = "many"
    max_parts: int | None = None
    caps: tuple[tuple[str, int], ...] | None = None
    ruling_ms: int | None = None
    """Where the ending is external: then ``ending`` is its fallback."""
    has_adjudicator: bool = True
    proposals: int = 8
    signed: bool = False
    """Its parties sign what they do."""

    @property
    def total(self) -> int:
        return sum(self.amounts)

    @property
    def payee_account(self) -> str:
        return f"account-{self.payee}"

    def party(self, role: str) -> str:
        return self.payer if role == "payer" else self.payee

    def key(self, party: str) -> dict[str, str]:
        return {"key": proofs.public_key(party)} if self.signed else {}

    def terms(self) -> dict[str, Any]:
        caps = {} if self.caps is None else {"caps": dict(self.caps)}
        is_ratio = isinstance(self.ending, int)
        bound = {} if self.max_parts is None else {"max_parts": self.max_parts}
        division = {"ratio_to_payee_bp": self.ending} if is_ratio else self.ending
        clause: dict[str, Any] = {"ending": division}
        if self.ruling_ms is not None:
            clause = {"ending": "external", "fallback": division, "ruling_ms": self.ruling_ms}
        if self.has_adjudicator:
            clause["adjudicator"] = {"party": JUDGE, "key": proofs.public_key(JUDGE)}
        return {
            "version": 1,
            "payer": {"party": self.payer, "account": self.payer_account, **self.key(self.payer)},
            "payee": {"party": self.payee, "account": self.payee_account, **self.key(self.payee)},
            "asset": ASSET,
            "tranches": [
                {"amount": str(amount), "period": {"unit": "exact", "duration_ms": period}}
                for amount, period in zip(self.amounts, self.periods_ms, strict=True)
            ],
            "odd_unit": self.odd_unit,
            "dispute": {
                "period_ms": self.dispute_ms,
                "silence_rule": self.silence_rule,
                **clause,
            },
            **caps,
            "budget": {"acts": self.acts, "proposals": self.proposals},
            "rail": {
                "name": "sandbox",
                "minimum": str(self.minimum),
                "partial": self.partial,
                "margin_hours": 0,
                **bound,
            },
            "proof": "signature" if self.signed else "upstream",
            "text_digest": "0" * 64,
        }

    def acceptance(self) -> dict[str, Any]:
        return {
            "terms_version": 1,
            "terms_digest": hashlib.sha256(rfc8785.dumps(self.terms())).hexdigest(),
            "consent": "subjective_and_automatic",
        }


@dataclass(frozen=True)
class Letter:
    """A record that somebody outside writes; sent twice it is two records."""

    topic: str
    contract_id: UUID
    wire_type: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def key(self) -> bytes:
        return str(self.contract_id).encode()


def order_placed(
    deal: Deal, at: datetime, *, as_command: bool, acting: str | None = None
) -> Letter:
    """``acting``: who offers in place of the upstream; it can only try."""
    data: dict[str, Any] = {
        "order_id": f"order-{deal.contract_id}",
        "terms": deal.terms(),
        "offer_expires_at": written(deal.offer_expires_at),
        "acceptances": [
            {"party": deal.party(role), **deal.acceptance()} for role in deal.accepted_by
        ],
    }
    place = (
        (topics.CONTRACTS_COMMANDS.name, "crps.contract.offer.v1")
        if as_command
        else (topics.ORDERS_EVENTS.name, "crps.order.placed.v1")
    )
    if acting is not None:
        data["party"] = acting
    message_id = f"{deal.contract_id}/order{'' if acting is None else f'/{acting}'}"
    return _signed(*place, deal.contract_id, message_id, data, at)


def accept(deal: Deal, role: str, command_id: str, at: datetime, **other: Any) -> Letter:
    """``other`` stands in place of what would be right."""
    data = {"party": deal.party(role), **deal.acceptance(), **other}
    return command(deal, "crps.contract.accept.v1", command_id, data, at)


def decline(deal: Deal, party: str, command_id: str, at: datetime) -> Letter:
    return command(deal, "crps.contract.decline.v1", command_id, {"party": party}, at)


def revoke(deal: Deal, party: str, command_id: str, at: datetime) -> Letter:
    return command(deal, "crps.consent.revoke.v1", command_id, {"party": party}, at)


def move(deal: Deal, verb: str, party: str, command_id: str, at: datetime, **how: Any) -> Letter:
    """``verb`` is release or return; money among ``how`` is given in minor units."""
    return command(deal, f"crps.funds.{verb}.v1", command_id, _stated(party, how), at)


def move_deadline(
    deal: Deal, verb: str, party: str, command_id: str, at: datetime, to: datetime, **how: Any
) -> Letter:
    """``verb`` is extend or advance."""
    data = {"party": party, "to": written(to), **how}
    return command(deal, f"crps.deadline.{verb}.v1", command_id, data, at)


def open_dispute(deal: Deal, party: str, command_id: str, at: datetime, **how: Any) -> Letter:
    """The claim among ``how`` is given in minor units, or as it shall stand."""
    return command(deal, "crps.dispute.open.v1", command_id, _stated(party, how), at)


def lower_claim(
    deal: Deal, party: str, command_id: str, at: datetime, upstream: str = UPSTREAM, **how: Any
) -> Letter:
    """The claim among ``how`` is given in minor units, or as it shall stand."""
    return speak(deal, "claim.lower", party, command_id, at, upstream, **how)


def speak(
    deal: Deal,
    kind: str,
    party: str,
    command_id: str,
    at: datetime,
    upstream: str = UPSTREAM,
    **how: Any,
) -> Letter:
    """Any command to disputes; money among ``how`` is given in minor units."""
    place = topics.DISPUTES_COMMANDS.name, f"crps.{kind}.v1"
    letter = _signed(*place, deal.contract_id, command_id, _stated(party, how), at, upstream)
    return _proved(deal, party, letter)


def command(
    deal: Deal,
    wire_type: str,
    command_id: str,
    data: dict[str, Any],
    at: datetime,
    upstream: str = UPSTREAM,
) -> Letter:
    topic = topics.CONTRACTS_COMMANDS.name
    letter = _signed(topic, wire_type, deal.contract_id, command_id, data, at, upstream)
    return _proved(deal, data["party"], letter)


def forged_due(
    deal: Deal, timer: str, tranche: int, generation: int, at: datetime, *, to: str
) -> Letter:
    """``to`` is the service that gets it, whoever set such a timer."""
    data = {"timer": timer, "tranche": tranche, "generation": generation, "due_at": written(at)}
    wire_type = "crps.deadline.reached.v1"
    message_id = f"{deal.contract_id}/due/{tranche}/{timer}/{generation}"
    value = _envelope(wire_type, deal.contract_id, message_id, "somebody", data, at)
    headers = ((TYPE_HEADER, wire_type.encode()),)
    return Letter(f"crps.{to}.commands.v1", deal.contract_id, wire_type, value, headers)


def payment(
    deal: Deal,
    receipt: str,
    amount: int,
    at: datetime,
    *,
    order_id: str,
    account: str | None = None,
    asset: str = ASSET,
) -> Letter:
    """``order_id`` is what the payer calls its order; the receipt is the bank's reference."""
    data = {
        "receipt": receipt,
        "money": {"amount": str(amount), "asset": asset},
        "account": account or deal.payer_account,
    }
    wire_type = "crps.payment.order.v1"
    value = _envelope(wire_type, deal.contract_id, order_id, "payer", data, at)
    headers = ((TYPE_HEADER, wire_type.encode()),)
    return Letter(topics.SANDBOX_COMMANDS.name, deal.contract_id, wire_type, value, headers)


def unsigned(letter: Letter) -> Letter:
    """Return the letter as somebody without the key would send it."""
    headers = tuple((n, b"0" * 64 if n == HMAC_HEADER else v) for n, v in letter.headers)
    return replace(letter, headers=headers)


def written(instant: datetime) -> str:
    utc = instant.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _proved(deal: Deal, party: str, letter: Letter) -> Letter:
    if not deal.signed and party != JUDGE:
        return letter
    return replace(letter, headers=(*letter.headers, *proofs.borne(letter.value, party)))


def _stated(party: str, how: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"party": party}
    for name, value in how.items():
        is_money = isinstance(value, int) and name != "tranche"
        data[name] = {"amount": str(value), "asset": ASSET} if is_money else value
    return data


def _signed(
    topic: str,
    wire_type: str,
    contract_id: UUID,
    message_id: str,
    data: dict[str, Any],
    at: datetime,
    upstream: str = UPSTREAM,
) -> Letter:
    value = _envelope(wire_type, contract_id, message_id, upstream, data, at)
    signature = hmac.digest(KEYS[upstream], value, "sha256").hex()
    headers = (
        (TYPE_HEADER, wire_type.encode()),
        (UPSTREAM_HEADER, upstream.encode()),
        (HMAC_HEADER, signature.encode()),
    )
    return Letter(topic, contract_id, wire_type, value, headers)


def _envelope(
    wire_type: str,
    contract_id: UUID,
    message_id: str,
    source: str,
    data: dict[str, Any],
    at: datetime,
) -> bytes:
    body = {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": wire_type,
        "subject": str(contract_id),
        "time": written(at),
        "data": data,
    }
    return json.dumps(body).encode()
