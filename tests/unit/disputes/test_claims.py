"""Given an open dispute, when a party states a claim, then its cut is the other's at once."""

from datetime import timedelta

import pytest

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Allowed
from services.disputes.domain.docket import Ending, Role, Standing
from services.disputes.domain.events import (
    Authorisation,
    ClaimStated,
    DisputeEnded,
    FundsAttributed,
)
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


def test_the_example_of_the_law():
    tale = disputed(60)
    assert tale.dsr() == (60, 40, 0)
    tale.payee(70)
    assert tale.dsr() == (30, 40, 30)


def test_a_statement_is_said_before_what_it_moves():
    tale = disputed(60).wait(1)
    before = tale.docket.disputes[0].buckets
    tale.payee(70)
    stated, attributed = tale.events[1:]
    assert stated == ClaimStated(1, Role.PAYEE, 70, 30, "c1", tale.at)
    assert attributed == FundsAttributed(
        tranche=1,
        to=Role.PAYER,
        cause="admission",
        amount=30,
        before=before,
        after=before.given(Role.PAYER, 30),
        authorisation=Authorisation(Role.PAYEE, "live", command_id="c1"),
        judged_at=tale.at,
    )


def test_only_the_payees_first_statement_is_an_admission():
    tale = disputed(60)
    tale.payer(50)
    tale.payee(90)
    tale.payee(80)
    tale.payer(40)
    assert tale.moved == [
        ("payee", "concession", 10),
        ("payer", "admission", 10),
        ("payer", "concession", 10),
        ("payee", "concession", 10),
    ]
    assert tale.dsr() == (20, 60, 20)


def test_the_first_answer_may_concede_nothing_and_ends_the_silence():
    tale = disputed(60, payer=10, clause_silence_rule=True, clause_ending="to_payee")
    assert code(tale.payee(90)) == "Applied"
    assert isinstance(tale.events[-1], ClaimStated)
    assert tale.moved == []
    assert code(tale.payee(90)) == "NO_CHANGE"
    tale.wait(72).due()
    assert tale.moved == [("payee", "dispute_default", 50)]


def test_an_answer_after_the_payer_lowered_meets_the_same_bound():
    tale = disputed(60, payer=10)
    tale.payer(30)
    assert tale.dsr() == (20, 70, 10)
    assert code(tale.payee(91)) == "CLAIM_OUT_OF_BOUNDS"
    assert code(tale.payee(90)) == "Applied"
    assert tale.dsr() == (20, 70, 10)


@pytest.mark.parametrize(("by", "least"), [(Role.PAYER, 10), (Role.PAYEE, 40)])
def test_who_lowers_to_the_minimum_withdraws(by, least):
    tale = disputed(60, payer=10)
    tale.lower(by, least)
    assert tale.docket.disputes[0].ending is Ending.SETTLED
    assert tale.events[-1] == DisputeEnded(1, Ending.SETTLED, tale.at)
    assert tale.moved[0][0] == by.other
    assert tale.dsr()[0] == 0


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (61, "CLAIM_MAY_ONLY_FALL"),
        (101, "CLAIM_MAY_ONLY_FALL"),
        (60, "NO_CHANGE"),
        (59, "Applied"),
        (10, "Applied"),
        (9, "CLAIM_OUT_OF_BOUNDS"),
        (0, "CLAIM_OUT_OF_BOUNDS"),
        (MoneyFlaw.CURRENCY_UNKNOWN, "CURRENCY_UNKNOWN"),
        (MoneyFlaw.EXPONENT_WRONG, "EXPONENT_WRONG"),
        (MoneyFlaw.AMOUNT_INVALID, "AMOUNT_INVALID"),
        (Money(20, "USD/2"), "CURRENCY_MISMATCH"),
    ],
)
def test_what_a_payers_claim_gets(claim, expected):
    assert code(disputed(60, payer=10).wait(1).payer(claim)) == expected


@pytest.mark.parametrize(
    ("claim", "first", "later"),
    [
        (101, "CLAIM_OUT_OF_BOUNDS", "CLAIM_MAY_ONLY_FALL"),
        (91, "CLAIM_OUT_OF_BOUNDS", "CLAIM_MAY_ONLY_FALL"),
        (90, "Applied", "CLAIM_MAY_ONLY_FALL"),
        (80, "Applied", "NO_CHANGE"),
        (79, "Applied", "Applied"),
        (40, "Applied", "Applied"),
        (39, "CLAIM_OUT_OF_BOUNDS", "CLAIM_OUT_OF_BOUNDS"),
        (0, "CLAIM_OUT_OF_BOUNDS", "CLAIM_OUT_OF_BOUNDS"),
    ],
)
def test_what_a_payees_claim_gets(claim, first, later):
    assert code(disputed(60, payer=10).payee(claim)) == first
    answered = disputed(60, payer=10)
    answered.payee(80)
    assert code(answered.payee(claim)) == later


def test_a_claim_of_nothing_is_a_claim():
    tale = disputed(60)
    assert code(tale.payer(0)) == "Applied"
    assert tale.dsr() == (0, 100, 0)


# --- who and when -------------------------------------------------------------------------------


def test_a_stranger_learns_nothing():
    tale = disputed(60)
    for decision in (tale.lower("mallory", 50), tale.payer(50, upstream="rival")):
        assert code(decision) == "NOT_A_PARTY"
        assert refusal(decision).facts == {}
        assert refusal(decision).allowed == ()


@pytest.mark.parametrize(
    ("tranche", "expected"),
    [
        (None, "MALFORMED"),
        (4, "MALFORMED"),
        ("t4", "MALFORMED"),
        ("1", "MALFORMED"),
        (1, "Applied"),
        ("t1", "Applied"),
        ("t2", "Applied"),
        (3, "NOT_IN_DISPUTE"),
    ],
)
def test_with_several_tranches_a_claim_names_one(tranche, expected):
    tale = several(opened(60), opened(60))
    assert code(tale.payer(50, tranche=tranche)) == expected
    named = {1: 1, "t1": 1, "t2": 2}.get(tranche, 0)
    assert [tale.dsr(number)[0] for number in (1, 2)] == [
        50 if number == named else 60 for number in (1, 2)
    ]


def test_malformed_comes_before_who_asks():
    tale = several(opened(60), opened(60))
    assert code(tale.lower("mallory", 50)) == "MALFORMED"


@pytest.mark.parametrize(
    ("tale", "expected"),
    [
        (offered(), "NOT_EFFECTIVE"),
        (ended(Standing.DECLINED), "DECLINED"),
        (ended(Standing.OFFER_LAPSED), "OFFER_LAPSED"),
        (effective(), "NOT_IN_DISPUTE"),
        (effective().wait(-MILLISECOND), "NOT_EFFECTIVE"),
    ],
)
def test_before_a_dispute_there_is_nothing_to_lower(tale, expected):
    assert code(tale.payer(50)) == expected
    assert code(tale.payer(MoneyFlaw.AMOUNT_INVALID)) == "AMOUNT_INVALID"
    assert tale.events == []


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (-MILLISECOND, "NOT_IN_DISPUTE"),
        (0, "Applied"),
        (72 - MILLISECOND, "Applied"),
        (72, "DISPUTE_PERIOD_ENDED"),
        (1000, "DISPUTE_PERIOD_ENDED"),
    ],
)
def test_a_dispute_runs_from_its_opening_to_just_before_its_deadline(hours, expected):
    tale = effective()
    tale.hear(opened(60, opened_at=START + timedelta(hours=24)))
    assert code(tale.wait(24 + hours).payer(50)) == expected


def test_before_the_opening_comes_after_before_effect():
    tale = disputed(60).wait(-MILLISECOND)
    assert code(tale.payer(50)) == "NOT_EFFECTIVE"


def test_after_an_early_end_nothing_is_left_until_the_deadline():
    tale = disputed(60).wait(1)
    tale.payer(0)
    for claim in (200, 60, 0):
        assert code(tale.payer(claim)) == "NOTHING_LEFT"
        assert refusal(tale.payer(claim)).allowed == ()
        assert code(tale.payee(claim)) == "NOTHING_LEFT"
    tale.wait(71 - MILLISECOND)
    assert code(tale.payee(50)) == "NOTHING_LEFT"
    assert code(tale.wait(MILLISECOND).payee(50)) == "DISPUTE_PERIOD_ENDED"
    assert len(tale.moved) == 1


def may_speak(until):
    return Allowed("claim.lower", until), Allowed("proposal.make", until)


def test_a_refusal_says_where_things_stand_and_what_is_allowed():
    tale = disputed(60, payer=10).wait(1)
    tale.payee(80)
    refused = refusal(tale.payee(81))
    assert refused.facts == {
        "tranche": "1",
        "contested": "40",
        "payer_claim": "60",
        "payee_claim": "80",
        "claim_at_least": "40",
        "claim_at_most": "80",
        "opened_at": "2026-01-05T04:00:00.000000Z",
        "deadline_at": "2026-01-08T04:00:00.000000Z",
    }
    assert refused.allowed == may_speak(DEADLINE)
    assert refusal(tale.payer(61)).allowed == refused.allowed
    assert refusal(tale.wait(71).payer(50)).allowed == ()


def test_what_is_allowed_is_told_of_the_tranche_that_was_meant():
    tale = several(opened(60), opened(60, hours=96)).wait(1)
    assert refusal(tale.payer(70, tranche=1)).allowed == may_speak(DEADLINE)
    later = may_speak(START + timedelta(hours=96))
    assert refusal(tale.payer(70, tranche=2)).allowed == later
    assert refusal(tale.payer(70)).allowed == later
    assert refusal(tale.payer(70, tranche=3)).allowed == ()


# --- the rail -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "expected", "below", "above"),
    [
        (59, "DUST_REMAINDER", "50", None),
        (51, "DUST_REMAINDER", "50", None),
        (50, "Applied", None, None),
        (10, "Applied", None, None),
        (9, "DUST_REMAINDER", "0", "10"),
        (1, "DUST_REMAINDER", "0", "10"),
        (0, "Applied", None, None),
        (60, "NO_CHANGE", None, None),
        (61, "CLAIM_MAY_ONLY_FALL", None, None),
    ],
)
def test_neither_a_cut_nor_a_rest_is_dust(claim, expected, below, above):
    decision = disputed(60, rail_minimum=10).payer(claim)
    assert code(decision) == expected
    if expected == "DUST_REMAINDER":
        facts = refusal(decision).facts
        assert (facts["next_below"], facts.get("next_above")) == (below, above)
        assert code(disputed(60, rail_minimum=10).payer(int(below))) == "Applied"


def test_a_first_answer_above_dust_may_be_all_that_can_be_claimed():
    facts = refusal(disputed(60, rail_minimum=10).payee(95)).facts
    assert (facts["next_below"], facts["next_above"]) == ("90", "100")
    facts = refusal(disputed(60, rail_minimum=10).payee(45)).facts
    assert (facts["next_below"], facts["next_above"]) == ("40", "50")
    answered = disputed(60, rail_minimum=10)
    answered.payee(100)
    assert "next_above" not in refusal(answered.payee(95)).facts


def test_what_cannot_be_parted_can_only_be_given_up_whole():
    facts = refusal(disputed(15, rail_minimum=10).payer(8)).facts
    assert (facts["next_below"], facts.get("next_above")) == ("0", None)
    assert refusal(disputed(15, rail_minimum=10).payee(95)).facts["next_above"] == "100"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [(50, "RAIL_CANNOT_HONOUR"), (1, "RAIL_CANNOT_HONOUR"), (0, "Applied"), (100, "NO_CHANGE"),
     (101, "CLAIM_MAY_ONLY_FALL")],
)  # fmt: skip
def test_a_rail_that_moves_the_whole_only(claim, expected):
    decision = disputed(100, rail_whole_only=True).payer(claim)
    assert code(decision) == expected
    if expected == "RAIL_CANNOT_HONOUR":
        assert refusal(decision).facts["clause"] == "rail.partial"


def test_on_such_a_rail_the_payee_can_still_answer():
    tale = disputed(100, rail_whole_only=True)
    assert code(tale.payee(40)) == "RAIL_CANNOT_HONOUR"
    assert code(tale.payee(100)) == "Applied"


@pytest.mark.parametrize(
    ("parts", "ratio_bp", "cuts"),
    [
        (1, None, 0),
        (2, None, 1),
        (3, None, 2),
        (2, 5000, 0),
        (3, 5000, 1),
        (2, 0, 1),
        (2, 10_000, 1),
    ],
)
def test_parts_are_kept_for_the_signed_ending(parts, ratio_bp, cuts):
    ending = "to_payee" if ratio_bp is None else "ratio"
    tale = disputed(60, rail_parts=parts, clause_ending=ending, clause_ratio_bp=ratio_bp)
    claims = iter(range(59, 0, -1))
    for _ in range(cuts):
        assert code(tale.payer(next(claims))) == "Applied"
    refused = refusal(tale.payer(next(claims)))
    assert (refused.code, refused.facts["clause"]) == ("RAIL_CANNOT_HONOUR", "rail.max_parts")
    assert code(tale.payer(0)) == "Applied"
    assert tale.docket.disputes[0].parts_used <= parts


def test_the_ending_finds_its_parts():
    tale = disputed(60, rail_parts=3, clause_ending="ratio", clause_ratio_bp=5000)
    tale.payee(90)
    tale.wait(72).due()
    assert tale.docket.disputes[0].parts_used == 3


# --- the order of the refusals ------------------------------------------------------------------


def test_the_rail_is_named_before_dust_and_time_before_both():
    narrow = {"rail_minimum": 10, "rail_parts": 1}
    assert code(disputed(60, **narrow).payer(55)) == "RAIL_CANNOT_HONOUR"
    assert code(disputed(60, rail_minimum=10).payer(55)) == "DUST_REMAINDER"
    assert code(disputed(60, **narrow).wait(72).payer(55)) == "DISPUTE_PERIOD_ENDED"


def test_amounts_come_before_everything_that_time_decides():
    tale = disputed(60).wait(100)
    assert code(tale.payer(MoneyFlaw.AMOUNT_INVALID)) == "AMOUNT_INVALID"
    assert code(tale.payer(Money(1, "USD/2"))) == "CURRENCY_MISMATCH"
