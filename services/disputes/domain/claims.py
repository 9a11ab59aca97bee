"""Lowering a claim: what a party no longer claims is the other's at once (SPEC section 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from schemas.refusals import Code
from schemas.values import Money, MoneyFlaw, written
from services.chassis.answers import Applied, Refusal
from services.disputes.domain.commands import LowerClaim
from services.disputes.domain.docket import Dispute, Docket, Ending, Role, Standing
from services.disputes.domain.dust import is_payable, nearest_payable
from services.disputes.domain.endings import parts_to_end
from services.disputes.domain.events import (
    Authorisation,
    ClaimStated,
    DisputeEnded,
    Event,
    FundsAttributed,
)


def judge_claim(docket: Docket, command: LowerClaim, t: datetime) -> Applied[Event] | Refusal:
    """Judge a statement at ``t``; the endings due by then are already executed."""
    statement = _statement(docket, command, t)
    for rung in _LADDER:
        if refusal := rung(statement):
            return refusal
    return Applied(_events(statement))


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement laid out, in minor units of the tranche."""

    docket: Docket
    command: LowerClaim
    t: datetime
    by: Role
    tranche: int
    dispute: Dispute | None
    claim: int | None
    """None when the amount is flawed."""

    @property
    def live(self) -> Dispute | None:
        """The dispute, if it is open at ``t``."""
        dispute = self.dispute
        if dispute is None or not dispute.opened_at <= self.t < dispute.deadline_at:
            return None
        return dispute if dispute.is_open else None

    @property
    def cut(self) -> int:
        """What would move to the other side; outside 0 to D the claim is no cut."""
        assert self.dispute is not None
        assert self.claim is not None
        return self.dispute.claim_of(self.by) - self.claim

    @property
    def is_first(self) -> bool:
        """Whether this is the payee's answer, which may concede nothing."""
        return self.dispute is not None and self.dispute.is_silent(self.by)

    def facts(self, **more: object) -> dict[str, str]:
        """Return what the answer rests on; bounds are those of the claims that are left."""
        named: dict[str, object] = {"tranche": self.tranche}
        if (dispute := self.dispute) is not None:
            named["contested"] = dispute.buckets.contested
            named["payer_claim"] = dispute.payer_claim
            if dispute.payee_claim is not None:
                named["payee_claim"] = dispute.payee_claim
            named["claim_at_least"] = dispute.least_claim_of(self.by)
            named["claim_at_most"] = dispute.claim_of(self.by)
            named["opened_at"] = written(dispute.opened_at)
            named["deadline_at"] = written(dispute.deadline_at)
        return {name: str(fact) for name, fact in (named | more).items()}


def _statement(docket: Docket, command: LowerClaim, t: datetime) -> _Statement:
    by, tranche = docket.role_of(command.asked.party), docket.named_tranche(command.tranche)
    assert by is not None
    assert tranche is not None
    claim = command.claim.minor if isinstance(command.claim, Money) else None
    return _Statement(docket, command, t, by, tranche, docket.dispute_of(tranche), claim)


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
    if left > 0:
        return (stated, attributed)
    return (stated, attributed, DisputeEnded(dispute.tranche, Ending.SETTLED, t))


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _amount_flawed(statement: _Statement) -> Refusal | None:
    claim, asset = statement.command.claim, statement.docket.asset
    if isinstance(claim, MoneyFlaw):
        return Refusal(Code(claim), "claim is no amount", {"asset": asset})
    if claim.asset != asset:
        return Refusal(
            Code.CURRENCY_MISMATCH, f"claim is in {claim.asset}, not {asset}", {"asset": asset}
        )
    return None


def _rail(statement: _Statement) -> Refusal | None:
    dispute = statement.live
    if dispute is None or not 0 < statement.cut <= dispute.buckets.contested:
        return None
    left, rail = dispute.buckets.contested - statement.cut, dispute.rail
    if rail.whole_only and left > 0:
        return Refusal(
            Code.RAIL_CANNOT_HONOUR,
            "the rail settles the whole or nothing",
            statement.facts(clause="rail.partial"),
        )
    if rail.parts is not None and left > 0:
        # A cut that ends the dispute needs no more than itself, and as much is always left.
        free = rail.parts - dispute.parts_used - parts_to_end(dispute)
        if free < 1:
            return Refusal(
                Code.RAIL_CANNOT_HONOUR,
                f"{dispute.parts_used} of {rail.parts} parts are used and the rest must be kept"
                " for the signed ending",
                statement.facts(clause="rail.max_parts"),
            )
    return None


def _before_effect(statement: _Statement) -> Refusal | None:
    docket, t = statement.docket, statement.t
    if docket.standing is Standing.DECLINED:
        return Refusal(Code.DECLINED, "the contract was declined before it took effect")
    if docket.standing is Standing.OFFER_LAPSED:
        return Refusal(Code.OFFER_LAPSED, "the offer lapsed before the contract took effect")
    if docket.effective_at is None or t < docket.effective_at:
        return Refusal(
            Code.NOT_EFFECTIVE,
            "the contract was not effective when the command was appended",
            {"standing": docket.standing, "t": written(t)},
        )
    return None


def _not_in_dispute(statement: _Statement) -> Refusal | None:
    dispute, t = statement.dispute, statement.t
    if dispute is None:
        detail = f"tranche {statement.tranche} was never disputed"
    elif t < dispute.opened_at:
        detail = f"tranche {statement.tranche} was not disputed yet at {written(t)}"
    else:
        return None
    return Refusal(Code.NOT_IN_DISPUTE, detail, statement.facts(t=written(t)))


def _period_ended(statement: _Statement) -> Refusal | None:
    dispute, t = statement.dispute, statement.t
    if dispute is None or t < dispute.deadline_at:
        return None
    return Refusal(
        Code.DISPUTE_PERIOD_ENDED,
        f"the dispute of tranche {dispute.tranche} ended at {written(dispute.deadline_at)}",
        statement.facts(t=written(t), ending=dispute.ending),
    )


def _nothing_left(statement: _Statement) -> Refusal | None:
    dispute = statement.dispute
    if dispute is None or dispute.is_open:
        return None
    return Refusal(
        Code.NOTHING_LEFT,
        f"the dispute of tranche {dispute.tranche} ended before its deadline",
        statement.facts(ending=dispute.ending),
    )


def _dust(statement: _Statement) -> Refusal | None:
    dispute, cut = statement.live, statement.cut
    assert dispute is not None
    contested, minimum = dispute.buckets.contested, dispute.rail.minimum
    if not 0 < cut <= contested or is_payable(cut, contested, minimum):
        return None
    smaller, larger = nearest_payable(cut, contested, minimum)
    present = dispute.claim_of(statement.by)
    facts = statement.facts(minimum=minimum, next_below=present - larger)
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
        statement.facts(),
    )


def _out_of_bounds(statement: _Statement) -> Refusal | None:
    dispute = statement.live
    assert dispute is not None
    if 0 <= statement.cut <= dispute.buckets.contested:
        return None
    facts = statement.facts()
    return Refusal(
        Code.CLAIM_OUT_OF_BOUNDS,
        f"the {statement.by} can claim {facts['claim_at_least']} to {facts['claim_at_most']}",
        facts,
    )


def _no_change(statement: _Statement) -> Refusal | None:
    if statement.cut > 0 or statement.is_first:
        return None
    return Refusal(Code.NO_CHANGE, "this is the present claim", statement.facts())


_LADDER: Final[tuple[Callable[[_Statement], Refusal | None], ...]] = (
    _amount_flawed,
    _rail,
    _before_effect,
    _not_in_dispute,
    _period_ended,
    _nothing_left,
    _dust,
    _may_only_fall,
    _out_of_bounds,
    _no_change,
)
