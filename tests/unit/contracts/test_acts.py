"""Given an effective contract, when a party gives up money, then exactly that moves, for ever."""

import pytest

from schemas.values import Money, MoneyFlaw
from services.contracts.domain.contract import Role, waiting_timers
from services.contracts.domain.events import Authorisation, FundsAttributed


def test_a_release_is_the_payers_own_signature(effective):
    tale = effective((100, 10)).wait(1)
    tale.release(30)
    event = tale.events[-1]
    assert isinstance(event, FundsAttributed)
    assert (event.to, event.cause, event.amount) == (Role.PAYEE, "release", 30)
    assert event.authorisation == Authorisation(Role.PAYER, "live", command_id="c3")
    assert event.judged_at == tale.at
    assert tale.buckets == (70, 30, 0)


def test_a_return_is_its_mirror_image(effective):
    tale = effective((100, 10)).wait(1)
    tale.give_back(30)
    event = tale.events[-1]
    assert (event.to, event.cause, event.amount) == (Role.PAYER, "return", 30)
    assert event.authorisation.signer is Role.PAYEE
    assert tale.buckets == (70, 0, 30)


def test_all_attributes_the_contract_and_stops_its_timer(effective):
    tale = effective((100, 10)).wait(1)
    tale.release("ALL")
    assert tale.status == "ATTRIBUTED"
    assert waiting_timers(tale.contract) == ()


@pytest.mark.parametrize(
    ("amount", "changes", "expected"),
    [
        (0, {}, "AMOUNT_INVALID"),
        (100, {}, "Applied"),
        (101, {}, "INSUFFICIENT_REMAINDER"),
        (MoneyFlaw.AMOUNT_INVALID, {}, "AMOUNT_INVALID"),
        (MoneyFlaw.EXPONENT_WRONG, {}, "EXPONENT_WRONG"),
        (Money(5, "USD/2"), {}, "CURRENCY_MISMATCH"),
        (Money(5, "USD/2"), {"expected_remaining": MoneyFlaw.CURRENCY_UNKNOWN}, "CURRENCY_UNKNOWN"),
        (0, {"expected_remaining": Money(5, "USD/2")}, "CURRENCY_MISMATCH"),
        (None, {"to_total": 60}, "Applied"),
        (None, {"to_total": 0}, "NO_CHANGE"),
        (None, {"to_total": 101}, "INSUFFICIENT_REMAINDER"),
        (5, {"expected_remaining": 100}, "Applied"),
        (5, {"expected_remaining": 99}, "PRECONDITION_FAILED"),
        (101, {"expected_remaining": 99}, "INSUFFICIENT_REMAINDER"),
        (None, {"to_total": 0, "expected_remaining": 99}, "PRECONDITION_FAILED"),
        (5, {"tranche": 1}, "Applied"),
        (5, {"tranche": "t1"}, "Applied"),
        (5, {"tranche": 2}, "MALFORMED"),
        (5, {"tranche": "t2", "by": "mallory"}, "MALFORMED"),
        (0, {"by": "mallory"}, "NOT_A_PARTY"),
    ],
)
@pytest.mark.parametrize("act", ["release", "give_back"])
def test_what_an_act_gets(effective, code, act, amount, changes, expected):
    tale = effective((100, 10)).wait(1)
    assert code(getattr(tale, act)(amount, **changes)) == expected


def test_only_the_one_who_loses_may_act(effective, code):
    tale = effective((100, 10)).wait(1)
    assert code(tale.release(1, by="bob")) == "WRONG_ROLE"
    assert code(tale.give_back(1, by="alice")) == "WRONG_ROLE"
    assert code(tale.release(1, asked=tale.ask("alice", upstream="rival"))) == "NOT_A_PARTY"
    assert tale.buckets == (100, 0, 0)


def test_to_total_converges_in_any_order(effective, code):
    tale = effective((100, 10)).wait(1)
    tale.release(None, to_total=30)
    assert code(tale.release(None, to_total=20)) == "NO_CHANGE"
    tale.release(None, to_total=50)
    assert tale.buckets == (50, 50, 0)
    tale.release("ALL")
    assert code(tale.release(None, to_total=50)) == "NOTHING_LEFT"


def test_the_remainder_is_told(effective):
    tale = effective((10_000, 10)).wait(1)
    tale.release(3_000)
    refusal = tale.release(7_001).outcome
    assert refusal.facts["remaining"] == "7000"
    names = ["funds.release", "dispute.open", "deadline.advance"]
    assert [a.command for a in refusal.allowed] == names
    assert refusal.allowed[0].until == tale.contract.tranches[0].deadline_at


def test_nothing_left_before_the_deadline_and_after_it(effective, code):
    tale = effective((100, 10)).wait(1)
    tale.give_back("ALL")
    assert code(tale.release("ALL")) == "NOTHING_LEFT"
    assert code(tale.give_back(1)) == "NOTHING_LEFT"
    tale.wait(9)
    assert code(tale.release(1)) == "CHAIN_PERIOD_ENDED"
    assert code(tale.give_back(1)) == "CHAIN_PERIOD_ENDED"


def test_releases_take_the_earliest_deadline_first_and_returns_the_latest(effective):
    tale = effective((3334, 24), (3333, 48), (3333, 72)).wait(1)
    tale.release(4000)
    assert tale.each == [(0, 3334, 0), (2667, 666, 0), (3333, 0, 0)]
    tale.give_back(333)
    assert tale.each == [(0, 3334, 0), (2667, 666, 0), (3000, 0, 333)]
    assert [part.tranche for part in tale.events[-2].parts] == [1, 2]


def test_equal_deadlines_go_by_the_order_of_the_terms(effective):
    tale = effective((10, 5), (10, 5), (10, 5)).wait(1)
    tale.release(1)
    tale.give_back(1)
    assert tale.each == [(9, 1, 0), (10, 0, 0), (9, 0, 1)]
    assert [t.number for t in tale.contract.tranches] == [1, 2, 3]


def test_one_tranche_is_left_alone_when_another_is_named(effective, code):
    tale = effective((10, 5), (10, 6)).wait(1)
    tale.release("ALL", tranche=2)
    assert tale.each == [(10, 0, 0), (0, 10, 0)]
    assert code(tale.release(1, tranche="t2")) == "NOTHING_LEFT"
    assert code(tale.release(11)) == "INSUFFICIENT_REMAINDER"
    tale.release(None, to_total=15)
    assert tale.each == [(5, 5, 0), (0, 10, 0)]


def test_of_different_reasons_the_last_in_order_is_given(effective, code):
    tale = effective((10, 5), (10, 50)).wait(1)
    tale.release("ALL", tranche=2)
    tale.wait(4)
    assert code(tale.release(1, tranche=1)) == "ALREADY_ARRIVED"
    assert code(tale.release(1)) == "NOTHING_LEFT"
    tale.wait(45)
    assert code(tale.release(1)) == "CHAIN_PERIOD_ENDED"


def test_dust_is_refused_with_the_legal_choices(effective, code):
    tale = effective((100, 10), rail_minimum=10).wait(1)
    refusal = tale.release(95).outcome
    assert code(tale.release(95)) == "DUST_REMAINDER"
    assert (refusal.facts["at_most"], refusal.facts["at_least"]) == ("90", "100")
    small = tale.release(9).outcome
    assert small.code == "DUST_REMAINDER"
    assert small.facts["at_least"] == "10"
    assert "at_most" not in small.facts
    assert code(tale.release(90)) == "Applied"
    assert code(tale.give_back(10)) == "Applied"


def test_the_minimum_is_of_the_instruction_not_of_its_shares(effective, code):
    tale = effective((100, 10), (100, 20), rail_minimum=10).wait(1)
    assert code(tale.release(101)) == "Applied"
    assert tale.each == [(0, 100, 0), (99, 1, 0)]
    tale = effective((100, 10), (100, 20), rail_minimum=10).wait(1)
    refusal = tale.release(195).outcome
    assert (refusal.facts["at_most"], refusal.facts["at_least"]) == ("190", "200")


def test_the_act_budget_counts_applied_acts_a_side(effective, code):
    tale = effective((100, 10), acts_budget=2).wait(1)
    tale.release(1)
    assert code(tale.release(101)) == "INSUFFICIENT_REMAINDER"
    tale.release(1)
    assert code(tale.release(1)) == "ACT_BUDGET_SPENT"
    assert code(tale.release(0)) == "ACT_BUDGET_SPENT"
    # So much of another currency ends no tranche.
    rest = Money(tale.buckets[0], "USD/2")
    assert code(tale.release(rest)) == "ACT_BUDGET_SPENT"
    assert code(tale.give_back(1)) == "Applied"
    assert code(tale.release(97)) == "Applied"
    assert tale.status == "ATTRIBUTED"


def test_all_passes_a_spent_budget(effective, code):
    tale = effective((100, 10), (100, 20), acts_budget=1).wait(1)
    tale.release(1)
    assert code(tale.release(1)) == "ACT_BUDGET_SPENT"
    assert code(tale.release(1, tranche=2)) == "Applied"
    assert code(tale.release(100)) == "ACT_BUDGET_SPENT"
    assert code(tale.release("ALL")) == "Applied"


def test_parts_are_kept_for_the_deadlines(effective, code):
    tale = effective((100, 10), (100, 20), rail_max_parts=3).wait(1)
    assert code(tale.release(10)) == "Applied"
    refusal = tale.release(10).outcome
    assert refusal.code == "RAIL_CANNOT_HONOUR"
    assert refusal.facts["clause"] == "rail.max_parts"
    assert code(tale.release(90)) == "Applied"
    tale.wait(30).due(tranche=2)
    assert tale.status == "ATTRIBUTED"


def test_a_rail_without_parts_takes_all_or_nothing(effective, code):
    tale = effective((100, 10), rail_partial="none").wait(1)
    assert code(tale.release(99)) == "RAIL_CANNOT_HONOUR"
    assert code(tale.release(101)) == "INSUFFICIENT_REMAINDER"
    assert code(tale.release(100)) == "Applied"


def test_before_effect_nothing_can_be_given(story, code):
    tale = story((100, 10))
    assert code(tale.release(1)) == "UNKNOWN_CONTRACT"
    tale.offer()
    assert code(tale.release(1)) == "NOT_EFFECTIVE"
    assert code(tale.release(0)) == "AMOUNT_INVALID"


def test_a_command_appended_before_effect_stays_not_effective(effective, code):
    tale = effective((100, 10))
    assert code(tale.wait(-0.001).release(1)) == "NOT_EFFECTIVE"
    assert code(tale.wait(0.001).release(1)) == "Applied"
