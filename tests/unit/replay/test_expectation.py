from datetime import timedelta

from crps.replay.expectation import Ruling, is_near, rule
from tests.unit.replay.played import (
    BOUGHT,
    DAY,
    DEADLINE,
    EFFECTIVE,
    MS,
    START,
    attribution,
    lapsed,
    make_deal,
    make_history,
    make_plan,
    release,
)

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
