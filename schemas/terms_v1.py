"""The terms both parties sign: amounts, periods, clauses, rail; hashed as canonical JSON.

There are no hidden defaults: what the parties did not write is not part of their deal. The
digest is SHA-256 over the RFC 8785 form of exactly these fields (SPEC section 1).
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.fields import ClaimedAsset, ClaimedMinor, Digest, Request, Token

Hours = Annotated[int, Field(strict=True, ge=1, le=10 * 366 * 24)]
PeriodMs = Annotated[int, Field(strict=True, ge=-(10**15), le=10**15)]
"""A length in milliseconds; the rules refuse zero and negative ones as ``PERIOD_INVALID``."""


class PartyTerms(Request):
    """One side: a pseudonymous party and the opaque token of its registered account."""

    party: Token
    account: Token


class ExactPeriod(Request):
    """A chain period of exact duration (SPEC section 3)."""

    unit: Literal["exact"]
    duration_ms: PeriodMs


class TrancheTerms(Request):
    """A part of the total with a deadline of its own."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None
    amount: ClaimedMinor
    period: ExactPeriod


class RatioEnding(Request):
    """A signed split of what is still contested, in basis points to the payee."""

    ratio_to_payee_bp: Annotated[int, Field(strict=True, ge=0, le=10_000)]


class DisputeTerms(Request):
    """How a dispute ends, signed beforehand (SPEC section 6)."""

    period_ms: PeriodMs
    silence_rule: Annotated[bool, Field(strict=True)]
    ending: Literal["to_payee", "to_payer"] | RatioEnding


class RailTerms(Request):
    """The rail and the capabilities it declared, pinned in the digest (SPEC section 3)."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,29}$")]
    minimum: ClaimedMinor
    partial: Literal["many", "none", "single_shot"]
    max_parts: Annotated[int, Field(strict=True, ge=1)] | None = None
    max_hold_hours: Hours | None = None
    margin_hours: Annotated[int, Field(strict=True, ge=0, le=10 * 366 * 24)]


class Budget(Request):
    """How many acts a tranche and side, and live proposals a side, the terms allow."""

    acts: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    proposals: Annotated[int, Field(strict=True, ge=1, le=100)]


class Terms(Request):
    """The signed document."""

    version: Annotated[int, Field(strict=True, ge=1, le=1)]
    payer: PartyTerms
    payee: PartyTerms
    asset: ClaimedAsset
    tranches: Annotated[list[TrancheTerms], Field(min_length=1, max_length=1000)]
    odd_unit: Literal["payee", "payer"]
    dispute: DisputeTerms
    budget: Budget
    rail: RailTerms
    proof: Literal["upstream"]
    """Whose word is enough for an act: the upstream's HMAC."""
    text_digest: Digest
    """SHA-256 of the human-readable contract text, which we never store."""
