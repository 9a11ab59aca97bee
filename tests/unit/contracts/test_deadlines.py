"""Given a running deadline, when a party moves it, then for the other's good, and in bounds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.domain.contract import Caps, Role, waiting_timers
from services.contracts.domain.events import DeadlineMoved
from tests.unit.contracts.conftest import HOUR_MS, START, Story, terms

MS = timedelta(milliseconds=1)
TEN_MORE = Caps(extend_ms=10 * HOUR_MS)


def hours(count, ms=0):
    return START + timedelta(hours=count) + ms * MS


def deadline(tale, tranche=1):
    return tale.contract.tranches[tranche - 1].deadline_at


def test_the_payee_extends_and_the_money_arrives_at_the_new_deadline_only(effective, code):
    tale = effective((100, 10), caps=TEN_MORE).wait(9)
    (event,) = tale.extend(hours(15)).outcome.events
    assert isinstance(event, DeadlineMoved)
    assert (event.by, event.before, event.after) == (Role.PAYEE, hours(10), hours(15))
    assert event.judged_at == tale.at
    assert event.first_deadline_at == hours(10)
    (timer,) = waiting_timers(tale.contract)
    assert (timer.generation, timer.due_at) == (2, hours(15))
    tale.wait(5.5)
    assert tale.due(generation=1).due == ()
    assert tale.due(generation=2).due == ()
    assert code(tale.give_back(30)) == "Applied"
    tale.at = hours(15)
    assert tale.due(generation=1).due == ()
    (arrival,) = tale.due(generation=2).due
    assert (arrival.cause, arrival.due_at, arrival.amount) == ("arrival", hours(15), 70)


def test_the_payer_advances_and_the_money_arrives_earlier(effective, code):
    tale = effective((100, 10)).wait(2)
    (event,) = tale.advance(hours(3)).outcome.events
    assert (event.by, event.before, event.after) == (Role.PAYER, hours(10), hours(3))
    assert event.first_deadline_at == hours(10)
    tale.at = hours(3)
    assert code(tale.give_back(1)) == "CHAIN_PERIOD_ENDED"
    assert tale.buckets == (0, 100, 0)
    assert tale.events[-1].due_at == hours(3)


def test_scenario_09(effective, code):
    """Only the payee may give more time, only the payer less; an old due message means nothing."""
    tale = effective((10_000, 120), caps=Caps(extend_ms=240 * HOUR_MS)).wait(100)
    assert code(tale.extend(hours(144))) == "Applied"
    assert code(tale.extend(hours(130))) == "DEADLINE_ONLY_LATER"
    assert code(tale.extend(hours(400))) == "BEYOND_CAP"
    tale.wait(20)
    assert tale.due(generation=1).due == ()
    assert code(tale.advance(hours(119))) == "DEADLINE_PAST"
    assert code(tale.advance(hours(150))) == "DEADLINE_ONLY_EARLIER"
    assert code(tale.advance(hours(130))) == "Applied"
    tale.wait(10)
    assert len(tale.due(generation=3).due) == 1
    assert tale.buckets == (0, 10_000, 0)


@pytest.mark.parametrize(
    ("by", "to", "answer"),
    [
        ("payee", hours(1, -1), "DEADLINE_PAST"),
        ("payee", hours(1), "DEADLINE_PAST"),
        ("payee", hours(1, 1), "DEADLINE_ONLY_LATER"),
        ("payee", hours(10, -1), "DEADLINE_ONLY_LATER"),
        ("payee", hours(10), "NO_CHANGE"),
        ("payee", hours(10, 1), "Applied"),
        ("payee", hours(20), "Applied"),
        ("payee", hours(20, 1), "BEYOND_CAP"),
        ("payer", hours(1, -1), "DEADLINE_PAST"),
        ("payer", hours(1), "DEADLINE_PAST"),
        ("payer", hours(1, 1), "BEYOND_CAP"),
        ("payer", hours(6, -1), "BEYOND_CAP"),
        ("payer", hours(6), "Applied"),
        ("payer", hours(10, -1), "Applied"),
        ("payer", hours(10), "NO_CHANGE"),
        ("payer", hours(10, 1), "DEADLINE_ONLY_EARLIER"),
    ],
)
def test_the_bounds_to_the_millisecond(effective, code, by, to, answer):
    caps = Caps(extend_ms=10 * HOUR_MS, advance_ms=4 * HOUR_MS)
    tale = effective((100, 10), caps=caps).wait(1)
    decision = tale.extend(to) if by == "payee" else tale.advance(to)
    assert code(decision) == answer
    assert deadline(tale) == (to if answer == "Applied" else hours(10))
    if answer == "BEYOND_CAP":
        bound = {"payee": ("latest", "T00:00"), "payer": ("earliest", "T10:00")}[by]
        assert bound[1] in decision.outcome.facts[bound[0]]


def test_caps_count_in_all_from_the_first_deadline(effective, code):
    caps = Caps(extend_ms=10 * HOUR_MS, advance_ms=4 * HOUR_MS)
    tale = effective((100, 10), caps=caps).wait(1)
    assert code(tale.extend(hours(16))) == "Applied"
    assert code(tale.extend(hours(20, 1))) == "BEYOND_CAP"
    assert code(tale.extend(hours(20))) == "Applied"
    assert code(tale.advance(hours(6, -1))) == "BEYOND_CAP"
    assert code(tale.advance(hours(6))) == "Applied"
    assert code(tale.extend(hours(20, 1))) == "BEYOND_CAP"
    assert tale.contract.tranches[0].generation == 4
    assert tale.contract.tranches[0].first_deadline_at == hours(10)


def test_without_caps_extension_is_not_offered_and_advances_have_no_bound(effective, code):
    tale = effective((100, 10)).wait(1)
    assert code(tale.extend(hours(10, 1))) == "BEYOND_CAP"
    assert code(tale.extend(hours(10))) == "BEYOND_CAP"
    assert code(tale.advance(tale.at + MS)) == "Applied"
    # What the payer gave stays given.
    assert code(tale.extend(hours(2))) == "BEYOND_CAP"


def test_an_advance_of_nothing_can_be_agreed(effective, code):
    tale = effective((100, 10), caps=Caps(advance_ms=0)).wait(1)
    assert code(tale.advance(hours(10, -1))) == "BEYOND_CAP"


def test_each_side_has_its_own_direction_only(effective, code):
    tale = effective((100, 10), caps=TEN_MORE).wait(1)
    assert code(tale.extend(hours(12), by="alice")) == "WRONG_ROLE"
    assert code(tale.advance(hours(8), by="bob")) == "WRONG_ROLE"
    assert code(tale.extend(hours(12), by="mallory")) == "NOT_A_PARTY"
    assert code(tale.extend(hours(12), asked=tale.ask("bob", upstream="rival"))) == "NOT_A_PARTY"
    assert deadline(tale) == hours(10)


@pytest.mark.parametrize(
    ("late_ms", "answer"), [(-1, "Applied"), (0, "CHAIN_PERIOD_ENDED"), (1, "CHAIN_PERIOD_ENDED")]
)
def test_it_must_be_sent_before_the_deadline(effective, code, late_ms, answer):
    tale = effective((100, 10), caps=TEN_MORE).wait(10)
    tale.at += late_ms * MS
    decision = tale.extend(hours(12))
    assert code(decision) == answer
    assert len(decision.due) == (answer != "Applied")


def test_an_advanced_deadline_ends_the_period_to_the_millisecond(effective, code):
    tale = effective((100, 10)).wait(1)
    tale.advance(hours(5))
    tale.at = hours(5, -1)
    assert code(tale.give_back(40)) == "Applied"
    tale.at = hours(5)
    assert code(tale.release(1)) == "ALREADY_ARRIVED"
    assert tale.buckets == (0, 60, 40)


def test_before_effect_with_nothing_left_and_in_dispute(story, effective, code):
    tale = story((100, 10), caps=TEN_MORE)
    assert code(tale.extend(hours(12))) == "UNKNOWN_CONTRACT"
    tale.offer()
    assert code(tale.extend(hours(12))) == "NOT_EFFECTIVE"
    tale.decline("bob")
    assert code(tale.advance(hours(8))) == "DECLINED"
    tale = effective((100, 10), caps=TEN_MORE)
    tale.at -= MS
    assert code(tale.extend(hours(12))) == "NOT_EFFECTIVE"
    tale = effective((100, 10), caps=TEN_MORE).wait(1)
    tale.release("ALL")
    assert code(tale.extend(hours(12))) == "NOTHING_LEFT"
    tale = effective((100, 10), caps=TEN_MORE).wait(1)
    tale.dispute(60)
    assert code(tale.extend(hours(12))) == "IN_DISPUTE"
    tale.wait(20)
    assert code(tale.advance(hours(12))) == "IN_DISPUTE"
    tale.disputed(1, 0, 100, 0)
    assert code(tale.extend(hours(50))) == "CHAIN_PERIOD_ENDED"


def test_with_several_tranches_one_is_named_and_the_others_stay(effective, code):
    tale = effective((100, 10), (100, 20), caps=TEN_MORE).wait(1)
    assert code(tale.extend(hours(12))) == "MALFORMED"
    assert code(tale.extend(hours(12), tranche=3)) == "MALFORMED"
    assert code(tale.extend(hours(25), tranche="t1")) == "BEYOND_CAP"
    assert code(tale.extend(hours(20, 1), tranche=2)) == "Applied"
    assert code(tale.extend(hours(20), tranche="t1")) == "Applied"
    assert [deadline(tale, n) for n in (1, 2)] == [hours(20), hours(20, 1)]


def test_moved_deadlines_order_arrivals_and_what_acts_draw_on(effective):
    tale = effective((1, 10), (2, 20), caps=TEN_MORE).wait(1)
    tale.extend(hours(20), tranche=1)
    tale.advance(hours(15), tranche=2)
    tale.release(1)
    assert tale.each == [(1, 0, 0), (1, 1, 0)]
    arrivals = tale.wait(30).due(2, generation=2).due
    assert [event.parts[0].tranche for event in arrivals] == [2, 1]


def test_moves_spend_acts_and_acts_spend_moves(effective, code):
    tale = effective((100, 10), caps=TEN_MORE, acts_budget=2).wait(1)
    assert code(tale.extend(hours(12))) == "Applied"
    assert code(tale.give_back(1)) == "Applied"
    assert code(tale.extend(hours(13))) == "ACT_BUDGET_SPENT"
    assert code(tale.give_back(1)) == "ACT_BUDGET_SPENT"
    assert code(tale.advance(hours(11))) == "Applied"
    assert code(tale.release(1)) == "Applied"
    assert code(tale.advance(hours(9))) == "ACT_BUDGET_SPENT"
    assert code(tale.release("ALL")) == "Applied"


@pytest.mark.parametrize(
    ("caps", "commands"),
    [
        (Caps(), (["funds.release", "dispute.open", "deadline.advance"], ["funds.return"])),
        (
            Caps(extend_ms=1, advance_ms=0),
            (["funds.release", "dispute.open"], ["funds.return", "deadline.extend"]),
        ),
    ],
)
def test_a_refusal_tells_who_may_move_a_deadline(effective, caps, commands):
    tale = effective((100, 10), caps=caps).wait(1)
    told = [tale.release(101).outcome.allowed, tale.give_back(101).outcome.allowed]
    assert [[a.command for a in allowed] for allowed in told] == list(commands)
    assert {a.until for allowed in told for a in allowed} == {hours(10)}


RAIL = "RAIL_CANNOT_HONOUR"


@pytest.mark.parametrize(
    ("extend_ms", "answer"),
    [
        (None, "Applied"),
        (10 * HOUR_MS, "Applied"),
        (10 * HOUR_MS + 1, RAIL),
        (0, "PERIOD_INVALID"),
        (-1, "PERIOD_INVALID"),
        (100 * 366 * 24 * HOUR_MS + 1, "PERIOD_INVALID"),
    ],
)
def test_the_rail_must_hold_until_the_latest_deadline_that_extension_reaches(
    story, code, extend_ms, answer
):
    """120 h and the extension, 72 h of dispute, 24 h of margin: equal fits."""
    offered = story(
        (100, 120), (100, 1), caps=Caps(extend_ms=extend_ms), rail_max_hold_hours=120 + 10 + 72 + 24
    ).offer()
    assert code(offered) == answer
    if answer == RAIL:
        assert offered.outcome.facts["clause"] == "rail.max_hold_hours"


@pytest.mark.parametrize(
    ("advance_ms", "answer"),
    [
        (0, "Applied"),
        (-1, "PERIOD_INVALID"),
        (100 * 366 * 24 * HOUR_MS, "Applied"),
        (100 * 366 * 24 * HOUR_MS + 1, "PERIOD_INVALID"),
    ],
)
def test_the_bounds_of_an_advance_are_a_length_of_time(story, code, advance_ms, answer):
    assert code(story((100, 10), caps=Caps(advance_ms=advance_ms)).offer()) == answer


@given(
    st.lists(
        st.tuples(st.sampled_from(["alice", "bob"]), st.booleans(), st.integers(-5, 30)),
        max_size=12,
    )
)
def test_no_move_serves_its_signer_and_none_leaves_the_caps(moves):
    caps = Caps(extend_ms=10 * HOUR_MS, advance_ms=4 * HOUR_MS)
    tale = Story(terms((100, 10), caps=caps)).effective().wait(1)
    for by, extends, to in moves:
        before, generation = deadline(tale), tale.contract.tranches[0].generation
        decision = (tale.extend if extends else tale.advance)(hours(to), by=by)
        if decision.applied:
            assert by == ("bob" if deadline(tale) > before else "alice")
            assert tale.contract.tranches[0].generation == generation + 1
        else:
            assert (deadline(tale), tale.contract.tranches[0].generation) == (before, generation)
        assert hours(6) <= deadline(tale) <= hours(20)
        assert deadline(tale) > tale.at
