"""Lowering a claim: what a party no longer claims is the other's at once (SPEC section 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from schemas.refusals import Code
from schemas.values import Money
from services.chassis.answers import Applied, Refusal
from services.disputes.domain.commands import LowerClaim
from services.disputes.domain.docket import Docket, Ending, Role
from services.disputes.domain.dust import is_payable, nearest_payable
from services.disputes.domain.endings import parts_to_end
from services.disputes.domain.events import (
    Authorisation,
    ClaimStated,
    DisputeEnded,
    Event,
    FundsAttributed,
)
from services.disputes.domain.grounds import (
    Case,
    before_effect,
    flawed_money,
    not_in_dispute,
    nothing_left,
    period_ended,
    role_asking,
    whole_only,
)
from services.disputes.domain.proposals import voided


def judge_claim(docket: Docket, command: LowerClaim, t: datetime) -> Applied[Event] | Refusal:
    """Judge a statement at ``t``; the endings due by then are already executed."""
    statement = _statement(docket, command, t)
    for rung in _LADDER:
        if refusal := rung(statement):
            return refusal
    return Applied(_events(statement))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement(Case):
    """A statement laid out, in minor units of the tranche."""

    command: LowerClaim
    by: Role
    claim: int | None
    """None when the amount is flawed."""

    @property
    def cut(self) -> int:
        """What would move to the other side; outside 0 to D the claim is no cut."""
        assert self.dispute is not None
        assert self.claim is not None
        return self.dispute.claim_of(self.by) - self.claim

    @property
    def is_first(self) -> bool:
        """Whether this is the payee's answer, which may concede nothing."""
        dispute = self.dispute
        return self.by is Role.PAYEE and dispute is not None and dispute.payee_claim is None


def _facts(statement: _Statement, **more: object) -> dict[str, str]:
    """Return what the answer rests on; bounds are those of the claims that are left."""
    dispute, by = statement.dispute, statement.by
    if dispute is None:
        return statement.facts(**more)
    bounds = {"claim_at_least": dispute.least_claim_of(by), "claim_at_most": dispute.claim_of(by)}
    return statement.facts(**bounds, **more)


def _statement(docket: Docket, command: LowerClaim, t: datetime) -> _Statement:
    tranche = docket.named_tranche(command.tranche)
    assert tranche is not None
    return _Statement(
        docket=docket,
        tranche=tranche,
        dispute=docket.dispute_of(tranche),
        t=t,
        command=command,
        by=role_asking(docket, command.asked.party),
        claim=command.claim.minor if isinstance(command.claim, Money) else None,
    )


def _events(statement: _Statement) -> tuple[Event, ...]:
    dispute, by, cut, t = statement.live, statement.by, statement.cut, statement.t
    assert dispute is not None
    assert statement.claim is not None
    assert 0 <= cut <= dispute.buckets.contested
    command_id = statement.command.asked.command_id
    left = dispute.buckets.contested - cut
    stated = ClaimStated(dispute.tranche, by, statement.claim, left, command_id, t)
    if cut == 0:
        return (stated,)
    cause: Literal["admission", "concession"] = "admission" if statement.is_first else "concession"
    attributed = FundsAttributed(
        tranche=dispute.tranche,
        to=by.other,
        cause=cause,
        amount=cut,
        before=dispute.buckets,
        after=dispute.buckets.given(by.other, cut),
        authorisation=Authorisation(by, "live", command_id=command_id),
        judged_at=t,
    )
    settled = (stated, attributed, *voided(dispute, t))
    return settled if left > 0 else (*settled, DisputeEnded(dispute.tranche, Ending.SETTLED, t))


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _amount_flawed(statement: _Statement) -> Refusal | None:
    return flawed_money(statement.docket, claim=statement.command.claim)


def _rail(statement: _Statement) -> Refusal | None:
    dispute = statement.live
    if dispute is None or not 0 < statement.cut <= dispute.buckets.contested:
        return None
    left, rail = dispute.buckets.contested - statement.cut, dispute.rail
    if rail.whole_only and left > 0:
        return whole_only(statement)
    if rail.parts is not None and left > 0:
        # A cut that ends the dispute needs no more than itself, and as much is always left.
        free = rail.parts - dispute.parts_used - parts_to_end(dispute)
        if free < 1:
            return Refusal(
                Code.RAIL_CANNOT_HONOUR,
                f"{dispute.parts_used} of {rail.parts} parts are used and the rest must be kept"
                " for the signed ending",
                _facts(statement, clause="rail.max_parts"),
            )
    return None


def _dust(statement: _Statement) -> Refusal | None:
    dispute, cut = statement.live, statement.cut
    assert dispute is not None
    contested, minimum = dispute.buckets.contested, dispute.rail.minimum
    if not 0 < cut <= contested or is_payable(cut, contested, minimum):
        return None
    smaller, larger = nearest_payable(cut, contested, minimum)
    present = dispute.claim_of(statement.by)
    facts = _facts(statement, minimum=minimum, next_below=present - larger)
    if smaller is None and statement.is_first:
        smaller = 0  # An answer may concede nothing.
    if smaller is not None:
        facts["next_above"] = str(present - smaller)
    return Refusal(
        Code.DUST_REMAINDER,
        f"the rail settles nothing below {minimum}: {cut} would move and {contested - cut} stay",
        facts,
    )


def _may_only_fall(statement: _Statement) -> Refusal | None:
    if statement.cut >= 0 or statement.is_first:
        return None
    return Refusal(
        Code.CLAIM_MAY_ONLY_FALL,
        f"{statement.claim} is above the {statement.by}'s present claim",
        _facts(statement),
    )


def _out_of_bounds(statement: _Statement) -> Refusal | None:
    dispute = statement.live
    assert dispute is not None
    if 0 <= statement.cut <= dispute.buckets.contested:
        return None
    facts = _facts(statement)
    return Refusal(
        Code.CLAIM_OUT_OF_BOUNDS,
        f"the {statement.by} can claim {facts['claim_at_least']} to {facts['claim_at_most']}",
        facts,
    )


def _no_change(statement: _Statement) -> Refusal | None:
    if statement.cut > 0 or statement.is_first:
        return None
    return Refusal(Code.NO_CHANGE, "this is the present claim", _facts(statement))


_LADDER: Final[tuple[Callable[[_Statement], Refusal | None], ...]] = (
    _amount_flawed,
    _rail,
    before_effect,
    not_in_dispute,
    period_ended,
    nothing_left,
    _dust,
    _may_only_fall,
    _out_of_bounds,
    _no_change,
)
