"""What each event says in words: who claims what, what settled at once, how the rest ends.

A person must be able to read it from the timeline (SPEC sections 6 and 8).
"""

from collections.abc import Callable
from typing import Any, Final

from schemas.currencies import EXPONENTS

_ENDINGS: Final = {
    "settled": "the parties left nothing contested",
    "proposal": "a proposal was accepted",
    "ruling": "the adjudicator ruled on what was contested",
    "silence": "the payee never answered and lost what was contested",
    "to_payee": "the signed ending gave what was contested to the payee",
    "to_payer": "the signed ending gave what was contested to the payer",
    "ratio": "the signed ratio split what was contested",
}


def say(wire_type: str, data: dict[str, Any]) -> str:
    """Return what an event of this type tells; empty where its type says it all."""
    told = _SAID.get(wire_type)
    if told is not None:
        return told(data)
    if "money" in data:
        return f"{_money(data['money'])} {data.get('cause', '')}".strip()
    if "receipt" in data:
        return f"receipt {data['receipt']} {data.get('amount', '')}"
    if "tranches" in data:
        return ", ".join(f"tranche {t['tranche']} until {t['deadline_at']}"
                         for t in data["tranches"])  # fmt: skip
    return ""


def _say_attributed(data: dict[str, Any]) -> str:
    signed = data["authorisation"]
    by = signed["basis"] if signed["basis"] == "live" else f"clause {signed['clause']}"
    return (
        f"{_money(data['money'])} to the {data['to']}: {data['cause']}, signed by the"
        f" {signed['signer']} ({by})"
    )


def _say_moved(data: dict[str, Any]) -> str:
    way = "later" if data["by"] == "payee" else "earlier"
    return (
        f"tranche {data['tranche']}: the {data['by']} moves the deadline {way}, from"
        f" {data['before']} to {data['after']}"
    )


def _say_opened(data: dict[str, Any]) -> str:
    payee, contested = (
        amount_in_words(data["after"][bucket], data["asset"]) for bucket in ("payee", "contested")
    )
    return (
        f"tranche {data['tranche']}: the payer claims {_in(data, 'claim')} of"
        f" {_in(data, 'amount')} ({data['reason']}); {payee} is the payee's, {contested} is"
        f" contested until {data['deadline_at']}"
    )


def _say_registered(data: dict[str, Any]) -> str:
    return (
        f"tranche {data['tranche']}: disputes alone decides about {_in(data, 'contested')} until"
        f" {data['deadline_at']}"
    )


def _say_stated(data: dict[str, Any]) -> str:
    own = data[f"{data['by']}_claim"]
    return (
        f"tranche {data['tranche']}: the {data['by']} claims {amount_in_words(own, data['asset'])};"
        f" {_in(data, 'contested')} is still contested"
    )


def _say_made(data: dict[str, Any]) -> str:
    return (
        f"tranche {data['tranche']}: the {data['by']} proposes {data['proposal']}, until"
        f" {data['expires_at']}: {_say_division(data)}"
    )


def _say_accepted(data: dict[str, Any]) -> str:
    return (
        f"tranche {data['tranche']}: the {data['by']} accepts {data['proposal']}:"
        f" {_say_division(data)}"
    )


def _say_withdrawn(data: dict[str, Any]) -> str:
    return f"tranche {data['tranche']}: the {data['by']} withdraws {data['proposal']}"


def _say_voided(data: dict[str, Any]) -> str:
    return (
        f"tranche {data['tranche']}: {', '.join(data['proposals'])} can no longer be accepted;"
        f" {_in(data, 'contested')} is still contested"
    )


def _say_ruled(data: dict[str, Any]) -> str:
    return (
        f"tranche {data['tranche']}: {data['adjudicator']} rules that the payee ends with"
        f" {_in(data, 'payee_total')}: {_say_division(data)}"
    )


def _say_division(data: dict[str, Any]) -> str:
    return f"{_in(data, 'to_payee')} to the payee, {_in(data, 'to_payer')} to the payer"


def _say_ended(data: dict[str, Any]) -> str:
    return f"tranche {data['tranche']}: {_ENDINGS[data['ending']]}; {_say_shares(data)}"


def _say_tranche(data: dict[str, Any]) -> str:
    return f"tranche {data['tranche']}: {_say_shares(data)}"


def _say_shares(data: dict[str, Any]) -> str:
    return f"{_in(data, 'payee')} is the payee's, {_in(data, 'payer')} the payer's"


_SAID: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "crps.funds.attributed.v1": _say_attributed,
    "crps.deadline.moved.v1": _say_moved,
    "crps.consent.revoked.v1": lambda data: f"the {data['by']} revokes its consent, for the future",
    "crps.dispute.opened.v1": _say_opened,
    "crps.dispute.registered.v1": _say_registered,
    "crps.claim.stated.v1": _say_stated,
    "crps.proposal.made.v1": _say_made,
    "crps.proposal.accepted.v1": _say_accepted,
    "crps.proposal.withdrawn.v1": _say_withdrawn,
    "crps.proposal.voided.v1": _say_voided,
    "crps.ruling.made.v1": _say_ruled,
    "crps.dispute.ended.v1": _say_ended,
    "crps.tranche.attributed.v1": _say_tranche,
}
"""Wire type -> what its event says, in words."""


def _in(data: dict[str, Any], name: str) -> str:
    return amount_in_words(data[name], data["asset"])


def _money(money: dict[str, str]) -> str:
    return amount_in_words(money["amount"], money["asset"])


def amount_in_words(minor: str, asset: str) -> str:
    """Return minor units as a person reads them: ``14755`` of ``BRL/2`` is ``147.55 BRL``."""
    currency = asset.partition("/")[0]
    exponent = EXPONENTS[currency]
    digits = minor.rjust(exponent + 1, "0")
    whole, decimals = (digits[:-exponent], digits[-exponent:]) if exponent else (digits, "")
    return f"{whole}{'.' if decimals else ''}{decimals} {currency}"
