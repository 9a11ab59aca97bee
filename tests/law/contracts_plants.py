"""Bugs of contracts in acts, deadlines and openings, one at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.values import Money
from services.contracts.domain import (
    acts,
    arrivals,
    contract,
    deadlines,
    decide,
    dust,
    evolve,
    openings,
)
from services.contracts.domain.contract import Role

from .deal import HOUR
from .planting import DISPUTED, DUSTY, UNDISPUTED, Plants, seen_as, swapped, without

TICK = timedelta(microseconds=1)
BUGS = Plants()
plant = BUGS.plant


# --- acts ---------------------------------------------------------------------------------------


@plant()
def an_amount_is_clamped(patch: pytest.MonkeyPatch) -> None:
    right = acts._wanted

    def clamped(command: Any, scope: Any, free: int, asset: str) -> int | None:
        wanted = right(command, scope, free, asset)
        return None if wanted is None else min(wanted, free)

    patch.setattr(acts, "_wanted", clamped)


@plant(UNDISPUTED, minimum=[1], acts=[100])
def a_total_is_taken_for_an_increment(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acts, "_given", lambda tranche, to: 0)


@plant(UNDISPUTED)
def what_is_expected_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    without(patch, acts, "_unexpected")


@plant(UNDISPUTED, tranches=[2, 3])
def releases_draw_on_the_latest_deadline_first(patch: pytest.MonkeyPatch) -> None:
    right = acts._deadline_order

    def latest(tranche: Any) -> Any:
        deadline_at, number = right(tranche)
        return -deadline_at.timestamp(), -number

    patch.setattr(acts, "_deadline_order", latest)


@plant(UNDISPUTED, tranches=[2, 3])
def on_equal_deadlines_a_return_goes_in_the_order_of_the_terms(patch: pytest.MonkeyPatch) -> None:
    right = acts._draw

    def draw(state: Any, command: Any, t: Any) -> Any:
        if command.to is Role.PAYER:
            order = acts._deadline_order
            with pytest.MonkeyPatch.context() as ours:
                ours.setattr(acts, "_deadline_order", lambda x: (order(x)[0], -x.number))
                return right(state, command, t)
        return right(state, command, t)

    patch.setattr(acts, "_draw", draw)


@plant(UNDISPUTED, DUSTY)
def a_rest_of_one_less_than_the_minimum_may_stay(patch: pytest.MonkeyPatch) -> None:
    right = dust.is_payable

    def is_payable(x: int, frees: Any, minimum: int) -> bool:
        return x >= minimum and right(x, frees, max(minimum - 1, 1))

    patch.setattr(acts, "is_payable", is_payable)


@plant(UNDISPUTED, tranches=[1], minimum=[1], acts=[100])
def what_is_unexpected_is_told_before_what_is_too_much(patch: pytest.MonkeyPatch) -> None:
    swapped(patch, acts, "_too_much", "_unexpected")


@plant(UNDISPUTED, acts=[1, 2])
def one_act_more_than_agreed_passes(patch: pytest.MonkeyPatch) -> None:
    right = contract.Tranche.acts
    patch.setattr(contract.Tranche, "acts", lambda self, role: right(self, role) - 1)


@plant(UNDISPUTED, acts=[1], minimum=[1], tranches=[1, 2], spare_parts=[None])
def what_ends_a_tranche_needs_an_act_to_spare(patch: pytest.MonkeyPatch) -> None:
    right = acts._act_budget
    rungs = list(acts._LADDER)
    rungs[0] = lambda draw: right(replace(draw, plan=()))
    patch.setattr(acts, "_LADDER", tuple(rungs))


@plant(UNDISPUTED, spare_parts=[0, 1])
def the_parts_of_the_rail_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    without(patch, acts, "_rail")


@plant(tranches=[2, 3])
def of_several_reasons_for_nothing_the_first_is_given(patch: pytest.MonkeyPatch) -> None:
    right = acts.rank
    patch.setattr(acts, "rank", lambda code: -right(code))


# --- deadlines ----------------------------------------------------------------------------------


@plant()
def a_deadline_is_over_only_after_it(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "due_by", lambda state, t: (state, t - TICK))


@plant(UNDISPUTED)
def an_early_due_message_pays(patch: pytest.MonkeyPatch) -> None:
    right = arrivals.due_by
    far = timedelta(days=9)
    patch.setattr(arrivals, "due_by", lambda state, t: right(state, t + far))
    seen_as(patch, decide, "fire", lambda state, due, t: (state, due, t + far))


@plant(UNDISPUTED)
def a_due_message_of_any_generation_counts(patch: pytest.MonkeyPatch) -> None:
    def present(state: Any, due: Any, t: Any) -> Any:
        known = {x.number: x.generation for x in state.tranches} if state else {}
        if due.timer == "chain":
            due = replace(due, generation=known.get(due.tranche, due.generation))
        return state, due, t

    seen_as(patch, decide, "fire", present)


@plant(UNDISPUTED)
def a_moved_deadline_keeps_its_generation(patch: pytest.MonkeyPatch) -> None:
    right = evolve._deadline_moved

    def moved(state: Any, event: Any) -> Any:
        known = {x.number: x.generation for x in state.tranches}
        after = right(state, event)
        kept = tuple(replace(x, generation=known[x.number]) for x in after.tranches)
        return replace(after, tranches=kept)

    patch.setattr(evolve, "_deadline_moved", moved)


@plant(UNDISPUTED, extend=[5 * HOUR], advance=[5 * HOUR], tranches=[1], acts=[100])
def the_cap_counts_from_the_last_move(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deadlines, "_first", lambda tranche: tranche.deadline_at)


@plant(UNDISPUTED, extend=[5 * HOUR])
def the_cap_gives_a_microsecond_more(patch: pytest.MonkeyPatch) -> None:
    right = deadlines._latest

    def latest(tranche: Any, caps: Any) -> Any:
        bound = right(tranche, caps)
        return None if bound is None else bound + TICK

    patch.setattr(deadlines, "_latest", latest)


@plant(UNDISPUTED)
def a_deadline_may_move_to_this_very_instant(patch: pytest.MonkeyPatch) -> None:
    right = deadlines._past
    rungs = (
        (lambda case: right(replace(case, t=case.t - TICK))) if each is right else each
        for each in deadlines._LADDER
    )
    patch.setattr(deadlines, "_LADDER", tuple(rungs))


@plant()
def the_payee_may_extend_to_an_earlier_instant(patch: pytest.MonkeyPatch) -> None:
    without(patch, deadlines, "_wrong_way")


# --- openings -----------------------------------------------------------------------------------


@plant(DISPUTED)
def a_tranche_may_be_disputed_again(patch: pytest.MonkeyPatch) -> None:
    right = openings._case

    def undisputed(state: Any, command: Any, t: Any) -> Any:
        case = right(state, command, t)
        return replace(case, tranche=replace(case.tranche, opening=None))

    patch.setattr(openings, "_case", undisputed)


@plant()
def the_dispute_period_begins_when_the_opening_was_sent(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, openings, "_opened", lambda case, at: (case, replace(at, now=at.t)))


@plant()
def what_the_payer_does_not_claim_waits_too(patch: pytest.MonkeyPatch) -> None:
    right = openings._case

    def all_claimed(state: Any, command: Any, t: Any) -> Any:
        case = right(state, command, t)
        rest = case.contested + case.admitted
        return replace(case, admitted=0, contested=rest) if case.in_bounds and rest else case

    patch.setattr(openings, "_case", all_claimed)


@plant(spare_parts=[0, 1, 2])
def a_dispute_is_granted_a_part_that_others_need(patch: pytest.MonkeyPatch) -> None:
    right = openings._granted

    def generous(*args: Any) -> int | None:
        granted = right(*args)
        return None if granted is None else granted + 1

    patch.setattr(openings, "_granted", generous)


@plant(UNDISPUTED, minimum=[1], tranches=[1, 2], spare_parts=[None])
def a_claim_in_another_currency_counts(patch: pytest.MonkeyPatch) -> None:
    def own(state: Any, command: Any, at: Any) -> Any:
        if isinstance(command.claim, Money):
            command = replace(command, claim=Money(command.claim.minor, state.clauses.asset))
        return state, command, at

    seen_as(patch, decide, "judge_opening", own)


@plant(DISPUTED)
def contracts_forgets_the_end_of_a_dispute(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "_attributed", lambda state, told: ())
