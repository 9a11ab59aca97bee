"""Opening a dispute: the payer's command, and what contracts hands over to disputes (SPEC 6).

On the topics of contracts, beside ``contracts_v1``.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.contracts_v1 import Buckets, Role, Timed, TrancheName, TrancheNumber
from schemas.fields import (
    AssetCode,
    ClaimedMoney,
    Digest,
    Fact,
    Instant,
    Minor,
    Named,
    Request,
    Token,
)

ReasonCode = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"),
    Named("ReasonCode", "Why a party disputes, as a code; never prose, which could name a person."),
]


class OpenDispute(Request):
    """``crps.dispute.open.v1``: the payer claims back, as a total over the tranche.

    What it does not claim is its admission and settles at once (SPEC section 6). The tranche may
    be left out where there is only one.
    """

    party: Token
    claim: ClaimedMoney
    """``P*``: all that the payer should end with."""
    reason: ReasonCode
    evidence: Annotated[tuple[Digest, ...], Field(max_length=32)] = ()
    """Digests of what the payer would show; the evidence itself never comes here."""
    tranche: TrancheName | None = None


class DisputeClause(Fact):
    """How the dispute ends if its parties find no end, as both signed it (SPEC section 6)."""

    silence_rule: bool
    ending: Literal["to_payee", "to_payer", "ratio", "external"]
    fallback: Literal["to_payee", "to_payer", "ratio"] | None = None
    """Of ending ``external``: how it ends if nobody rules."""
    ratio_to_payee_bp: int | None = None
    """Of ending or fallback ``ratio``: basis points of what is left."""
    odd_unit: Role
    """Who gets the unit that a ratio cannot split."""


class DisputeRail(Fact):
    """What the rail leaves a dispute to work with."""

    minimum: Minor
    whole_only: bool
    """Nothing may move in part."""
    parts: Annotated[int, Field(ge=1)] | None = None
    """Instructions that the dispute may use up; absent where the rail does not count them."""


class DisputeOpened(Timed):
    """``crps.dispute.opened.v1``: what was free is contested; disputes alone decides about it.

    Self-contained, once a tranche. What the payer does not claim was attributed just before, by
    ``crps.funds.attributed.v1`` with the cause ``admission``.
    """

    tranche: TrancheNumber
    asset: AssetCode
    amount: Minor
    """The tranche's total."""
    claim: Minor
    """``P*``: all that the payer says it should end with."""
    reason: ReasonCode
    evidence: list[Digest]
    before: Buckets
    """After the admission, before the rest became contested."""
    after: Buckets
    clause: DisputeClause
    rail: DisputeRail
    proposals_budget: Annotated[int, Field(ge=1)]
    """Live proposals of each side."""
    opened_at: Instant
    """The instant at which contracts recorded it; a claim sent before it came too early."""
    deadline_at: Instant
    """``opened_at`` plus the signed dispute period; nothing shortens it."""
    ruling_deadline_at: Instant | None = None
    """Of ending ``external``: ``deadline_at`` plus the signed bound of a ruling."""
    adjudicator: Token | None = None
    """Who may rule until then; absent: nobody."""
    judged_at: Instant
    """The append time by which the opening was in time."""
