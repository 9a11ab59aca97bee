"""Given an external ending, when the adjudicator rules, then what is contested goes as ruled."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Allowed
from services.disputes.domain.docket import Ending, Role, Timer, waiting_timers
from services.disputes.domain.events import (
    Authorisation,
    DisputeEnded,
    FundsAttributed,
    ProposalsVoided,
    RulingMade,
)
from tests.unit.disputes.story import START, code, disputed, effective, opened, refusal, several

DEADLINE = START + timedelta(hours=72)
BOUND = START + timedelta(hours=120)
MILLISECOND = 1 / 3_600_000


def external(claim=60, *, fallback="to_payer", silence_rule=False, **changes):
    """A dispute of 72 hours, with 48 more for a ruling."""
    return disputed(
        claim, clause_ending="external", clause_fallback=fallback, ruling_hours=48,
        clause_silence_rule=silence_rule, **changes,
    )  # fmt: skip


def test_a_ruling_divides_what_is_contested_by_the_clause_both_signed():
    tale = external().wait(1)
    assert code(tale.rule(70)) == "Applied"
    made, to_payee, to_payer, ended = tale.events[1:]
    assert made == RulingMade(1, "judy", 70, 30, 30, "c1", tale.at)
    for event, to in ((to_payee, Role.PAYEE), (to_payer, Role.PAYER)):
        assert isinstance(event, FundsAttributed)
        assert (event.to, event.amount, event.cause) == (to, 30, "ruling")
        assert event.authorisation == Authorisation(to.other, "clause", clause="dispute.ending")
    assert ended == DisputeEnded(1, Ending.RULING, tale.at)
    assert tale.dsr() == (0, 70, 30)


@given(payer=st.integers(0, 100), payee=st.integers(0, 100), ruled=st.integers(0, 100))
def test_concessions_stand_and_nothing_but_the_rest_goes_as_ruled(payer, payee, ruled):
    tale = external(100)
    tale.payer(payer)
    tale.payee(payee)
    contested, given_payee, given_payer = tale.dsr()
    if contested == 0:
        assert code(tale.rule(ruled)) == "NOTHING_LEFT"
        return
    assert code(tale.rule(ruled)) == "Applied"
    expected = min(max(ruled, given_payee), 100 - given_payer)
    assert tale.dsr() == (0, expected, 100 - expected)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, "Applied"),
        (100, "Applied"),
        (101, "CLAIM_OUT_OF_BOUNDS"),
        (MoneyFlaw.AMOUNT_INVALID, "AMOUNT_INVALID"),
        (Money(5, "USD/2"), "CURRENCY_MISMATCH"),
    ],
)
def test_it_is_a_total_over_the_tranche(total, expected):
    assert code(external().rule(total)) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, "Applied"),
        (72, "Applied"),
        (120 - MILLISECOND, "Applied"),
        (120, "DISPUTE_PERIOD_ENDED"),
        (500, "DISPUTE_PERIOD_ENDED"),
    ],
)
def test_it_may_come_from_the_opening_until_its_own_bound(hours, expected):
    tale = external().wait(hours)
    assert code(tale.rule(100)) == expected
    assert tale.dsr() == ((0, 100, 0) if expected == "Applied" else (0, 40, 60))


def test_what_was_signed_before_the_opening_came_too_early():
    tale = effective()
    clause = {"clause_ending": "external", "clause_fallback": "to_payee", "ruling_hours": 1}
    tale.hear(opened(60, opened_at=START + timedelta(hours=1), **clause))
    assert code(tale.rule(50)) == "NOT_IN_DISPUTE"
    assert code(effective().rule(50)) == "NOT_IN_DISPUTE"


def test_claims_and_proposals_end_at_the_dispute_deadline():
    tale = external().wait(72)
    for decision in (
        tale.payer(0), tale.payee(100), tale.propose(Role.PAYEE, "a", (30, 30)),
        tale.accept(Role.PAYER, "a"), tale.withdraw(Role.PAYEE, "a"),
    ):  # fmt: skip
        refused = refusal(decision)
        assert refused.code == "DISPUTE_PERIOD_ENDED"
        assert refused.allowed == ()
    assert tale.dsr() == (60, 40, 0)
    assert refusal(tale.rule(101)).allowed == (Allowed("ruling.submit", BOUND),)


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "how", "expected"),
    [
        ("alice", {}, "WRONG_ROLE"),
        ("bob", {}, "WRONG_ROLE"),
        ("mallory", {}, "NOT_A_PARTY"),
        ("shop", {}, "NOT_A_PARTY"),
        ("judy", {"upstream": "rival"}, "NOT_A_PARTY"),
        ("judy", {"proof": None}, "SIGNATURE_REQUIRED"),
        ("judy", {"proof": lambda _: False}, "SIGNATURE_INVALID"),
    ],
)
def test_only_the_adjudicator_rules_and_always_by_its_own_signature(by, how, expected):
    tale = external()
    assert code(tale.rule(50, by, **how)) == expected
    assert tale.dsr() == (60, 40, 0)


def test_where_the_terms_name_nobody_nobody_rules():
    tale = disputed(60)
    tale.docket = type(tale.docket)(
        *(getattr(tale.docket, name) if name != "adjudicator" else None
          for name in tale.docket.__dataclass_fields__)
    )  # fmt: skip
    assert code(tale.rule(50)) == "NOT_A_PARTY"
    assert code(tale.rule(50, "alice")) == "WRONG_ROLE"


def test_with_several_tranches_a_ruling_names_one():
    clause = {"clause_ending": "external", "clause_fallback": "to_payee", "ruling_hours": 1}
    tale = several(opened(60, **clause), opened(60, **clause))
    assert code(tale.rule(50)) == "MALFORMED"
    assert code(tale.rule(50, tranche="t2")) == "Applied"
    assert [tale.dsr(number)[0] for number in (1, 2)] == [60, 0]


# --- the rail -----------------------------------------------------------------------------------


def test_no_share_is_below_what_the_rail_moves():
    tale = external(rail_minimum=10)
    dusty = refusal(tale.rule(45))
    assert dusty.code == "DUST_REMAINDER"
    assert (dusty.facts["payee_total_below"], dusty.facts["payee_total_above"]) == ("40", "50")
    assert refusal(tale.rule(99)).facts["payee_total_above"] == "100"
    assert code(tale.rule(50)) == "Applied"


def test_a_rail_of_the_whole_takes_the_whole():
    tale = external(100, rail_whole_only=True, rail_parts=1)
    assert refusal(tale.rule(50)).facts["clause"] == "rail.partial"
    assert code(tale.rule(0)) == "Applied"


def test_two_parts_are_kept_for_a_ruling():
    tale = external(rail_parts=3)
    assert code(tale.payer(50)) == "Applied"
    assert code(tale.payer(40)) == "RAIL_CANNOT_HONOUR"
    assert code(tale.rule(70)) == "Applied"


# --- how it ends otherwise ----------------------------------------------------------------------


def test_a_ruling_voids_what_was_proposed():
    tale = external()
    tale.propose(Role.PAYEE, "a", (30, 30))
    tale.rule(70)
    assert tale.events[-2] == ProposalsVoided(1, ("a",), tale.at)
    assert code(tale.accept(Role.PAYER, "a")) == "PROPOSAL_SUPERSEDED"
    assert code(tale.rule(70)) == "NOTHING_LEFT"
    assert code(tale.wait(119).rule(70)) == "NOTHING_LEFT"
    assert code(tale.wait(1).rule(70)) == "DISPUTE_PERIOD_ENDED"


@pytest.mark.parametrize(
    ("fallback", "ratio_bp", "expected"),
    [
        ("to_payee", None, (0, 100, 0)),
        ("to_payer", None, (0, 40, 60)),
        ("ratio", 2500, (0, 55, 45)),
    ],
)
def test_without_a_ruling_the_fallback_decides_at_its_bound(fallback, ratio_bp, expected):
    tale = external(fallback=fallback, clause_ratio_bp=ratio_bp).wait(119)
    tale.due(generation=2)
    assert tale.dsr()[0] == 60
    tale.wait(1).due(generation=2)
    assert tale.dsr() == expected
    attributed, ended = tale.events[-2:]
    assert attributed.authorisation.clause == "dispute.fallback"
    assert (attributed.due_at, ended.due_at) == (BOUND, BOUND)
    assert ended.ending.value == fallback


def test_a_silent_payee_loses_at_the_dispute_deadline_and_a_ruling_comes_too_late():
    tale = external(silence_rule=True, fallback="to_payee")
    assert waiting_timers(tale.docket) == (Timer(1, 1, DEADLINE),)
    assert code(tale.wait(72).rule(100)) == "NOTHING_LEFT"
    assert tale.docket.disputes[0].ending is Ending.SILENCE
    assert tale.dsr() == (0, 40, 60)


def test_who_answered_leaves_the_rest_to_the_adjudicator():
    tale = external(silence_rule=True)
    tale.payee(100)
    assert waiting_timers(tale.docket) == (Timer(1, 2, BOUND),)
    tale.wait(72).due(generation=1)
    assert tale.dsr()[0] == 60
    assert code(tale.rule(100)) == "Applied"
    assert waiting_timers(tale.docket) == ()


@pytest.mark.parametrize(
    ("hours", "generation", "fires"),
    [(120, 1, False), (120, 2, True), (120 - MILLISECOND, 2, False), (120, 3, False)],
)
def test_a_due_message_of_the_dispute_deadline_does_not_execute_the_fallback(
    hours, generation, fires
):
    tale = external().wait(hours)
    tale.due(generation=generation)
    assert (tale.dsr()[0] == 0) == fires
