"""A ruling: the adjudicator that both named divides what is contested (SPEC section 6).

It says what the payee should end with, as a total over the tranche. What the parties conceded
beyond that stands, since no ruling reaches what is attributed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.refusals import Code
from schemas.values import Money
from services.chassis.answers import Applied, Refusal
from services.disputes.domain.commands import SubmitRuling
from services.disputes.domain.division import divided
from services.disputes.domain.docket import Docket, Ending, Role
from services.disputes.domain.dust import is_divisible, payee_shares
from services.disputes.domain.events import (
    ENDING_CLAUSE,
    Authorisation,
    DisputeEnded,
    Event,
    RulingMade,
)
from services.disputes.domain.grounds import (
    Case,
    before_effect,
    flawed_money,
    not_in_dispute,
    nothing_left,
    period_ended,
    whole_only,
)
from services.disputes.domain.proposals import voided


def judge_ruling(docket: Docket, command: SubmitRuling, t: datetime) -> Applied[Event] | Refusal:
    """Judge the adjudicator's ruling at ``t``; the endings due by then are already executed."""
    case = _case(docket, command, t)
    for rung in _LADDER:
        if refusal := rung(case):
            return refusal
    return Applied(_events(case))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case(Case):
    """A ruling laid out, in minor units of the tranche."""

    command: SubmitRuling
    payee_total: int
    """0 where the amount is flawed."""

    @property
    def until(self) -> datetime | None:
        """The end of the period in which a ruling counts."""
        return None if self.dispute is None else self.dispute.ruling_deadline_at

    @property
    def shares(self) -> dict[Role, int]:
        """How it divides what is contested."""
        assert self.dispute is not None
        buckets = self.dispute.buckets
        to_payee = min(max(self.payee_total - buckets.payee, 0), buckets.contested)
        return {Role.PAYEE: to_payee, Role.PAYER: buckets.contested - to_payee}


def _case(docket: Docket, command: SubmitRuling, t: datetime) -> _Case:
    tranche = docket.named_tranche(command.tranche)
    assert tranche is not None
    total = command.payee_total
    return _Case(
        docket=docket,
        tranche=tranche,
        dispute=docket.dispute_of(tranche),
        t=t,
        command=command,
        payee_total=total.minor if isinstance(total, Money) else 0,
    )


def _events(case: _Case) -> tuple[Event, ...]:
    dispute, t, shares, asked = case.live, case.t, case.shares, case.command.asked
    assert dispute is not None
    signed = {role: Authorisation(role, "clause", clause=ENDING_CLAUSE) for role in Role}
    return (
        RulingMade(
            tranche=dispute.tranche,
            adjudicator=asked.party,
            payee_total=case.payee_total,
            to_payee=shares[Role.PAYEE],
            to_payer=shares[Role.PAYER],
            command_id=asked.command_id,
            judged_at=t,
        ),
        *divided(dispute, shares, signed, "ruling", t),
        *voided(dispute, t),
        DisputeEnded(dispute.tranche, Ending.RULING, t),
    )


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _amount_flawed(case: _Case) -> Refusal | None:
    return flawed_money(case.docket, payee_total=case.command.payee_total)


def _rail(case: _Case) -> Refusal | None:
    # The parts that two shares need are kept from the opening on: it is an ending.
    dispute = case.live
    if dispute is None or not dispute.rail.whole_only or not all(case.shares.values()):
        return None
    return whole_only(case)


def _dust(case: _Case) -> Refusal | None:
    dispute, shares = case.live, case.shares
    assert dispute is not None
    minimum, given = dispute.rail.minimum, dispute.buckets.payee
    if is_divisible(shares[Role.PAYEE], shares[Role.PAYER], minimum):
        return None
    nearest = payee_shares(shares[Role.PAYEE], dispute.buckets.contested, minimum)
    totals = {
        name.replace("to_payee", "payee_total"): given + share for name, share in nearest.items()
    }
    return Refusal(
        Code.DUST_REMAINDER,
        f"the rail settles nothing below {minimum}, and a share of what is contested would be",
        case.facts(minimum=minimum, **totals),
    )


def _out_of_bounds(case: _Case) -> Refusal | None:
    dispute = case.live
    assert dispute is not None
    if case.payee_total <= dispute.amount:
        return None
    return Refusal(
        Code.CLAIM_OUT_OF_BOUNDS,
        f"the payee cannot end with more than the whole tranche of {dispute.amount}",
        case.facts(amount=dispute.amount),
    )


_LADDER: Final[tuple[Callable[[_Case], Refusal | None], ...]] = (
    _amount_flawed,
    _rail,
    before_effect,
    not_in_dispute,
    period_ended,
    nothing_left,
    _dust,
    _out_of_bounds,
)
