"""Bugs planted in proposals and rulings: the simulator must find each.

Where an assertion of the services would stop a bug first, it is taken out: the watch must see it.
"""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from services.chassis.answers import Applied
from services.disputes import store
from services.disputes.domain import decide, endings, evolve, proposals, responses, rulings
from services.disputes.domain.docket import Dispute, Role
from services.disputes.domain.events import FundsAttributed, ProposalsVoided

from .planting import TICK, Plants

PLANTS = Plants()
plant = PLANTS.plant


def nothing(*_: object, **__: object) -> None:
    """Assert nothing."""


def without(patch: pytest.MonkeyPatch, module: ModuleType, ladder: str, rung: str) -> None:
    """Take a rung out of a ladder."""
    rungs = getattr(module, ladder)
    left = tuple(each for each in rungs if each is not getattr(module, rung))
    assert len(left) < len(rungs)
    patch.setattr(module, ladder, left)


def early(patch: pytest.MonkeyPatch, name: str) -> None:
    """Let what is judged by ``name`` be judged just before its time."""
    right = getattr(decide, name)

    def judge(docket: Any, command: Any, t: Any) -> Any:
        outcome = right(docket, command, t - TICK)
        if not isinstance(outcome, Applied):
            return right(docket, command, t)
        return Applied(tuple(replace(event, judged_at=t) for event in outcome.events))

    patch.setattr(decide, name, judge)


# --- making -------------------------------------------------------------------------------------


@plant
def proposal_divides_what_it_likes(patch: pytest.MonkeyPatch) -> None:
    """A proposal is made on another sum than is contested."""
    without(patch, proposals, "_LADDER", "_stale")


@plant
def proposal_lives_beyond_its_dispute(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the expiry when a proposal is made."""
    without(patch, proposals, "_LADDER", "_expired")


@plant
def name_means_two_proposals(patch: pytest.MonkeyPatch) -> None:
    """A name is given again when what it stood for is dead."""
    right = proposals._name_used

    def name_used(draft: Any) -> Any:
        known = draft.live.proposal_named(draft.command.name)
        is_alive = known in draft.live.live_proposals(draft.t)
        return right(draft) if is_alive else None

    rungs = tuple(name_used if each is right else each for each in proposals._LADDER)
    patch.setattr(proposals, "_LADDER", rungs)
    patch.setattr(evolve, "assert_conserved", nothing)
    patch.setattr(decide, "assert_at_rest", nothing)


@plant
def budget_of_proposals_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """A side proposes without end."""
    without(patch, proposals, "_LADDER", "_budget_spent")


@plant
def share_may_be_dust(patch: pytest.MonkeyPatch) -> None:
    """A proposal has a share that the rail cannot move."""
    without(patch, proposals, "_LADDER", "_dust")


@plant
def proposal_of_the_payee_is_no_answer(patch: pytest.MonkeyPatch) -> None:
    """The silence rule strikes a payee that has proposed."""
    silent = property(lambda dispute: dispute.payee_claim is None)
    patch.setattr(Dispute, "is_silent", silent)


@plant
def proposals_are_forgotten_between_batches(patch: pytest.MonkeyPatch) -> None:
    """What was proposed in an earlier batch is not read again."""

    async def none(*_: object) -> Any:
        return store.defaultdict(list)

    patch.setattr(store, "_proposals", none)


# --- what becomes of it -------------------------------------------------------------------------


@plant
def stale_proposal_is_accepted(patch: pytest.MonkeyPatch) -> None:
    """A proposal outlives the sum it was made on, as far as the shares still fit."""
    without(patch, responses, "_ACCEPTANCE", "_stale")

    def divided(dispute: Any, shares: Any, *more: Any) -> Any:
        contested = dispute.buckets.contested
        payee = min(shares[Role.PAYEE], contested)
        fitting = {Role.PAYEE: payee, Role.PAYER: contested - payee}
        return right(dispute, fitting, *more)

    right = responses.divided
    patch.setattr(responses, "divided", divided)


@plant
def maker_accepts_its_own_proposal(patch: pytest.MonkeyPatch) -> None:
    """Whoever proposes also agrees for the other."""
    patch.setattr(decide, "is_others", lambda *_: False)


@plant
def withdrawn_proposal_is_accepted(patch: pytest.MonkeyPatch) -> None:
    """What its maker took back still binds it."""
    right = evolve._with_fate

    def with_fate(dispute: Any, proposal: Any, fate: str) -> Any:
        return dispute if fate == "withdrawn" else right(dispute, proposal, fate)

    patch.setattr(evolve, "_with_fate", with_fate)


@plant
def shares_go_to_the_wrong_sides(patch: pytest.MonkeyPatch) -> None:
    """The payee gets the payer's share, and the reverse."""
    right = responses.divided

    def divided(dispute: Any, shares: Any, *more: Any) -> Any:
        return right(dispute, {role: shares[role.other] for role in shares}, *more)

    patch.setattr(responses, "divided", divided)


@plant
def accepter_signs_for_both(patch: pytest.MonkeyPatch) -> None:
    """The maker's concession cites the acceptance, as if the accepter could give it away."""
    right = responses._accepted

    def accepted(dispute: Any, proposal: Any, command_id: str, t: Any) -> Any:
        for event in right(dispute, proposal, command_id, t):
            if isinstance(event, FundsAttributed):
                signed = replace(event.authorisation, command_id=command_id)
                yield replace(event, authorisation=signed)
            else:
                yield event

    patch.setattr(responses, "_accepted", lambda *a: tuple(accepted(*a)))


@plant
def only_one_concession_executes(patch: pytest.MonkeyPatch) -> None:
    """The payee is paid, and the payer's share stays contested for ever."""
    right = responses._accepted

    def accepted(*arguments: Any) -> Any:
        events = right(*arguments)
        moved = [event for event in events if isinstance(event, FundsAttributed)]
        return events if len(moved) < 2 else tuple(e for e in events if e is not moved[1])

    patch.setattr(responses, "_accepted", accepted)
    patch.setattr(decide, "assert_at_rest", nothing)
    patch.setattr(evolve, "assert_conserved", nothing)


@plant
def nobody_hears_that_proposals_died(patch: pytest.MonkeyPatch) -> None:
    """What is void is not called so."""
    right = decide._on_merits

    def on_merits(*arguments: Any) -> Any:
        outcome = right(*arguments)
        if not isinstance(outcome, Applied):
            return outcome
        return Applied(tuple(e for e in outcome.events if not isinstance(e, ProposalsVoided)))

    patch.setattr(decide, "_on_merits", on_merits)


# --- rulings ------------------------------------------------------------------------------------


@plant
def anybody_rules(patch: pytest.MonkeyPatch) -> None:
    """A party rules on its own dispute."""
    right = decide._admit_ruling
    patch.setattr(
        decide,
        "_admit_ruling",
        lambda docket, asked, role: None if role is not None else right(docket, asked, role),
    )
    patch.setattr(decide, "judge_ruling", _as_the_adjudicator)


def _as_the_adjudicator(docket: Any, command: Any, t: Any) -> Any:
    named = docket.adjudicator
    asked = replace(command.asked, party=named.party if named else "nobody")
    dispute = docket.dispute_of(docket.named_tranche(command.tranche) or 0)
    bound = t if dispute is None else dispute.ruling_deadline_at
    if dispute is not None and bound is None:
        return proposals.Refusal("NOT_A_PARTY", "nobody rules here")
    return rulings.judge_ruling(docket, replace(command, asked=asked), t)


@plant
def ruling_needs_no_signature(patch: pytest.MonkeyPatch) -> None:
    """Who writes the adjudicator's name rules."""
    right = decide.unproven
    patch.setattr(
        decide, "unproven", lambda asked, key, *, demanded: right(asked, key, demanded=False)
    )


@plant
def ruling_comes_at_its_bound(patch: pytest.MonkeyPatch) -> None:
    """``>`` where ``>=`` belongs: at the bound itself the fallback has decided."""
    right = decide.due_by
    patch.setattr(decide, "due_by", lambda docket, t: right(docket, t - TICK))
    early(patch, "judge_ruling")


@plant
def ruling_reaches_what_was_conceded(patch: pytest.MonkeyPatch) -> None:
    """The payee gets of the contested all that it was ruled to have, whatever it has already."""
    right = rulings._Case.shares.fget

    def shares(case: Any) -> Any:
        contested = case.dispute.buckets.contested
        payee = min(case.payee_total, contested)
        return {Role.PAYEE: payee, Role.PAYER: contested - payee} if case.live else right(case)

    patch.setattr(rulings._Case, "shares", property(shares))


@plant
def fallback_does_not_wait_for_a_ruling(patch: pytest.MonkeyPatch) -> None:
    """Under an external ending the fallback decides at the dispute deadline."""
    patch.setattr(Dispute, "due_at", property(lambda dispute: dispute.deadline_at))


@plant
def silence_waits_for_a_ruling(patch: pytest.MonkeyPatch) -> None:
    """Under an external ending a silent payee loses only at the bound of a ruling."""
    due_at = property(lambda dispute: dispute.ruling_deadline_at or dispute.deadline_at)
    patch.setattr(Dispute, "due_at", due_at)


@plant
def fallback_is_the_other_way_round(patch: pytest.MonkeyPatch) -> None:
    """Where nobody rules, the side that the fallback names loses."""
    right = endings._shares

    def shares(dispute: Any, ending: Any) -> Any:
        found = right(dispute, ending)
        if dispute.clause.fallback is None or ending == "silence":
            return found
        return {role.other: amount for role, amount in found.items()}

    patch.setattr(endings, "_shares", shares)


@plant
def expiry_of_a_proposal_is_lost(patch: pytest.MonkeyPatch) -> None:
    """A proposal lives as long as its dispute."""
    right = Dispute.live_proposals

    def live(dispute: Any, t: Any) -> Any:
        lasting = tuple(
            replace(each, expires_at=max(each.expires_at, dispute.deadline_at))
            for each in dispute.proposals
        )
        found = {each.name for each in right(replace(dispute, proposals=lasting), t)}
        return tuple(each for each in dispute.proposals if each.name in found)

    patch.setattr(Dispute, "live_proposals", live)


@pytest.mark.parametrize("name", sorted(PLANTS))
async def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await PLANTS.expect_found(name, monkeypatch)
