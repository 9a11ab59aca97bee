import pytest

from crps.replay.measures import Money
from crps.replay.plan import ContractPlan, PlannedAct
from crps.replay.split import planned_money, planned_split
from tests.unit.replay.played import BOUGHT, DAY, make_plan, quarrel, release

LATE = make_plan(funded_at=BOUGHT + 7 * DAY)


@pytest.mark.parametrize(
    ("plan", "split"),
    [
        (make_plan(), (1000, 0)),
        (make_plan(release(5)), (1000, 0)),
        (make_plan(release(5, 400), release(6, 100)), (1000, 0)),
        (make_plan(funded_at=None), (0, 0)),
        (LATE, (0, 0)),
        (make_plan(dispute=quarrel(claim=600, answer=700)), (700, 300)),
        (make_plan(dispute=quarrel(claim=600, answer=None)), (400, 600)),
        (make_plan(dispute=quarrel(after_days=10)), (1000, 0)),
    ],
)
def test_the_data_says_who_gets_how_much(plan: ContractPlan, split: tuple[int, int]) -> None:
    assert planned_split(plan) == split


def test_what_is_returned_before_the_deadline_is_the_payer_s_and_the_rest_arrives() -> None:
    given_back = [act_of("return", day, amount) for day, amount in ((5, 300), (10, 200))]
    assert planned_split(make_plan(*given_back)) == (700, 300)
    assert planned_split(make_plan(act_of("return", 5, "ALL"))) == (0, 1000)


def test_money_that_comes_too_late_goes_back_whole() -> None:
    disputed = make_plan(dispute=quarrel(claim=600, answer=None))
    unpaid = make_plan(funded_at=None)
    assert planned_money([LATE, disputed, unpaid]) == {"BRL/2": Money(2000, 400, 1600, 0)}


def act_of(kind, day, amount):
    return PlannedAct(kind, day * DAY, amount)
