"""The disputes of the sample, played against the services' own code and audited."""

from collections import Counter
from pathlib import Path

import pytest

from crps.replay import schedule
from crps.replay.olist import read_orders
from crps.replay.plan import ContractPlan, expected_outcome, plan_orders
from tests.unit.replay.in_memory import replayed
from tests.unit.replay.played import MS


@pytest.fixture(scope="module")
def plans() -> tuple[ContractPlan, ...]:
    """Every dispute of the sample, and of the rest every fortieth contract."""
    every, _ = plan_orders(read_orders(Path(__file__).parents[3] / "samples" / "olist"))
    others = [plan for plan in every if plan.dispute is None]
    return (*(plan for plan in every if plan.dispute is not None), *others[::40])


async def test_every_dispute_of_the_sample_ends_as_the_law_has_it(
    plans: tuple[ContractPlan, ...],
) -> None:
    report = (await replayed(plans, lag=20 * MS)).report
    assert report.violations_listed == ()
    assert not report.failed
    assert set(report.invariants.values()) == {"ok"}
    expected = Counter(map(expected_outcome, plans))
    assert report.outcomes["disputed"] == expected["disputed"] == report.disputes["opened"]
    reactions = Counter(
        plan.dispute.reaction
        for plan in plans
        if plan.dispute is not None and expected_outcome(plan) == "disputed"
    )
    assert report.disputes["silent"] == reactions["silent"]
    assert report.disputes["answered"] == reactions["concede"] + reactions["contest"]
    assert report.disputes["conceded"] == reactions["concede"]
    late = sum(plan.dispute is not None for plan in plans) - expected["disputed"]
    assert sum(report.refusals.values()) == late


async def test_answers_that_come_too_late_leave_every_payee_silent(
    plans: tuple[ContractPlan, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dispute period is over before its opening is even seen, and nothing is lost by it."""
    monkeypatch.setattr(schedule, "ANSWER_ROOM", 0 * MS)
    report = (await replayed(plans, lag=400 * MS)).report
    assert report.violations_listed == ()
    assert not report.failed
    assert report.disputes["answered"] == report.disputes["conceded"] == 0
    assert report.refusals["DISPUTE_PERIOD_ENDED"] > 20
    assert report.compared["displaced"] + report.compared["near"] > 20
