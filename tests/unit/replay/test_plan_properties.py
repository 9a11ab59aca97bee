from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crps.replay.olist import STATUSES, Consignment, Order, Review
from crps.replay.plan import ContractPlan, expected_outcome, plan_order

INSTANTS = st.datetimes(datetime(2016, 1, 1), datetime(2019, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CONSIGNMENTS = st.lists(
    st.builds(
        Consignment,
        seller_id=st.sampled_from(["s1", "s2", "s3"]),
        price_minor=st.one_of(st.integers(0, 3), st.integers(0, 10**15)),
        freight_minor=st.one_of(st.just(0), st.integers(0, 10**6)),
        item_count=st.just(1),
    ),
    unique_by=lambda consignment: consignment.seller_id,
).map(tuple)
ORDERS = st.builds(
    Order,
    order_id=st.text("0123456789abcdef", min_size=1, max_size=32),
    customer_id=st.just("c1"),
    status=st.sampled_from(sorted(STATUSES)),
    purchased_at=INSTANTS,
    approved_at=st.none() | INSTANTS,
    carrier_received_at=st.none(),
    delivered_at=st.none(),
    estimated_delivery_at=INSTANTS,
    consignments=CONSIGNMENTS,
    review=st.none() | st.builds(Review, score=st.integers(1, 5), created_at=INSTANTS),
)


@given(ORDERS)
def test_every_centavo_of_an_order_is_in_exactly_one_contract(order: Order) -> None:
    plans = plan_order(order)
    owed = sum(part.price_minor + part.freight_minor for part in order.consignments)
    assert sum(plan.total_minor for plan in plans) == owed
    assert all(plan.total_minor > 0 and plan.payer != plan.payee for plan in plans)
    assert len({plan.seller_id for plan in plans}) == len(plans)


@given(ORDERS)
def test_acts_are_lawful(order: Order) -> None:
    for plan in plan_order(order):
        assert plan.chain_period >= timedelta(days=1)
        assert not (plan.acts and plan.dispute)
        assert plan.funded_at is not None or not (plan.acts or plan.dispute)
        check_acts(plan)
        check_dispute(plan)


def check_acts(plan: ContractPlan) -> None:
    """Parts are positive, in order of time, and the last one takes all that is left."""
    free = plan.total_minor
    for number, act in enumerate(plan.acts, start=1):
        part = free if act.amount == "ALL" else act.amount
        assert (act.amount == "ALL") == (number == len(plan.acts))
        assert 0 < part <= free
        free -= part
    assert free == (0 if plan.acts else plan.total_minor)
    times = [act.after for act in plan.acts]
    assert times == sorted(times)
    assert all(after >= timedelta() for after in times)
    assert len({act.kind for act in plan.acts}) <= 1


def check_dispute(plan: ContractPlan) -> None:
    """Claims keep the bounds of SPEC section 6: 0 < P* <= T, T - P* <= Y* <= T."""
    if (dispute := plan.dispute) is None:
        return
    assert 0 < dispute.claim_minor <= plan.total_minor
    assert dispute.after >= timedelta()
    assert (dispute.answer_minor is None) == (dispute.reaction == "silent")
    if dispute.answer_minor is not None:
        assert plan.total_minor - dispute.claim_minor <= dispute.answer_minor <= plan.total_minor


@given(ORDERS)
def test_an_ending_fits_what_the_parties_do(order: Order) -> None:
    for plan in plan_order(order):
        outcome = expected_outcome(plan)
        kinds = {act.kind for act in plan.acts}
        assert outcome != "released" or kinds == {"release"}
        assert outcome != "returned" or kinds == {"return"}
        assert outcome != "disputed" or plan.dispute is not None
        assert outcome == "lapsed" or plan.funded_at is not None
