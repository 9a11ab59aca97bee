"""The terms as a scenario file says them, and the document both parties sign.

Amounts, asset and lengths are taken as they stand, right or wrong: the rules under test judge
them. What the file leaves out the runner writes, since terms themselves have no defaults.
"""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

import rfc8785
from pydantic import Field, StrictFloat, StrictInt, model_validator

from crps.scenario.signatures import key_in_terms
from crps.scenario.words import Instant, Strict, read_instant
from schemas.rails import RAILS

Role = Literal["payer", "payee"]
Hours = StrictInt | StrictFloat

_HOUR_MS: Final = 3_600_000
_SANDBOX: Final = "sandbox"


class Period(Strict):
    """A chain period: exact, or in days of a zone."""

    hours: Hours | None = None
    calendar_days: int | None = None
    business_days: int | None = None
    zone: str | None = None
    cutoff: str | None = None
    calendar: str | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if len(self.model_fields_set & {"hours", "calendar_days", "business_days"}) != 1:
            raise ValueError("give exactly one of hours, calendar_days and business_days")
        return self

    def document(self) -> dict[str, Any]:
        """Return the period as the terms state it."""
        if self.hours is not None:
            return {"unit": "exact", "duration_ms": _ms(self.hours)}
        unit = "business_days" if self.calendar_days is None else "calendar_days"
        return _without_none(
            unit=unit,
            days=getattr(self, unit),
            zone=self.zone,
            cutoff=self.cutoff,
            calendar=self.calendar,
        )


class Tranche(Strict):
    """A part of the total."""

    amount: Any
    period: Period
    name: str | None = None


class Exact(Strict):
    """A length that is always exact."""

    hours: Hours


class Ratio(Strict):
    """A share of what is still contested."""

    ratio_to_payee: Annotated[str, Field(pattern=r"^(0(\.[0-9]{1,4})?|1(\.0{1,4})?)$")]


Ending = Literal["to_payee", "to_payer", "external"] | Ratio


class Dispute(Strict):
    """How a dispute ends, signed beforehand."""

    period: Exact = Exact(hours=72)
    silence_rule: bool = True
    ending: Ending = "to_payee"
    fallback: Ending | None = None
    ruling_hours: Hours | None = None
    adjudicator: bool = False

    def document(self) -> dict[str, Any]:
        """Return the clause as the terms state it."""
        document = {
            "period_ms": _ms(self.period.hours),
            "silence_rule": self.silence_rule,
            "ending": _ending(self.ending),
        }
        if self.ruling_hours is not None:
            document["ruling_ms"] = _ms(self.ruling_hours)
        if self.fallback is not None:
            document["fallback"] = _ending(self.fallback)
        if self.adjudicator:
            key = key_in_terms("adjudicator")
            document["adjudicator"] = {"party": "adjudicator", "key": key}
        return document


def _ending(ending: Ending) -> object:
    if isinstance(ending, Ratio):
        return {"ratio_to_payee_bp": int(Decimal(ending.ratio_to_payee) * 10_000)}
    return ending


class Caps(Strict):
    """How far deadlines may move, in all."""

    extend_hours: Hours | None = None
    advance_hours: Hours | None = None


class Rail(Strict):
    """What a rail declares; the sandbox can do everything."""

    max_hold_hours: int | None = None
    margin_hours: int = 24
    partial: Literal["many", "none", "single_shot"] = "many"
    max_parts: int | None = None
    minimum: Any = "1"
    currencies: list[str] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as the terms pin it; currencies may be written as assets are."""
        said = self.model_dump()
        if self.currencies is not None:
            said["currencies"] = [currency.partition("/")[0] for currency in self.currencies]
        return {"name": _SANDBOX, **said}


class Budget(Strict):
    """Acts a tranche and side, live proposals a side."""

    acts: int = 100
    proposals: int = 8


class Deal(Strict):
    """What a scenario's ``terms`` say."""

    asset: Any
    tranches: Annotated[list[Tranche], Field(min_length=1)]
    starts: Instant = read_instant("2026-01-05T04:00:00Z")
    dispute: Dispute = Dispute()
    odd_unit: Role = "payee"
    caps: Caps | None = None
    rail: str | Rail = "sandbox"
    signatures: Literal["none", "required"] = "none"
    offer_hours: Hours = 24
    budget: Budget = Budget()
    same: Literal["party", "account"] | None = None

    @property
    def total(self) -> int | None:
        """The sum of the tranches in minor units; None where one of them is no amount."""
        amounts = [str(tranche.amount) for tranche in self.tranches]
        return sum(map(int, amounts)) if all(a.isdecimal() for a in amounts) else None

    def document(self) -> dict[str, Any]:
        """Return the terms that both sign; raises ``NotYetKnownError``."""
        payee = "payer" if self.same == "party" else "payee"
        document = {
            "version": 1,
            "payer": self._side("payer", "payer", "payer"),
            "payee": self._side(payee, "payer" if self.same == "account" else "payee", "payee"),
            "asset": self.asset,
            "tranches": [
                _without_none(name=each.name, amount=each.amount, period=each.period.document())
                for each in self.tranches
            ],
            "odd_unit": self.odd_unit,
            "dispute": self.dispute.document(),
            "budget": self.budget.model_dump(),
            "rail": self._rail(),
            "proof": "signature" if self.signatures == "required" else "upstream",
            "text_digest": hashlib.sha256(b"Terms of a scenario.").hexdigest(),
        }
        if self.caps is not None:
            lengths = (self.caps.extend_hours, self.caps.advance_hours)
            extend_ms, advance_ms = (None if h is None else _ms(h) for h in lengths)
            document["caps"] = _without_none(extend_ms=extend_ms, advance_ms=advance_ms)
        return document

    def _rail(self) -> dict[str, Any]:
        """Return what is pinned of the rail; of one that nobody declared, what the sandbox can."""
        if isinstance(self.rail, Rail):
            return _without_none(**self.rail.document())
        declared = RAILS.get(self.rail, RAILS[_SANDBOX])
        return {**declared.model_dump(mode="json", exclude_none=True), "name": self.rail}

    def _side(self, party: str, account: str, signer: str) -> dict[str, str]:
        side = {"party": party, "account": account_of(account)}
        return side | {"key": key_in_terms(signer)} if self.signatures == "required" else side


def account_of(owner: str) -> str:
    """Return the opaque token of somebody's account."""
    return f"account-{owner}"


def digest_of(document: Mapping[str, Any]) -> str:
    """Return SHA-256 over the terms' canonical form (SPEC section 1)."""
    return hashlib.sha256(rfc8785.dumps(dict(document))).hexdigest()


def _without_none(**said: Any) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _ms(hours: float) -> int:
    return round(hours * _HOUR_MS)
