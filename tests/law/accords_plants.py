"""Bugs of proposals and rulings, one at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.refusals import Code
from services.chassis.answers import Applied
from services.disputes.domain import (
    decide,
    docket,
    endings,
    evolve,
    grounds,
    proposals,
    responses,
    rulings,
)
from services.disputes.domain.commands import SubmitRuling
from services.disputes.domain.docket import Ending, Role
from services.disputes.domain.events import ProposalMade, ProposalWithdrawn

from .planting import DUSTY, PROPOSED, RULED, Plants, seen_as, without

TICK = timedelta(microseconds=1)
BUGS = Plants()
plant = BUGS.plant


def bent(patch: pytest.MonkeyPatch, ladder: str, name: str, rung: Callable[..., Any]) -> None:
    """Let a rung of a ladder of responses be ``rung``, which is given the right one too."""
    rungs = {each.__name__: each for each in getattr(responses, ladder)}
    right = rungs[name]
    rungs[name] = lambda case: rung(right, case)
    patch.setattr(responses, ladder, tuple(rungs.values()))


def missing(patch: pytest.MonkeyPatch, ladder: str, name: str) -> None:
    bent(patch, ladder, name, lambda right, case: None)


def lived(patch: pytest.MonkeyPatch, change: Callable[..., Any]) -> None:
    """Let an event leave another dispute behind."""
    right = evolve._next
    patch.setattr(evolve, "_next", lambda dispute, event: change(right, dispute, event))


def lifted(patch: pytest.MonkeyPatch, name: str, code: Code, instead: Any = None) -> None:
    """Let ``decide`` not refuse by ``code`` what its function ``name`` does."""
    right = getattr(decide, name)

    def judge(*args: Any) -> Any:
        found = right(*args)
        return instead if getattr(found, "code", None) is code else found

    patch.setattr(decide, name, judge)


# --- proposals ----------------------------------------------------------------------------------


@plant(PROPOSED, minimum=[1], spare_parts=[None])
def a_stale_proposal_is_accepted(patch: pytest.MonkeyPatch) -> None:
    def as_far_as_it_goes(dispute: Any, shares: Any, *more: Any) -> Any:
        contested = dispute.buckets.contested
        payee = min(shares[Role.PAYEE], contested)
        return dispute, {Role.PAYEE: payee, Role.PAYER: contested - payee}, *more

    missing(patch, "_ACCEPTANCE", "_stale")
    seen_as(patch, responses, "divided", as_far_as_it_goes)


@plant(PROPOSED)
def a_proposal_is_accepted_at_its_very_expiry(patch: pytest.MonkeyPatch) -> None:
    bent(patch, "_ACCEPTANCE", "_expired", lambda right, case: right(
        replace(case, t=case.t - TICK)))  # fmt: skip


@plant(PROPOSED)
def an_expired_proposal_is_withdrawn(patch: pytest.MonkeyPatch) -> None:
    missing(patch, "_WITHDRAWAL", "_expired")


@plant(PROPOSED)
def of_two_acceptances_at_once_both_count(patch: pytest.MonkeyPatch) -> None:
    lifted(patch, "judge_response", Code.PROPOSAL_SUPERSEDED, Applied())


@plant(PROPOSED)
def a_maker_accepts_its_own_proposal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "is_others", lambda *_: False)


@plant(PROPOSED)
def the_shares_of_a_proposal_change_sides(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, responses, "divided", lambda dispute, shares, *more: (
        dispute, {role: shares[role.other] for role in Role}, *more))  # fmt: skip


@plant(PROPOSED, proposals=[1], proposed=[("payee",), ("payer",)])
def a_withdrawn_proposal_is_accepted(patch: pytest.MonkeyPatch) -> None:
    lived(patch, lambda right, dispute, event: (
        dispute if isinstance(event, ProposalWithdrawn) else right(dispute, event)))  # fmt: skip


@plant(PROPOSED)
def a_proposal_lives_beyond_its_dispute(patch: pytest.MonkeyPatch) -> None:
    right = proposals._expired

    def lax(draft: Any) -> Any:
        until = min(draft.command.expires_at, draft.dispute.deadline_at)
        return right(replace(draft, command=replace(draft.command, expires_at=until)))

    ladder = (lax if rung is right else rung for rung in proposals._LADDER)
    patch.setattr(proposals, "_LADDER", tuple(ladder))


@plant(PROPOSED, silence_rule=[True])
def a_payee_who_proposes_stays_silent(patch: pytest.MonkeyPatch) -> None:
    lived(patch, lambda right, dispute, event: replace(
        right(dispute, event), payee_proposed=False))  # fmt: skip


@plant(PROPOSED, silence_rule=[True])
def the_payers_proposal_ends_the_payees_silence(patch: pytest.MonkeyPatch) -> None:
    lived(patch, lambda right, dispute, event: replace(
        right(dispute, event), payee_proposed=isinstance(event, ProposalMade)))  # fmt: skip


@plant(PROPOSED, DUSTY)
def a_share_of_a_proposal_is_dust(patch: pytest.MonkeyPatch) -> None:
    without(patch, proposals, "_dust")


@plant(PROPOSED)
def a_proposal_divides_what_is_not_there(patch: pytest.MonkeyPatch) -> None:
    without(patch, proposals, "_stale")


@plant(PROPOSED)
def a_name_is_given_twice(patch: pytest.MonkeyPatch) -> None:
    without(patch, proposals, "_name_used")


@plant(PROPOSED, proposals=[1])
def a_side_proposes_as_often_as_it_likes(patch: pytest.MonkeyPatch) -> None:
    without(patch, proposals, "_budget_spent")


@plant(PROPOSED, proposals=[1, 2])
def what_expired_counts_as_live(patch: pytest.MonkeyPatch) -> None:
    right = docket.Dispute.live_proposals
    patch.setattr(docket.Dispute, "live_proposals", lambda self, t: right(self, self.opened_at))


@plant(PROPOSED, spare_parts=[0])
def a_proposal_takes_more_parts_than_are_left(patch: pytest.MonkeyPatch) -> None:
    without(patch, proposals, "_rail")


# --- rulings ------------------------------------------------------------------------------------


@plant(RULED, minimum=[1], spare_parts=[None], tranches=[1])
def a_ruling_gives_more_than_there_is(patch: pytest.MonkeyPatch) -> None:
    without(patch, rulings, "_out_of_bounds")


@plant(RULED)
def a_ruling_at_its_very_bound_counts(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "_decide_party", lambda state, command, t: (
        state, command, t - TICK if isinstance(command, SubmitRuling) else t))  # fmt: skip


@plant(RULED)
def a_party_rules_on_its_own_dispute(patch: pytest.MonkeyPatch) -> None:
    lifted(patch, "_admit_ruling", Code.WRONG_ROLE)


@plant(RULED, adjudicator=[None])
def somebody_rules_whom_nobody_named(patch: pytest.MonkeyPatch) -> None:
    lifted(patch, "_admit_ruling", Code.NOT_A_PARTY)


@plant(RULED)
def a_ruling_counts_unsigned(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "unproven", lambda *_, **__: None)


@plant(RULED)
def a_ruling_forgets_what_was_conceded(patch: pytest.MonkeyPatch) -> None:
    def forgetful(self: Any) -> dict[Role, int]:
        contested = self.dispute.buckets.contested
        payee = min(self.payee_total, contested)
        return {Role.PAYEE: payee, Role.PAYER: contested - payee}

    patch.setattr(rulings._Case, "shares", property(forgetful))


@plant(RULED, DUSTY)
def a_ruled_share_is_dust(patch: pytest.MonkeyPatch) -> None:
    without(patch, rulings, "_dust")


@plant(RULED, ending=["to_payee", "to_payer"])
def the_fallback_goes_the_other_way_round(patch: pytest.MonkeyPatch) -> None:
    turned = {Ending.TO_PAYEE: Ending.TO_PAYER, Ending.TO_PAYER: Ending.TO_PAYEE}
    seen_as(patch, endings, "_shares", lambda dispute, ending: (
        dispute, turned.get(ending, ending)))  # fmt: skip


@plant(RULED)
def the_fallback_does_not_wait_for_a_ruling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(docket.Dispute, "due_at", property(lambda self: self.deadline_at))


@plant(RULED, silence_rule=[True])
def silence_waits_for_a_ruling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(docket.Dispute, "due_at", property(lambda self: self.ruling_deadline_at))


@plant(RULED, PROPOSED)
def claims_and_proposals_may_come_as_long_as_a_ruling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(grounds.Case, "until", property(
        lambda self: self.dispute and self.dispute.ruling_deadline_at))  # fmt: skip
