"""Given an open dispute, when a side proposes a division, then it lives or is refused."""

from datetime import timedelta

import pytest

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Allowed
from services.disputes.domain.docket import Ending, Proposal, Role, Standing, Timer, waiting_timers
from services.disputes.domain.events import ProposalMade, ProposalsVoided
from tests.unit.disputes.story import (
    START,
    code,
    disputed,
    effective,
    ended,
    offered,
    opened,
    refusal,
    several,
)

DEADLINE = START + timedelta(hours=72)
MILLISECOND = 1 / 3_600_000
HALVES = (30, 30)


def names(tale):
    return [each.name for each in tale.docket.disputes[0].live_proposals(tale.at)]


def test_a_proposal_moves_nothing():
    tale = disputed(60).wait(1)
    assert code(tale.propose(Role.PAYEE, "halves", HALVES)) == "Applied"
    made = Proposal("halves", Role.PAYEE, 30, 30, tale.at + timedelta(hours=24), "c1")
    assert tale.events[1:] == [ProposalMade(1, made, tale.at)]
    assert tale.dsr() == (60, 40, 0)
    assert names(tale) == ["halves"]


def test_several_live_at_once_of_either_side():
    tale = disputed(60)
    for by, name, shares in (
        (Role.PAYEE, "a", (60, 0)), (Role.PAYEE, "b", (50, 10)), (Role.PAYER, "c", (0, 60)),
    ):  # fmt: skip
        assert code(tale.propose(by, name, shares)) == "Applied"
    assert names(tale) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((60, 0), "Applied"),
        ((0, 60), "Applied"),
        ((31, 30), "PROPOSAL_STALE"),
        ((29, 30), "PROPOSAL_STALE"),
        ((0, 0), "PROPOSAL_STALE"),
        ((MoneyFlaw.AMOUNT_INVALID, 30), "AMOUNT_INVALID"),
        ((30, MoneyFlaw.EXPONENT_WRONG), "EXPONENT_WRONG"),
        ((MoneyFlaw.AMOUNT_INVALID, MoneyFlaw.CURRENCY_UNKNOWN), "CURRENCY_UNKNOWN"),
        ((30, Money(30, "USD/2")), "CURRENCY_MISMATCH"),
    ],
)
def test_the_shares_are_what_is_contested(shares, expected):
    assert code(disputed(60).propose(Role.PAYEE, "a", shares)) == expected


@pytest.mark.parametrize(
    ("after", "lasts", "expected"),
    [
        (1, 0, "PROPOSAL_EXPIRED"),
        (1, -1, "PROPOSAL_EXPIRED"),
        (1, MILLISECOND, "Applied"),
        (1, 71, "Applied"),
        (1, 71 + MILLISECOND, "PROPOSAL_EXPIRED"),
        (72 - MILLISECOND, MILLISECOND, "Applied"),
        (72, 1, "DISPUTE_PERIOD_ENDED"),
    ],
)
def test_it_ends_after_now_and_with_its_dispute_at_the_latest(after, lasts, expected):
    tale = disputed(60, clause_ending="to_payer").wait(after)
    assert code(tale.propose(Role.PAYEE, "a", HALVES, lasts)) == expected


def test_a_name_is_given_once_in_a_dispute_by_whomever():
    tale = disputed(60)
    tale.propose(Role.PAYEE, "a", HALVES)
    assert code(tale.propose(Role.PAYEE, "a", HALVES)) == "PROPOSAL_NAME_USED"
    assert code(tale.propose(Role.PAYER, "a", HALVES)) == "PROPOSAL_NAME_USED"
    tale.withdraw(Role.PAYEE, "a")
    assert code(tale.propose(Role.PAYER, "a", HALVES)) == "PROPOSAL_NAME_USED"
    tale.payer(50)
    assert code(tale.propose(Role.PAYER, "a", (20, 30))) == "PROPOSAL_NAME_USED"


def test_a_name_of_another_dispute_is_free():
    tale = several(opened(60), opened(60))
    assert code(tale.propose(Role.PAYEE, "a", HALVES, tranche=1)) == "Applied"
    assert code(tale.propose(Role.PAYEE, "a", HALVES, tranche=2)) == "Applied"


def test_used_names_come_before_what_they_are_used_for():
    tale = disputed(60)
    tale.propose(Role.PAYEE, "a", HALVES)
    assert code(tale.propose(Role.PAYEE, "a", (1, 1), hours=-1)) == "PROPOSAL_NAME_USED"
    assert code(tale.propose(Role.PAYEE, "b", (1, 1), hours=-1)) == "PROPOSAL_STALE"


# --- the budget ---------------------------------------------------------------------------------


def test_each_side_has_so_many_live_ones():
    tale = disputed(60, proposals_budget=2)
    for name in "ab":
        assert code(tale.propose(Role.PAYEE, name, HALVES, 10)) == "Applied"
    spent = refusal(tale.propose(Role.PAYEE, "c", HALVES))
    assert (spent.code, spent.facts["live"], spent.facts["budget"]) == (
        "ACT_BUDGET_SPENT",
        "2",
        "2",
    )
    assert code(tale.propose(Role.PAYER, "c", HALVES)) == "Applied"
    tale.withdraw(Role.PAYEE, "a")
    assert code(tale.propose(Role.PAYEE, "d", HALVES, 10)) == "Applied"
    assert code(tale.propose(Role.PAYEE, "e", HALVES)) == "ACT_BUDGET_SPENT"
    assert code(tale.wait(10).propose(Role.PAYEE, "e", HALVES)) == "Applied"


def test_what_is_void_spends_no_budget():
    tale = disputed(60, proposals_budget=1)
    tale.propose(Role.PAYEE, "a", HALVES)
    tale.payer(50)
    assert code(tale.propose(Role.PAYEE, "b", (25, 25))) == "Applied"


@pytest.mark.parametrize("shares", [(MoneyFlaw.AMOUNT_INVALID, 1), (1, 1)])
def test_a_spent_budget_comes_before_every_flaw(shares):
    tale = disputed(60, proposals_budget=1)
    tale.propose(Role.PAYEE, "a", HALVES)
    assert code(tale.propose(Role.PAYEE, "a", shares, -1)) == "ACT_BUDGET_SPENT"


# --- the rail -----------------------------------------------------------------------------------


def test_a_share_is_nothing_or_at_least_what_the_rail_moves():
    tale = disputed(60, rail_minimum=10)
    dusty = refusal(tale.propose(Role.PAYEE, "a", (55, 5)))
    assert dusty.code == "DUST_REMAINDER"
    assert (dusty.facts["to_payee_below"], dusty.facts["to_payee_above"]) == ("50", "60")
    dusty = refusal(tale.propose(Role.PAYEE, "a", (3, 57)))
    assert (dusty.facts["to_payee_below"], dusty.facts["to_payee_above"]) == ("0", "10")
    assert code(tale.propose(Role.PAYEE, "a", (50, 10))) == "Applied"


def test_where_no_division_is_payable_the_whole_is():
    dusty = refusal(disputed(15, rail_minimum=10).propose(Role.PAYEE, "a", (8, 7)))
    assert (dusty.facts["to_payee_below"], dusty.facts["to_payee_above"]) == ("0", "15")


def test_dust_comes_before_a_sum_that_is_none():
    assert code(disputed(60, rail_minimum=10).propose(Role.PAYEE, "a", (5, 5))) == "DUST_REMAINDER"


def test_a_rail_of_the_whole_takes_the_whole():
    tale = disputed(100, rail_whole_only=True, rail_parts=1)
    assert refusal(tale.propose(Role.PAYEE, "a", (50, 50))).facts["clause"] == "rail.partial"
    assert code(tale.propose(Role.PAYEE, "a", (100, 0))) == "Applied"


def test_two_shares_need_two_of_the_rails_parts():
    tale = disputed(60, rail_parts=2)
    assert code(tale.propose(Role.PAYEE, "a", HALVES)) == "Applied"
    tale.payer(50)
    assert refusal(tale.propose(Role.PAYEE, "b", (25, 25))).facts["clause"] == "rail.max_parts"
    assert code(tale.propose(Role.PAYEE, "b", (50, 0))) == "Applied"
    assert code(tale.accept(Role.PAYER, "b")) == "Applied"


# --- what it breaks, and what breaks it ---------------------------------------------------------


def test_a_payee_who_proposed_is_not_silent():
    tale = disputed(60, clause_silence_rule=True, clause_ending="to_payee")
    tale.propose(Role.PAYEE, "a", HALVES)
    tale.withdraw(Role.PAYEE, "a")
    tale.wait(72).due()
    assert tale.docket.disputes[0].ending is Ending.TO_PAYEE


def test_the_payers_proposal_does_not_answer_for_the_payee():
    tale = disputed(60, clause_silence_rule=True, clause_ending="to_payee")
    tale.propose(Role.PAYER, "a", HALVES)
    tale.wait(72).due()
    assert tale.docket.disputes[0].ending is Ending.SILENCE


def test_who_proposed_may_answer_once_that_it_concedes_nothing():
    tale = disputed(60)
    tale.propose(Role.PAYEE, "a", HALVES)
    assert code(tale.payee(100)) == "Applied"
    assert code(tale.payee(100)) == "NO_CHANGE"
    assert names(tale) == ["a"]


def test_a_cut_voids_what_lived_and_says_which():
    tale = disputed(60)
    tale.propose(Role.PAYEE, "b", HALVES)
    tale.propose(Role.PAYER, "a", (10, 50))
    tale.propose(Role.PAYER, "short", (10, 50), 1)
    tale.propose(Role.PAYER, "gone", (10, 50))
    tale.withdraw(Role.PAYER, "gone")
    tale.wait(1).payer(50)
    assert tale.events[-1] == ProposalsVoided(1, ("a", "b"), tale.at)
    assert names(tale) == []


@pytest.mark.parametrize(("by", "claim"), [(Role.PAYER, 0), (Role.PAYEE, 40)])
def test_who_settles_it_all_voids_what_lived_before_the_end(by, claim):
    tale = disputed(60)
    tale.propose(Role.PAYEE, "a", HALVES)
    tale.lower(by, claim)
    assert [type(event).__name__ for event in tale.events[2:]] == [
        "ClaimStated", "FundsAttributed", "ProposalsVoided", "DisputeEnded",
    ]  # fmt: skip


def test_a_statement_that_concedes_nothing_voids_nothing():
    tale = disputed(60)
    tale.propose(Role.PAYER, "a", HALVES)
    tale.payee(100)
    assert names(tale) == ["a"]


# --- where and when -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tale", "expected"),
    [
        (offered(), "NOT_EFFECTIVE"),
        (ended(Standing.DECLINED), "DECLINED"),
        (ended(Standing.OFFER_LAPSED), "OFFER_LAPSED"),
        (effective(), "NOT_IN_DISPUTE"),
        (several(opened(60)), "MALFORMED"),
    ],
)
def test_where_nothing_is_contested_nothing_is_proposed(tale, expected):
    assert code(tale.propose(Role.PAYEE, "a", HALVES)) == expected


def test_what_was_sent_before_the_opening_came_too_early():
    tale = effective()
    tale.hear(opened(60, opened_at=START + timedelta(hours=1)))
    assert code(tale.propose(Role.PAYEE, "a", HALVES)) == "NOT_IN_DISPUTE"
    assert code(tale.wait(1).propose(Role.PAYEE, "a", HALVES)) == "Applied"


def test_after_an_early_end_nothing_is_left_to_propose():
    tale = disputed(60)
    tale.payer(0)
    assert code(tale.propose(Role.PAYEE, "a", HALVES)) == "NOTHING_LEFT"
    assert code(tale.wait(72).propose(Role.PAYEE, "a", HALVES)) == "DISPUTE_PERIOD_ENDED"


@pytest.mark.parametrize("party", ["judy", "mallory"])
def test_only_the_two_propose(party):
    assert code(disputed(60).propose(party, "a", HALVES)) == "NOT_A_PARTY"


def test_a_refusal_says_what_each_side_could_do_of_it():
    tale = disputed(60)
    tale.propose(Role.PAYEE, "a", HALVES, 10)
    tale.propose(Role.PAYEE, "b", HALVES, 20)
    assert refusal(tale.payer(61)).allowed == (
        Allowed("claim.lower", DEADLINE),
        Allowed("proposal.make", DEADLINE),
        Allowed("proposal.accept", START + timedelta(hours=20)),
    )
    assert refusal(tale.payee(101)).allowed[-1] == Allowed(
        "proposal.withdraw", START + timedelta(hours=20)
    )


def test_under_an_external_ending_the_payees_proposal_moves_the_clock_to_the_rulings_bound():
    external = {"clause_ending": "external", "clause_fallback": "to_payer", "ruling_hours": 48}
    tale = disputed(60, **external)
    assert waiting_timers(tale.docket) == (Timer(1, 1, DEADLINE),)
    tale.propose(Role.PAYER, "a", HALVES)
    assert waiting_timers(tale.docket) == (Timer(1, 1, DEADLINE),)
    tale.propose(Role.PAYEE, "b", HALVES)
    assert waiting_timers(tale.docket) == (Timer(1, 2, DEADLINE + timedelta(hours=48)),)
