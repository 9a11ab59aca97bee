"""The terms both parties sign: amounts, periods, clauses, rail; hashed as canonical JSON.

There are no hidden defaults: what the parties did not write is not part of their deal. The
digest is SHA-256 over the RFC 8785 form of exactly these fields (SPEC section 1).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic_core import CoreSchema

from schemas.fields import ClaimedAsset, ClaimedMinor, Digest, PublicKey, Request, Token
from schemas.periods_v1 import BusinessDaysPeriod, CalendarDaysPeriod

Hours = Annotated[int, Field(strict=True, ge=1, le=10 * 366 * 24)]
PeriodMs = Annotated[int, Field(strict=True, ge=-(10**15), le=10**15)]
"""A length in milliseconds; the rules refuse zero and negative ones as ``PERIOD_INVALID``."""


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class PartyTerms(Request):
    """One side: a pseudonymous party and the opaque token of its registered account."""

    party: Token
    account: Token
    """The only account from which and to which this side's money can go."""
    key: PublicKey | None = None
    """Under which alone this side's proofs are valid (SPEC section 3)."""


class ExactPeriod(Request):
    """A chain period of exact duration (SPEC section 3)."""

    unit: Literal["exact"]
    duration_ms: PeriodMs
    """Milliseconds from the instant at which the contract becomes effective."""


Period = Annotated[
    ExactPeriod | CalendarDaysPeriod | BusinessDaysPeriod, Field(discriminator="unit")
]


class TrancheTerms(Request):
    """A part of the total with a deadline of its own."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None
    """By which acts may name it, besides its number."""
    amount: ClaimedMinor
    period: Period
    """The chain period: at its end what is still free arrives at the payee."""


class RatioEnding(Request):
    """A signed split of what is still contested, in basis points to the payee."""

    ratio_to_payee_bp: Annotated[int, Field(strict=True, ge=0, le=10_000)]


Division = Literal["to_payee", "to_payer"] | RatioEnding
"""Where money goes without anybody's judgement."""


class AdjudicatorTerms(Request):
    """Whoever may rule on a dispute: neither party, and under no key of theirs."""

    party: Token
    key: PublicKey
    """A ruling is always signed with it."""


class DisputeTerms(Request):
    """How a dispute ends, signed beforehand (SPEC section 6)."""

    period_ms: PeriodMs
    """How long a dispute may last, in milliseconds."""
    silence_rule: Annotated[bool, Field(strict=True)]
    """Whether a payee that neither stated a claim nor made a proposal loses what is contested."""
    ending: Division | Literal["external"]
    """Where what is still contested goes at the dispute's deadline; `external`: a ruling says."""
    ruling_ms: PeriodMs | None = None
    """With `external` only: until how long after the dispute's deadline a ruling may come."""
    fallback: Division | None = None
    """With `external` only: where it goes if none comes."""
    adjudicator: AdjudicatorTerms | None = None
    """Who may rule under the ending `external`; absent: nobody."""

    @model_validator(mode="after")
    def _external_is_bounded(self) -> Self:
        for name in ("ruling_ms", "fallback"):
            if (getattr(self, name) is not None) != (self.ending == "external"):
                raise ValueError(f"{name} goes with the ending external, and only with it")
        return self


class CapsTerms(Request):
    """How far the parties may move deadlines, in all from the first one (SPEC section 4).

    Each bounds the distance between a tranche's first deadline and any later one.
    """

    extend_ms: PeriodMs | None = None
    """The payee may extend by as many milliseconds; absent: extension is not offered."""
    advance_ms: PeriodMs | None = None
    """The payer may advance by as many milliseconds, by none if 0; absent: without a bound."""


class RailTerms(Request):
    """The rail and the capabilities it declared, pinned in the digest (SPEC section 3).

    `schemas/rails` declares each rail in this shape; terms may promise less, never more.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,29}$")]
    """Which bank connector executes the contract."""
    minimum: ClaimedMinor
    """The smallest amount that it moves."""
    partial: Literal["many", "none", "single_shot"]
    """Whether what it holds may be settled in parts."""
    max_parts: Annotated[int, Field(strict=True, ge=1)] | None = None
    """How many parts at most."""
    max_hold_hours: Hours | None = None
    """How long it can hold money."""
    margin_hours: Annotated[int, Field(strict=True, ge=0, le=10 * 366 * 24)]
    """What it needs between the last decision and the end of its hold."""
    currencies: Annotated[list[Currency], Field(min_length=1)] | None = None
    """ISO 4217 codes of what it moves; absent: every currency."""


class Budget(Request):
    """How many acts a tranche and side, and live proposals a side, the terms allow."""

    acts: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    """Applied releases and returns, of each tranche and side."""
    proposals: Annotated[int, Field(strict=True, ge=1, le=100)]
    """Live proposals of each side in a dispute."""


class Terms(Request):
    """The signed document."""

    version: Annotated[int, Field(strict=True, ge=1, le=1)]
    """Of this document's form."""
    payer: PartyTerms
    payee: PartyTerms
    asset: ClaimedAsset
    tranches: Annotated[list[TrancheTerms], Field(min_length=1, max_length=1000)]
    """The parts of the total, each with a deadline of its own; an ordinary sale has one."""
    odd_unit: Literal["payee", "payer"]
    """Who gets the unit that a ratio cannot split."""
    dispute: DisputeTerms
    caps: CapsTerms | None = None
    """Absent is the same as empty: no extension, advances without a bound."""
    budget: Budget
    rail: RailTerms
    proof: Literal["upstream", "signature"]
    """What an act needs: the upstream's HMAC, or besides it the party's own signature."""
    text_digest: Digest
    """SHA-256 of the human-readable contract text, which we never store."""

    @model_validator(mode="after")
    def _signatures_need_keys(self) -> Self:
        if self.proof == "signature" and None in (self.payer.key, self.payee.key):
            raise ValueError("proof by signature needs the keys of both parties")
        return self


class _ShapeOfTerms:
    """Publishes the schema of ``Terms`` for a document that is kept as it was written."""

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(Terms.__pydantic_core_schema__)


TermsDocument = Annotated[dict[str, Any], _ShapeOfTerms()]
"""The terms exactly as they were written, since their canonical form is what both signed; whoever
needs their content reads it as ``Terms``."""
