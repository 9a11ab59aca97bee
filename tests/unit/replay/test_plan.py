from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crps.replay.olist import Consignment, Order
from crps.replay.plan import (
    ContractPlan,
    PlannedAct,
    expected_outcome,
    margin,
    offer_margin,
    plan_order,
    plan_orders,
)
from crps.replay.shares import draw

MakeOrder = Callable[..., Order]
DAY = timedelta(days=1)
FUNDED = datetime(2017, 5, 10, 14, tzinfo=UTC)


def order_id_where(**faces: int) -> str:
    """Find an order id that draws these faces: parts of 10, claim and reaction of 4."""
    sides = {"parts": 10, "claim": 4, "reaction": 4}
    return next(
        f"o{i}"
        for i in range(100_000)
        if all(draw(question, f"o{i}", sides[question]) == face for question, face in faces.items())
    )


ONE_PART = order_id_where(parts=1)
TWO_PARTS = order_id_where(parts=0)


def plan_one(order: Order) -> ContractPlan:
    (plan,) = plan_order(order)
    return plan


def test_a_contract_a_seller(make_order: MakeOrder) -> None:
    parts = (Consignment("s1", 1000, 151, 1), Consignment("s2", 200, 0, 2))
    first, second = plan_order(make_order(consignments=parts))
    assert (first.payer, first.payee, first.seller_id) == ("c1", "s1", "s1")
    assert (first.total_minor, first.freight_minor, first.asset) == (1151, 151, "BRL/2")
    assert (second.payer, second.payee, second.total_minor) == ("c1", "s2", 200)
    assert first.offered_at == datetime(2017, 5, 10, 13, tzinfo=UTC)
    assert first.funded_at == FUNDED
    assert first.offer_period == 7 * DAY


@pytest.mark.parametrize(
    ("estimated", "deadline"),
    [
        pytest.param("2017-05-20 03:00", "2017-05-24 03:00", id="midnight-after-three-days"),
        pytest.param("2017-05-21 02:59", "2017-05-24 03:00", id="late-on-the-same-local-day"),
        pytest.param("2017-10-12 03:00", "2017-10-16 02:00", id="across-the-start-of-summer-time"),
        pytest.param("2017-10-11 03:00", "2017-10-15 03:00", id="midnight-that-does-not-exist"),
        pytest.param("2017-05-07 03:00", "2017-05-11 14:00", id="at-least-one-day"),
        pytest.param("2017-05-01 03:00", "2017-05-11 14:00", id="estimated-before-the-funding"),
    ],
)
def test_chain_period(make_order: MakeOrder, estimated: str, deadline: str) -> None:
    at = datetime.fromisoformat(estimated).replace(tzinfo=UTC)
    plan = plan_one(make_order(estimated_delivery_at=at))
    assert FUNDED + plan.chain_period == datetime.fromisoformat(deadline).replace(tzinfo=UTC)


@pytest.mark.parametrize("score", [4, 5])
def test_a_satisfied_payer_releases(rated: MakeOrder, score: int) -> None:
    plan = plan_one(rated(score, ONE_PART))
    assert plan.acts == (PlannedAct("release", 5 * DAY, "ALL"),)
    assert plan.dispute is None
    assert expected_outcome(plan) == "released"
    assert margin(plan) == plan.chain_period - 5 * DAY


def test_a_tenth_releases_in_two_parts(rated: MakeOrder) -> None:
    plan = plan_one(rated(5, TWO_PARTS))
    assert plan.acts == (
        PlannedAct("release", 5 * DAY, 575),
        PlannedAct("release", 6 * DAY, "ALL"),
    )
    assert expected_outcome(plan) == "released"


def test_one_minor_unit_is_not_halved(rated: MakeOrder) -> None:
    plan = plan_one(rated(5, TWO_PARTS, consignments=(Consignment("s1", 1, 0, 1),)))
    assert plan.acts == (PlannedAct("release", 5 * DAY, "ALL"),)


@pytest.mark.parametrize("status", ["canceled", "unavailable"])
def test_the_payee_returns_what_was_called_off(rated: MakeOrder, status: str) -> None:
    whole = plan_one(rated(1, ONE_PART, status=status))
    assert whole.acts == (PlannedAct("return", 2 * DAY, "ALL"),)
    assert whole.dispute is None
    assert expected_outcome(whole) == "returned"
    parts = plan_one(rated(5, TWO_PARTS, status=status))
    assert parts.acts == (
        PlannedAct("return", 2 * DAY, 575),
        PlannedAct("return", 3 * DAY, "ALL"),
    )
    assert expected_outcome(parts) == "returned"


def test_nobody_acts_on_score_three_or_without_a_review(
    rated: MakeOrder, make_order: MakeOrder
) -> None:
    for plan in (plan_one(rated(3)), plan_one(make_order())):
        assert (plan.acts, plan.dispute, margin(plan)) == ((), None, None)
        assert expected_outcome(plan) == "arrived"


@pytest.mark.parametrize("status", ["shipped", "invoiced", "processing", "created", "approved"])
@pytest.mark.parametrize("score", [1, 5])
def test_nobody_acts_on_what_is_under_way(rated: MakeOrder, status: str, score: int) -> None:
    plan = plan_one(rated(score, status=status))
    assert (plan.acts, plan.dispute) == ((), None)
    assert expected_outcome(plan) == "arrived"


@pytest.mark.parametrize("status", ["delivered", "canceled", "created"])
def test_never_approved_is_never_funded_and_lapses(rated: MakeOrder, status: str) -> None:
    plan = plan_one(rated(5, status=status, approved_at=None))
    assert (plan.funded_at, plan.acts, plan.dispute) == (None, (), None)
    assert plan.offered_at + plan.chain_period == datetime(2017, 5, 24, 3, tzinfo=UTC)
    assert expected_outcome(plan) == "lapsed"
    assert offer_margin(plan) is None


def test_money_at_the_end_of_the_offer_is_late(rated: MakeOrder) -> None:
    end = datetime(2017, 5, 17, 13, tzinfo=UTC)
    second = timedelta(seconds=1)
    late = plan_one(rated(5, approved_at=end, created_at=end + DAY))
    just = plan_one(rated(5, approved_at=end - second, created_at=end + DAY))
    assert (expected_outcome(late), offer_margin(late)) == ("lapsed", timedelta())
    assert (expected_outcome(just), offer_margin(just)) == ("released", second)


def test_money_dated_before_the_offer_comes_with_the_offer(make_order: MakeOrder) -> None:
    plan = plan_one(make_order(approved_at=datetime(2017, 5, 1, tzinfo=UTC)))
    assert plan.funded_at == plan.offered_at


def test_an_act_dated_before_the_funding_comes_with_the_funding(rated: MakeOrder) -> None:
    early = FUNDED - 3 * DAY
    whole = plan_one(rated(5, ONE_PART, created_at=early))
    assert whole.acts == (PlannedAct("release", timedelta(), "ALL", held=True),)
    parts = plan_one(rated(5, TWO_PARTS, created_at=early))
    assert [act.after for act in parts.acts] == [timedelta(), DAY]
    disputed = plan_one(rated(1, created_at=early))
    assert disputed.dispute is not None
    assert disputed.dispute.after == timedelta()
    assert whole.held
    assert parts.held
    assert disputed.held
    exact = plan_one(rated(5, created_at=FUNDED))
    assert (exact.acts[0].after, exact.held) == (timedelta(), False)


def test_an_act_at_or_after_the_deadline_is_planned_and_does_not_count(rated: MakeOrder) -> None:
    deadline = datetime(2017, 5, 24, 3, tzinfo=UTC)
    second = timedelta(seconds=1)
    at = plan_one(rated(5, ONE_PART, created_at=deadline))
    before = plan_one(rated(5, ONE_PART, created_at=deadline - second))
    halfway = plan_one(rated(5, TWO_PARTS, created_at=deadline - second))
    assert (expected_outcome(at), len(at.acts), margin(at)) == ("arrived", 1, timedelta())
    assert (expected_outcome(before), margin(before)) == ("released", second)
    assert (expected_outcome(halfway), margin(halfway)) == ("arrived", second)
    after = plan_one(rated(5, ONE_PART, created_at=deadline + DAY))
    assert (expected_outcome(after), margin(after)) == ("arrived", DAY)


def test_a_dispute_at_or_after_the_deadline_is_planned_and_does_not_count(
    rated: MakeOrder,
) -> None:
    deadline = datetime(2017, 5, 24, 3, tzinfo=UTC)
    second = timedelta(seconds=1)
    at = plan_one(rated(1, created_at=deadline))
    before = plan_one(rated(1, created_at=deadline - second))
    assert at.dispute is not None
    assert (expected_outcome(at), margin(at)) == ("arrived", timedelta())
    assert (expected_outcome(before), margin(before)) == ("disputed", second)


@pytest.mark.parametrize("score", [1, 2])
@pytest.mark.parametrize(
    ("face", "claim", "claim_minor"),
    [(0, "freight", 151), (1, "half", 575), (2, "half", 575), (3, "all", 1151)],
)
def test_a_dissatisfied_payer_claims(
    rated: MakeOrder, score: int, face: int, claim: str, claim_minor: int
) -> None:
    plan = plan_one(rated(score, order_id_where(claim=face)))
    assert plan.acts == ()
    assert plan.dispute is not None
    assert (plan.dispute.claim, plan.dispute.claim_minor) == (claim, claim_minor)
    assert (plan.dispute.after, plan.dispute.period) == (5 * DAY, 3 * DAY)
    assert expected_outcome(plan) == "disputed"
    assert margin(plan) == plan.chain_period - 5 * DAY


def test_free_freight_is_no_claim_so_half_is_claimed(rated: MakeOrder) -> None:
    order_id = order_id_where(claim=0)
    for price, claim_minor in ((1001, 500), (1, 1)):
        plan = plan_one(rated(1, order_id, consignments=(Consignment("s1", price, 0, 1),)))
        assert plan.dispute is not None
        assert (plan.dispute.claim, plan.dispute.claim_minor) == ("half", claim_minor)


@pytest.mark.parametrize(
    ("face", "reaction", "answer_minor"),
    [(0, "concede", 1151 - 287), (1, "concede", 1151 - 287), (2, "contest", 1151)],
)
def test_the_payee_answers_within_a_day(
    rated: MakeOrder, face: int, reaction: str, answer_minor: int
) -> None:
    plan = plan_one(rated(1, order_id_where(claim=1, reaction=face)))
    assert plan.dispute is not None
    assert (plan.dispute.reaction, plan.dispute.answer_minor) == (reaction, answer_minor)
    assert plan.dispute.answer_after is not None
    assert timedelta() < plan.dispute.answer_after < DAY


def test_a_quarter_of_the_payees_is_silent(rated: MakeOrder) -> None:
    plan = plan_one(rated(1, order_id_where(reaction=3)))
    assert plan.dispute is not None
    assert (plan.dispute.reaction, plan.dispute.answer_minor) == ("silent", None)
    assert plan.dispute.answer_after is None


def test_one_plan_is_golden(rated: MakeOrder) -> None:
    first, second = (plan_one(rated(2, order_id)).dispute for order_id in ("golden-1", "golden-2"))
    assert first is not None
    assert second is not None
    assert (first.claim, first.reaction, first.answer_after) == (
        "half",
        "concede",
        timedelta(hours=13),
    )
    assert (second.claim, second.reaction, second.answer_after) == (
        "half",
        "contest",
        timedelta(hours=1),
    )


def test_nothing_is_left_out_uncounted(rated: MakeOrder, make_order: MakeOrder) -> None:
    orders = [
        make_order("empty", consignments=()),
        make_order("free", consignments=(Consignment("s1", 0, 0, 1), Consignment("s2", 5, 0, 1))),
        rated(1, "low"),
        rated(5, "early", created_at=FUNDED - DAY),
        make_order("late", approved_at=FUNDED + 9 * DAY),
        make_order("never", approved_at=None),
    ]
    plans, counts = plan_orders(orders)
    assert [plan.order_id for plan in plans] == ["free", "low", "early", "late", "never"]
    assert plans[0].seller_id == "s2"
    assert (counts.orders, counts.contracts, counts.orders_without_items) == (6, 5, 1)
    assert (counts.zero_totals, counts.disputes, counts.held, counts.late_funded) == (1, 1, 1, 1)
