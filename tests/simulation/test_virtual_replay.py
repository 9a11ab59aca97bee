"""Two replays of the same real orders, one compressed, one at true dates: the same money.

Both go through the services' own code in memory; only how time passes differs.
"""

from pathlib import Path

import pytest

from crps.audit.history import History
from crps.replay.olist import read_orders
from crps.replay.plan import ContractPlan, plan_orders
from crps.replay.split import planned_split
from tests.unit.replay.in_memory import Replay, replayed, replayed_virtually
from tests.unit.replay.played import MS

SAMPLE = Path(__file__).parents[2] / "samples" / "olist"


@pytest.fixture(scope="module")
def plans() -> tuple[ContractPlan, ...]:
    return plan_orders(read_orders(SAMPLE))[0]


@pytest.fixture(scope="module")
async def virtual(plans: tuple[ContractPlan, ...]) -> Replay:
    return await replayed_virtually(plans)


@pytest.fixture(scope="module")
async def compressed(plans: tuple[ContractPlan, ...]) -> Replay:
    return await replayed(plans, lag=20 * MS)


def split(history: History) -> tuple[int, int]:
    """Return what the payee and what the payer got of the total."""
    return (
        sum(decided.amount for decided in history.attributions if decided.to == "payee"),
        sum(decided.amount for decided in history.attributions if decided.to == "payer"),
    )


async def test_every_contract_ends_with_the_amounts_of_the_data(
    virtual: Replay, plans: tuple[ContractPlan, ...]
) -> None:
    report = virtual.report
    assert report.violations_listed == ()
    assert not report.failed
    assert report.compared == {"comparable": len(plans), "near": 0, "displaced": 0}
    assert report.outcomes == report.expected_outcomes
    assert report.money == report.expected_money
    ours = {(history.order_id, split(history)) for history in virtual.histories.values()}
    assert ours == {(plan.order_id, planned_split(plan)) for plan in plans}


async def test_the_amounts_are_those_of_the_compressed_replay_apart_from_acts_near_a_deadline(
    virtual: Replay, compressed: Replay
) -> None:
    assert compressed.report.violations_listed == ()
    assert virtual.histories.keys() == compressed.histories.keys()
    others = [
        contract_id
        for contract_id, history in virtual.histories.items()
        if split(history) != split(compressed.histories[contract_id])
    ]
    apart = compressed.report.compared["near"] + compressed.report.compared["displaced"]
    assert len(others) <= apart < len(virtual.histories) / 10
    assert compressed.report.expected_money == virtual.report.money


async def test_every_deadline_is_executed_at_its_very_instant(virtual: Replay) -> None:
    due = [
        decided
        for history in virtual.histories.values()
        for decided in history.attributions
        if decided.due_at is not None
    ]
    assert len(due) > 100
    assert all(decided.judged_at == decided.due_at for decided in due)


async def test_two_years_pass_in_fewer_moves_than_they_have_hours(virtual: Replay) -> None:
    days, moves = virtual.report.simulated_days, virtual.report.clock_moves
    assert days is not None
    assert moves is not None
    assert 0 < moves < days * 24
    assert days > 600
