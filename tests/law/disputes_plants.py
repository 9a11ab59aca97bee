"""Bugs of disputes, one at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.refusals import Code
from services.disputes.domain import claims, decide, docket, dust, endings, evolve, facts
from services.disputes.domain.docket import Role

from .planting import DISPUTED, DUSTY, UNDISPUTED, Plants, seen_as, without

TICK = timedelta(microseconds=1)
BUGS = Plants()
plant = BUGS.plant


@plant(DISPUTED)
def a_stranger_states_a_claim(patch: pytest.MonkeyPatch) -> None:
    right = decide._admit

    def admit(state: Any, command: Any) -> Any:
        refusal = right(state, command)
        known = state.role_of(command.asked.party)
        lifted = refusal is not None and refusal.code is Code.NOT_A_PARTY and known
        return None if lifted else refusal

    patch.setattr(decide, "_admit", admit)


@plant(DISPUTED)
def a_statement_counts_again(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "answer", lambda asked, judge: (replace(asked, first=None), judge))


@plant(DISPUTED)
def a_claim_may_rise(patch: pytest.MonkeyPatch) -> None:
    without(patch, claims, "_may_only_fall")


@plant(DISPUTED)
def a_claim_may_fall_below_what_is_ones_own(patch: pytest.MonkeyPatch) -> None:
    right = claims._Statement.cut.fget
    assert right is not None

    def clamped(self: Any) -> int:
        contested = self.dispute.buckets.contested
        return min(right(self), contested) if contested else right(self)

    patch.setattr(claims._Statement, "cut", property(clamped))


@plant(DISPUTED)
def an_answer_that_concedes_nothing_is_no_answer(patch: pytest.MonkeyPatch) -> None:
    right = claims._Statement.is_first.fget
    assert right is not None
    patch.setattr(claims._Statement, "is_first", property(lambda self: right(self) and self.cut))


@plant()
def what_is_conceded_goes_to_the_one_who_concedes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(docket.Role, "other", property(lambda self: self))


@plant()
def a_statement_at_the_very_deadline_counts(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "_decide_party", lambda state, command, t: (state, command, t - TICK))


@plant(UNDISPUTED)
def a_statement_from_before_the_opening_counts(patch: pytest.MonkeyPatch) -> None:
    right = claims._statement

    def later(state: Any, command: Any, t: Any) -> Any:
        statement = right(state, command, t)
        if statement.dispute is not None:
            return replace(statement, t=max(t, statement.dispute.opened_at))
        return statement

    patch.setattr(claims, "_statement", later)


@plant(DISPUTED, DUSTY)
def a_cut_of_less_than_the_minimum_is_paid(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims, "is_payable", lambda cut, contested, minimum: dust.is_payable(
        cut, contested, min(minimum, cut)))  # fmt: skip


@plant(DISPUTED, DUSTY)
def a_rest_of_less_than_the_minimum_stays_contested(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims, "is_payable", lambda cut, contested, minimum: cut >= minimum)


@plant(DISPUTED, spare_parts=[0, 1])
def a_cut_takes_the_part_that_the_ending_needs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims, "parts_to_end", lambda dispute: 0)


@plant(DISPUTED)
def silence_costs_nothing(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, endings, "_ending", lambda dispute, t: (
        replace(dispute, clause=replace(dispute.clause, silence_rule=False)), t))  # fmt: skip


@plant(DISPUTED)
def silence_costs_also_where_nobody_signed_it(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, endings, "_ending", lambda dispute, t: (
        replace(dispute, clause=replace(dispute.clause, silence_rule=True)), t))  # fmt: skip


@plant(DISPUTED, ending=[3_333, 5_000])
def the_odd_unit_goes_to_the_other_side(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, endings, "split", lambda contested, bp, odd, minimum: (
        contested, bp, Role.PAYER if odd is Role.PAYEE else Role.PAYEE, minimum))  # fmt: skip


@plant(DISPUTED, DUSTY, ending=[9_000])
def a_share_below_the_minimum_is_paid(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, endings, "split", lambda contested, bp, odd, minimum: (
        contested, bp, odd, 1))  # fmt: skip


@plant()
def an_ending_fires_early(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "due_by", lambda state, t: (state, t + TICK))


@plant(DISPUTED)
def an_early_due_message_ends_a_dispute(patch: pytest.MonkeyPatch) -> None:
    right = endings.due_by
    far = timedelta(days=9)
    patch.setattr(endings, "due_by", lambda state, t: right(state, t + far))
    seen_as(patch, decide, "fire", lambda state, due, t: (state, due, t + far))


@plant(DISPUTED, minimum=[1], spare_parts=[None], tranches=[1])
def a_due_message_of_any_timer_ends_a_dispute(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "fire", lambda state, due, t: (
        state, replace(due, timer="dispute", generation=1), t))  # fmt: skip


@plant(DISPUTED)
def a_claim_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    right = evolve._next

    def forgetful(dispute: Any, event: Any) -> Any:
        after = right(dispute, event)
        return replace(after, payee_claim=dispute.payee_claim)

    patch.setattr(evolve, "_next", forgetful)


@plant(UNDISPUTED)
def what_disputes_does_not_know_yet_is_refused_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "awaits_fact", lambda state, command: state is None)


@plant(DISPUTED)
def the_admission_is_contested_once_more(patch: pytest.MonkeyPatch) -> None:
    def more(state: Any, opened: Any) -> Any:
        b = opened.buckets
        return state, replace(opened, buckets=replace(b, contested=b.contested + b.payee, payee=0))

    seen_as(patch, decide, "register", more)
    assert facts.register is not decide.register
