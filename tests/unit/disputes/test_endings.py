"""Given a dispute nobody ended, when its deadline is reached, then the signed clause decides."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disputes.domain.commands import Due
from services.disputes.domain.decide import decide
from services.disputes.domain.docket import Ending, Role, Timer, waiting_timers
from services.disputes.domain.endings import split
from services.disputes.domain.events import Authorisation, DisputeEnded
from tests.unit.disputes.story import (
    START,
    code,
    disputed,
    effective,
    opened,
    several,
)

DEADLINE = START + timedelta(hours=72)
MILLISECOND = 1 / 3_600_000
SPOKEN = {"clause_silence_rule": False}


@pytest.mark.parametrize(
    ("clause", "moved", "ending"),
    [
        ({"ending": "to_payee"}, [("payee", 60)], Ending.TO_PAYEE),
        ({"ending": "to_payer"}, [("payer", 60)], Ending.TO_PAYER),
        ({"ending": "ratio", "ratio_bp": 2500}, [("payee", 15), ("payer", 45)], Ending.RATIO),
        ({"ending": "ratio", "ratio_bp": 0}, [("payer", 60)], Ending.RATIO),
        ({"ending": "ratio", "ratio_bp": 10_000}, [("payee", 60)], Ending.RATIO),
    ],
)
def test_the_clause_both_signed(clause, moved, ending):
    changes = {f"clause_{name}": value for name, value in clause.items()}
    tale = disputed(60, **SPOKEN, **changes).wait(73)
    tale.due()
    assert tale.moved == [(to, "dispute_default", amount) for to, amount in moved]
    for event in tale.events[1:-1]:
        assert event.authorisation == Authorisation(
            event.to.other, "clause", clause="dispute.ending"
        )
        assert (event.judged_at, event.due_at) == (tale.at, DEADLINE)
    assert tale.events[-1] == DisputeEnded(1, ending, tale.at, DEADLINE)
    assert tale.docket.disputes[0].ending is ending


@pytest.mark.parametrize("ending", ["to_payee", "to_payer", "ratio"])
def test_a_payee_who_never_answered_loses_what_is_contested(ending):
    ratio = 5000 if ending == "ratio" else None
    tale = disputed(60, clause_ending=ending, clause_ratio_bp=ratio)
    tale.payer(50)
    tale.wait(72).due()
    assert tale.moved == [("payee", "concession", 10), ("payer", "dispute_default", 50)]
    assert tale.events[-2].authorisation == Authorisation(
        Role.PAYEE, "clause", clause="dispute.silence_rule"
    )
    assert tale.docket.disputes[0].ending is Ending.SILENCE


def test_who_answered_is_not_silent_however_little_it_conceded():
    tale = disputed(60, clause_silence_rule=True, clause_ending="to_payee")
    tale.payee(100)
    tale.wait(72).due()
    assert tale.docket.disputes[0].ending is Ending.TO_PAYEE


# --- when ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "message", "fires"),
    [
        (72 - MILLISECOND, Due("dispute", 1, 1), False),
        (72, Due("dispute", 1, 1), True),
        (720, Due("dispute", 1, 1), True),
        (72, Due("dispute", 1, 2), False),
        (72, Due("dispute", 2, 1), False),
        (72, Due("chain", 1, 1), False),
        (72, Due("offer", 1, 1), False),
    ],
)
def test_a_due_message_counts_for_its_own_timer_from_its_instant_on(hours, message, fires):
    tale = disputed(60).wait(hours)
    tale.hear(message)
    assert (tale.dsr()[0] == 0) == fires


def test_what_fired_fires_once():
    tale = disputed(60).wait(72)
    tale.due()
    said = list(tale.events)
    tale.due()
    tale.wait(1).due()
    assert tale.events == said


def test_a_due_message_for_nothing_known_is_void():
    assert decide(None, Due("dispute", 1, 1), START).due == ()
    tale = effective()
    tale.wait(1000).due()
    assert tale.events == []


@pytest.mark.parametrize("claim", [0, 50, 60, 61])
def test_a_claim_at_the_deadline_first_executes_the_ending(claim):
    tale = disputed(60).wait(72)
    decision = tale.payer(claim)
    assert code(decision) == "DISPUTE_PERIOD_ENDED"
    assert decision.outcome.facts["ending"] == "silence"
    assert tale.moved == [("payer", "dispute_default", 60)]


def test_any_command_executes_the_endings_due_even_a_strangers():
    tale = several(opened(60), opened(60)).wait(72)
    assert code(tale.lower("mallory", 1, tranche=2)) == "NOT_A_PARTY"
    assert [tale.dsr(number)[0] for number in (1, 2)] == [0, 0]


def test_endings_due_together_come_in_deadline_order_then_in_that_of_the_terms():
    tale = several(opened(60, hours=73), opened(50, hours=72), opened(40, hours=72))
    tale.wait(80).due(tranche=3)
    ends = [event for event in tale.events if isinstance(event, DisputeEnded)]
    assert [event.tranche for event in ends] == [2, 3, 1]


def test_an_ending_that_is_not_due_yet_waits():
    tale = several(opened(60, hours=73), opened(50, hours=72)).wait(72)
    tale.due(tranche=2)
    assert [tale.dsr(number)[0] for number in (1, 2)] == [60, 0]
    assert code(tale.payer(50, tranche=1)) == "Applied"


# --- timers -------------------------------------------------------------------------------------


def test_every_open_dispute_has_a_timer_until_it_ends():
    tale = several(opened(60, hours=73), opened(50, hours=72))
    first, second = Timer(1, 1, START + timedelta(hours=73)), Timer(2, 1, DEADLINE)
    assert waiting_timers(tale.docket) == (first, second)
    tale.payer(0, tranche=1)
    assert waiting_timers(tale.docket) == (second,)
    tale.wait(72).due(tranche=2)
    assert waiting_timers(tale.docket) == ()


# --- the ratio ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contested", "ratio_bp", "odd_unit", "minimum", "payee", "payer"),
    [
        (100, 3333, Role.PAYEE, 1, 34, 66),
        (100, 3333, Role.PAYER, 1, 33, 67),
        (1, 5000, Role.PAYEE, 1, 1, 0),
        (1, 5000, Role.PAYER, 1, 0, 1),
        (100, 500, Role.PAYEE, 10, 0, 100),
        (100, 1000, Role.PAYER, 10, 10, 90),
        (100, 9500, Role.PAYER, 10, 100, 0),
        (19, 5000, Role.PAYEE, 10, 19, 0),
        (15, 5000, Role.PAYEE, 10, 15, 0),
        (15, 5000, Role.PAYER, 10, 0, 15),
        (10, 1, Role.PAYER, 10, 0, 10),
    ],
)
def test_a_ratio_is_floored_and_leaves_no_dust(
    contested, ratio_bp, odd_unit, minimum, payee, payer
):
    assert split(contested, ratio_bp, odd_unit, minimum) == {Role.PAYEE: payee, Role.PAYER: payer}


@given(
    contested=st.integers(1, 10**18 - 1),
    ratio_bp=st.integers(0, 10_000),
    odd_unit=st.sampled_from(Role),
    minimum=st.integers(0, 10**6),
)
def test_a_split_gives_away_exactly_what_is_contested(contested, ratio_bp, odd_unit, minimum):
    shares = split(contested, ratio_bp, odd_unit, minimum)
    assert sum(shares.values()) == contested
    if 0 in shares.values():
        return
    assert min(shares.values()) >= minimum
    assert abs(shares[Role.PAYEE] * 10_000 - contested * ratio_bp) < 10_000


@pytest.mark.parametrize(("ratio_bp", "to"), [(9_000, "payee"), (1_000, "payer")])
def test_a_rail_that_moves_the_whole_only_gives_all_to_the_side_that_is_no_dust(ratio_bp, to):
    odd_unit = Role.PAYER if to == "payee" else Role.PAYEE
    tale = disputed(
        100, rail_whole_only=True, rail_parts=1, rail_minimum=51, clause_ending="ratio",
        clause_ratio_bp=ratio_bp, clause_odd_unit=odd_unit, **SPOKEN,
    )  # fmt: skip
    tale.wait(72).due()
    assert tale.moved == [(to, "dispute_default", 100)]


def test_of_a_ratio_the_payee_is_paid_first():
    tale = disputed(60, clause_ending="ratio", clause_ratio_bp=5000, **SPOKEN).wait(72)
    tale.due()
    payee, payer = tale.events[1:3]
    assert (payee.to, payer.to) == (Role.PAYEE, Role.PAYER)
    assert payer.before == payee.after
    assert payer.after.contested == 0
