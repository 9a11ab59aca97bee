"""Making a proposal: a division of what is contested, for the other side to accept (SPEC 6).

Whether one is still alive is nowhere written down: it divides exactly what is contested now, its
expiry is to come, and nobody withdrew it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.refusals import Code
from schemas.values import Money, MoneyFlaw, written
from services.chassis.answers import Applied, Refusal
from services.disputes.domain.commands import MakeProposal
from services.disputes.domain.docket import Dispute, Docket, Proposal, Role
from services.disputes.domain.dust import is_divisible, payee_shares
from services.disputes.domain.events import Event, ProposalMade, ProposalsVoided
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


def judge_making(docket: Docket, command: MakeProposal, t: datetime) -> Applied[Event] | Refusal:
    """Judge a proposal at ``t``; the endings due by then are already executed."""
    draft = _draft(docket, command, t)
    for rung in _LADDER:
        if refusal := rung(draft):
            return refusal
    proposal = Proposal(
        name=command.name,
        by=draft.by,
        to_payee=draft.to_payee,
        to_payer=draft.to_payer,
        expires_at=command.expires_at,
        command_id=command.asked.command_id,
    )
    return Applied((ProposalMade(draft.tranche, proposal, t),))


def voided(dispute: Dispute, t: datetime, accepted: Proposal | None = None) -> tuple[Event, ...]:
    """Return that less is contested than in ``dispute``, where somebody could have accepted yet."""
    names = sorted(each.name for each in dispute.live_proposals(t) if each is not accepted)
    return (ProposalsVoided(dispute.tranche, tuple(names), t),) if names else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft(Case):
    """A proposal laid out; its shares are minor units, 0 where they are flawed."""

    command: MakeProposal
    by: Role
    to_payee: int
    to_payer: int


def _draft(docket: Docket, command: MakeProposal, t: datetime) -> _Draft:
    tranche = docket.named_tranche(command.tranche)
    assert tranche is not None
    return _Draft(
        docket=docket,
        tranche=tranche,
        dispute=docket.dispute_of(tranche),
        t=t,
        command=command,
        by=role_asking(docket, command.asked.party),
        to_payee=_minor(command.to_payee),
        to_payer=_minor(command.to_payer),
    )


def _minor(amount: Money | MoneyFlaw) -> int:
    return amount.minor if isinstance(amount, Money) else 0


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _budget_spent(draft: _Draft) -> Refusal | None:
    dispute = draft.live
    if dispute is None:
        return None
    mine = [each for each in dispute.live_proposals(draft.t) if each.by is draft.by]
    if len(mine) < dispute.proposals_budget:
        return None
    return Refusal(
        Code.ACT_BUDGET_SPENT,
        f"{len(mine)} proposals of the {draft.by} are live, as many as the terms allow",
        draft.facts(live=len(mine), budget=dispute.proposals_budget),
    )


def _amount_flawed(draft: _Draft) -> Refusal | None:
    command = draft.command
    return flawed_money(draft.docket, to_payee=command.to_payee, to_payer=command.to_payer)


def _rail(draft: _Draft) -> Refusal | None:
    dispute = draft.live
    if dispute is None or not (draft.to_payee and draft.to_payer):
        return None
    rail = dispute.rail
    if rail.whole_only:
        return whole_only(draft)
    # Parts are used up only where less is contested, so whoever accepts finds as many.
    if rail.parts is None or dispute.parts_used + 2 <= rail.parts:
        return None
    return Refusal(
        Code.RAIL_CANNOT_HONOUR,
        f"{dispute.parts_used} of {rail.parts} parts are used, and two shares need two",
        draft.facts(clause="rail.max_parts"),
    )


def _dust(draft: _Draft) -> Refusal | None:
    dispute = draft.live
    assert dispute is not None
    minimum = dispute.rail.minimum
    if is_divisible(draft.to_payee, draft.to_payer, minimum):
        return None
    choices = payee_shares(draft.to_payee, dispute.buckets.contested, minimum)
    return Refusal(
        Code.DUST_REMAINDER,
        f"the rail settles nothing below {minimum}, and a share is",
        draft.facts(minimum=minimum, **choices),
    )


def _name_used(draft: _Draft) -> Refusal | None:
    dispute, name = draft.live, draft.command.name
    assert dispute is not None
    known = dispute.proposal_named(name)
    if known is None:
        return None
    return Refusal(
        Code.PROPOSAL_NAME_USED,
        f"a proposal of the {known.by} was called {name} in this dispute",
        draft.facts(proposal=name),
    )


def _stale(draft: _Draft) -> Refusal | None:
    dispute = draft.live
    assert dispute is not None
    contested, divided = dispute.buckets.contested, draft.to_payee + draft.to_payer
    if divided == contested:
        return None
    return Refusal(
        Code.PROPOSAL_STALE, f"it divides {divided}, {contested} is contested", draft.facts()
    )


def _expired(draft: _Draft) -> Refusal | None:
    dispute, until = draft.live, draft.command.expires_at
    assert dispute is not None
    if draft.t < until <= dispute.deadline_at:
        return None
    return Refusal(
        Code.PROPOSAL_EXPIRED,
        f"a proposal ends after {written(draft.t)}, and with its dispute at the latest",
        draft.facts(expires_at=written(until), t=written(draft.t)),
    )


_LADDER: Final[tuple[Callable[[_Draft], Refusal | None], ...]] = (
    _budget_spent,
    _amount_flawed,
    _rail,
    before_effect,
    not_in_dispute,
    period_ended,
    nothing_left,
    _dust,
    _name_used,
    _stale,
    _expired,
)
