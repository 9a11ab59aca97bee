from collections import Counter
from pathlib import Path

import pytest

from crps.replay.olist import Order, read_orders
from crps.replay.plan import ContractPlan, expected_outcome, plan_orders


@pytest.fixture(scope="module")
def orders() -> tuple[Order, ...]:
    return read_orders(Path(__file__).parents[3] / "samples" / "olist")


@pytest.fixture(scope="module")
def plans(orders: tuple[Order, ...]) -> tuple[ContractPlan, ...]:
    return plan_orders(orders)[0]


def test_size_and_counts_are_golden(orders: tuple[Order, ...]) -> None:
    _, counts = plan_orders(orders)
    assert (counts.orders, counts.contracts, counts.orders_without_items) == (400, 365, 44)
    assert (counts.zero_totals, counts.disputes) == (0, 37)
    assert (counts.held, counts.late_funded) == (1, 1)


def test_every_status_and_score_of_the_source(orders: tuple[Order, ...]) -> None:
    assert {order.status for order in orders} == {
        "canceled",
        "created",
        "delivered",
        "invoiced",
        "processing",
        "shipped",
        "unavailable",
    }
    scores = Counter(order.review.score for order in orders if order.review)
    assert set(scores) == {1, 2, 3, 4, 5}
    assert min(scores.values()) >= 20


def test_several_sellers_never_approved_and_without_items(orders: tuple[Order, ...]) -> None:
    assert sum(len(order.consignments) > 1 for order in orders) >= 5
    assert any(order.approved_at is None for order in orders)
    assert any(not order.consignments for order in orders)


def test_spread_over_the_whole_two_years(orders: tuple[Order, ...]) -> None:
    months = Counter(order.purchased_at.strftime("%Y-%m") for order in orders)
    assert orders[0].purchased_at.strftime("%Y-%m") == "2016-10"
    assert orders[-1].purchased_at.strftime("%Y-%m") == "2018-09"
    assert len(months) == 22
    assert max(months.values()) < len(orders) / 8


def test_every_ending_and_acts_in_parts(plans: tuple[ContractPlan, ...]) -> None:
    assert Counter(map(expected_outcome, plans)) == {
        "released": 181,
        "arrived": 119,
        "disputed": 35,
        "returned": 29,
        "lapsed": 1,
    }
    kinds = {plan.acts[0].kind for plan in plans if len(plan.acts) > 1}
    assert kinds == {"release", "return"}
    assert any(act.after >= plan.chain_period for plan in plans for act in plan.acts)
    assert sum(plan.total_minor for plan in plans) == 5_748_535


def test_every_claim_and_reaction(plans: tuple[ContractPlan, ...]) -> None:
    disputes = [plan.dispute for plan in plans if plan.dispute]
    assert {dispute.claim for dispute in disputes} == {"freight", "half", "all"}
    assert {dispute.reaction for dispute in disputes} == {"concede", "contest", "silent"}
    late = [plan for plan in plans if plan.dispute and expected_outcome(plan) == "arrived"]
    assert len(late) == 2
