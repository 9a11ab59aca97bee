from datetime import datetime, timedelta
from typing import Any

from crps.replay.campaign import Deal
from crps.replay.expectation import Ruling, is_near, rule
from tests.unit.replay.played import (
    BOUGHT,
    DAY,
    DEADLINE,
    DISPUTE_DEADLINE,
    EFFECTIVE,
    MS,
    OPENED,
    START,
    attribution,
    disputed_history,
    lapsed,
    make_deal,
    make_dispute,
    make_history,
    make_plan,
    quarrel,
    release,
)

OPENING = OPENED - 3 * MS
ANSWER = OPENED + 50 * MS
IN_TIME = EFFECTIVE + 500 * MS
TOO_LATE = DEADLINE + 500 * MS
ARRIVED = make_history(attributions=(attribution(1, 1000, DEADLINE, "arrival"),))


def test_a_release_in_time_is_released() -> None:
    deal = make_deal(make_plan(release(5)), IN_TIME)
    assert rule(deal, make_history(), {}) == Ruling("comparable", "released", "released", None)


def test_an_arrival_in_place_of_a_release_in_time_is_a_breach() -> None:
    deal = make_deal(make_plan(release(5)), IN_TIME)
    breach = rule(deal, ARRIVED, {}).breach
    assert breach is not None
    assert "must be released" in breach


def test_an_act_after_the_deadline_changes_nothing() -> None:
    deal = make_deal(make_plan(release(15)), TOO_LATE, answer="refused")
    assert rule(deal, ARRIVED, {}) == Ruling("comparable", "arrived", "arrived", None)


def test_an_act_that_came_late_is_judged_by_its_append_time_only() -> None:
    deal = make_deal(make_plan(release(5)), TOO_LATE, answer="refused")
    assert rule(deal, ARRIVED, {}) == Ruling("displaced", "released", "arrived", None)
    assert rule(deal, make_history(), {}).breach is not None


def test_close_to_the_deadline_the_law_still_holds() -> None:
    last_moment = DEADLINE - timedelta(microseconds=1)
    deal = make_deal(make_plan(release(5)), last_moment)
    assert rule(deal, make_history(), {}).standing == "near"
    assert rule(deal, make_history(), {}).breach is None
    assert rule(deal, ARRIVED, {}).breach is not None


def test_an_act_at_the_deadline_itself_is_too_late() -> None:
    deal = make_deal(make_plan(release(5)), DEADLINE, answer="refused")
    assert rule(deal, ARRIVED, {}).breach is None
    assert rule(deal, make_history(), {}).breach is not None


def test_the_auditors_append_time_goes_before_the_drivers() -> None:
    deal = make_deal(make_plan(release(5)), TOO_LATE)
    command_id = make_history().attributions[0].command_id
    assert command_id is not None
    assert rule(deal, make_history(), {command_id: IN_TIME}).breach is None


def test_a_first_part_in_time_leaves_the_rest_to_the_deadline() -> None:
    plan = make_plan(release(5, 400), release(15))
    deal = make_deal(plan, IN_TIME, TOO_LATE)
    assert rule(deal, ARRIVED, {}) == Ruling("comparable", "arrived", "arrived", None)


def test_two_parts_in_time_are_a_release() -> None:
    plan = make_plan(release(5, 400), release(6))
    deal = make_deal(plan, IN_TIME, IN_TIME + 100 * MS)
    assert rule(deal, make_history(), {}).breach is None


def test_an_order_paid_in_time_that_lapsed_is_a_breach() -> None:
    deal = make_deal(make_plan(), effective_at=None, deadline_at=None)
    breach = rule(deal, lapsed(), {}).breach
    assert breach is not None
    assert "the data says arrived" in breach


def test_an_order_paid_around_its_offers_end_is_near() -> None:
    plan = make_plan(funded_at=BOUGHT + 7 * DAY)
    expires_at = START + 700 * MS
    deal = make_deal(plan, pay_at=expires_at, offer_expires_at=expires_at)
    assert rule(deal, ARRIVED, {}) == Ruling("near", "lapsed", "arrived", None)


def test_what_has_not_ended_is_no_breach_of_either() -> None:
    deal = make_deal(make_plan(release(5)), IN_TIME, ending=None)
    ruling = rule(deal, make_history(status="EFFECTIVE", attributions=()), {})
    assert (ruling.actual, ruling.breach) == (None, None)


def test_near_is_two_hundred_milliseconds_on_either_side() -> None:
    assert is_near(DEADLINE - 200 * MS, DEADLINE)
    assert is_near(DEADLINE + 200 * MS, DEADLINE)
    assert not is_near(DEADLINE - 201 * MS, DEADLINE)
    assert not is_near(None, DEADLINE)
    assert not is_near(DEADLINE, None)


# --- disputes -----------------------------------------------------------------------------------


def disputed(*appended: datetime | None, answer: int | None = 700, **changes: Any) -> Deal:
    return make_deal(make_plan(dispute=quarrel(answer=answer)), *appended, **changes)


def test_an_answer_in_time_keeps_what_it_claims() -> None:
    ruling = rule(disputed(OPENING, ANSWER), disputed_history(make_dispute(kept=700)), {})
    assert ruling == Ruling("comparable", "disputed", "disputed", None)


def test_a_payee_that_contests_keeps_all() -> None:
    deal = disputed(OPENING, ANSWER, answer=1000)
    assert rule(deal, disputed_history(make_dispute(kept=1000)), {}).breach is None


def test_a_silent_payee_loses_what_is_contested() -> None:
    deal = disputed(OPENING, answer=None)
    assert rule(deal, disputed_history(make_dispute(kept=None)), {}).breach is None
    breach = rule(deal, disputed_history(make_dispute(kept=1000)), {}).breach
    assert breach is not None
    assert "1000 to the payee and 0 to the payer" in breach
    assert breach.endswith("by its append times 400 to the payee and 600 to the payer")


def test_one_unit_on_the_wrong_side_is_a_breach() -> None:
    deal = disputed(OPENING, ANSWER)
    assert rule(deal, disputed_history(make_dispute(kept=701)), {}).breach is not None
    assert rule(deal, disputed_history(make_dispute(claim=601)), {}).breach is None


def test_an_answer_at_the_dispute_deadline_is_silence() -> None:
    deal = disputed(OPENING, DISPUTE_DEADLINE)
    silent, heard = (disputed_history(make_dispute(kept=kept)) for kept in (None, 700))
    assert rule(deal, silent, {}) == Ruling("near", "disputed", "disputed", None)
    assert rule(deal, heard, {}).breach is not None
    just = disputed(OPENING, DISPUTE_DEADLINE - timedelta(microseconds=1))
    assert rule(just, heard, {}).breach is None
    assert rule(just, silent, {}).breach is not None


def test_a_far_too_late_answer_is_displaced() -> None:
    deal = disputed(OPENING, DISPUTE_DEADLINE + 201 * MS)
    ruling = rule(deal, disputed_history(make_dispute(kept=None)), {})
    assert ruling == Ruling("displaced", "disputed", "disputed", None)


def test_an_answer_before_the_opening_was_recorded_counts_for_nothing() -> None:
    deal = disputed(OPENING, OPENED - timedelta(microseconds=1))
    breach = rule(deal, disputed_history(make_dispute(kept=None)), {}).breach
    assert breach is not None
    assert "by its append times" not in breach
    assert "the data says otherwise" in breach
    assert rule(disputed(OPENING, OPENED), disputed_history(make_dispute()), {}).breach is None


def test_a_dispute_opened_at_the_deadline_is_none() -> None:
    deal = disputed(DEADLINE, answer=None)
    assert rule(deal, ARRIVED, {}) == Ruling("near", "disputed", "arrived", None)
    breach = rule(deal, disputed_history(make_dispute(kept=None)), {}).breach
    assert breach is not None
    assert "must be arrived" in breach


def test_an_arrival_in_place_of_a_dispute_is_a_breach() -> None:
    breach = rule(disputed(OPENING, answer=None), ARRIVED, {}).breach
    assert breach is not None
    assert "must be disputed" in breach


def test_a_dispute_that_the_data_opens_too_late_arrives() -> None:
    plan = make_plan(dispute=quarrel(after_days=15))
    deal = make_deal(plan, TOO_LATE, answer="refused")
    assert rule(deal, ARRIVED, {}) == Ruling("comparable", "arrived", "arrived", None)


def test_an_opening_near_the_deadline_is_near() -> None:
    deal = disputed(DEADLINE - 200 * MS, answer=None)
    assert rule(deal, disputed_history(make_dispute(kept=None)), {}).standing == "near"
    deal = disputed(DEADLINE - 201 * MS, answer=None)
    assert rule(deal, disputed_history(make_dispute(kept=None)), {}).standing == "comparable"


def test_a_claim_beyond_what_is_left_opens_nothing() -> None:
    plan = make_plan(release(2, 500), dispute=quarrel(claim=501, answer=None))
    deal = make_deal(plan, EFFECTIVE + 200 * MS, DEADLINE - 100 * MS)
    moves = (
        attribution(1, 500, EFFECTIVE + 200 * MS),
        attribution(2, 500, DEADLINE, "arrival"),
    )
    assert rule(deal, make_history(attributions=moves), {}).breach is None


def test_the_amounts_of_an_arrival_are_held_against_the_law_too() -> None:
    deal = make_deal(make_plan(release(5, 400), release(15)), IN_TIME, TOO_LATE)
    moves = (attribution(1, 400, IN_TIME, "return"), attribution(2, 600, DEADLINE, "arrival"))
    breach = rule(deal, make_history(attributions=moves), {}).breach
    assert breach is not None
    assert "600 to the payee and 400 to the payer" in breach


def test_an_answer_that_was_never_sent_leaves_other_amounts_than_the_data_has() -> None:
    deal = make_deal(make_plan(dispute=quarrel()), OPENING)
    breach = rule(deal, disputed_history(make_dispute(kept=None)), {}).breach
    assert breach is not None
    assert breach.endswith("400 to the payee and 600 to the payer; the data says otherwise")
