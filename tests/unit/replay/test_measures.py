import pytest

from crps.audit.history import Receipt
from crps.replay.measures import (
    Money,
    Quantiles,
    count_instructions,
    latency_ms,
    lateness_ms,
    money_by_asset,
    money_of,
    outcome,
    quantiles,
)
from tests.unit.replay.played import (
    DEADLINE,
    EFFECTIVE,
    MS,
    START,
    attribution,
    instruction,
    lapsed,
    make_history,
)

AT = EFFECTIVE + 500 * MS


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        (["release"], "released"),
        (["return"], "returned"),
        (["return", "release"], "released"),
        (["arrival"], "arrived"),
        (["release", "arrival"], "arrived"),
        (["release", "admission", "dispute_default"], "disputed"),
        (["concession"], "disputed"),
    ],
)
def test_an_effective_contract_ends_by_what_moved_its_money(causes, expected) -> None:
    moves = tuple(attribution(n, 500, AT, cause) for n, cause in enumerate(causes, start=1))
    assert outcome(make_history(attributions=moves)) == expected


def test_a_contract_without_effect_lapses() -> None:
    assert outcome(lapsed()) == "lapsed"
    assert outcome(lapsed(status="DECLINED")) == "lapsed"


@pytest.mark.parametrize("status", ["ACCEPTED", "EFFECTIVE", "ATTRIBUTED"])
def test_what_has_not_ended_has_no_outcome(status: str) -> None:
    assert outcome(make_history(status=status)) is None


def test_money_of_a_released_contract_is_settled() -> None:
    assert money_of(make_history()) == Money(1000, 1000, 0, 0)


def test_money_that_the_bank_has_not_confirmed_is_open() -> None:
    sent = instruction(1, 1000, AT, confirmed=False)
    assert money_of(make_history(instructions=(sent,))) == Money(1000, 0, 0, 1000)


def test_free_money_is_open() -> None:
    history = make_history(
        status="EFFECTIVE", free=600, attributions=(attribution(1, 400, AT),),
        instructions=(instruction(1, 400, AT),),
    )  # fmt: skip
    assert money_of(history) == Money(1000, 400, 0, 600)


def test_late_money_comes_in_and_goes_back() -> None:
    late = (Receipt("r1", 1000, START),)
    assert money_of(lapsed(receipts=late)) == Money(1000, 0, 0, 1000)
    back = instruction(1, 1000, AT, "return", receipt="r1")
    assert money_of(lapsed(receipts=late, instructions=(back,))) == Money(1000, 0, 1000, 0)


def test_an_excess_goes_back_beside_the_total() -> None:
    receipts = (Receipt("r1", 1000, START), Receipt("r2", 7, START))
    back = instruction(2, 7, AT, "return", receipt="r2")
    history = make_history(receipts=receipts, instructions=(instruction(1, 1000, AT), back))
    assert money_of(history) == Money(1007, 1000, 7, 0)


def test_money_that_vanished_does_not_add_up() -> None:
    # The buckets have lost one unit: 999 were attributed and nothing is free.
    history = make_history(
        attributions=(attribution(1, 999, AT),), instructions=(instruction(1, 999, AT),)
    )
    assert not money_of(history).adds_up


def test_money_paid_twice_does_not_add_up() -> None:
    twice = (instruction(1, 1000, AT), instruction(2, 1000, AT))
    money = money_of(make_history(instructions=twice))
    assert money.settled == 2000
    assert money.open == -1000
    assert not money.adds_up


def test_assets_are_summed_apart() -> None:
    histories = [make_history(), make_history(), make_history(asset="CNY/2")]
    assert money_by_asset(histories) == {
        "BRL/2": Money(2000, 2000, 0, 0),
        "CNY/2": Money(1000, 1000, 0, 0),
    }


def test_latency_runs_from_the_command_to_its_instruction() -> None:
    assert latency_ms([make_history()]) == Quantiles(40.0, 40.0, 40.0)
    assert lateness_ms([make_history()]) == Quantiles(None, None, None)


def test_lateness_runs_from_the_deadline_to_the_instruction() -> None:
    arrival = attribution(1, 1000, DEADLINE, "arrival")
    paid = instruction(1, 1000, DEADLINE + 12 * MS)
    history = make_history(attributions=(arrival,), instructions=(paid,))
    assert lateness_ms([history]) == Quantiles(12.0, 12.0, 12.0)
    assert latency_ms([history]) == Quantiles(None, None, None)


def test_quantiles_are_values_that_were_measured() -> None:
    assert quantiles(range(1, 101)) == Quantiles(50, 99, 100)
    assert quantiles([3.0, 1.0]) == Quantiles(1.0, 3.0, 3.0)
    assert quantiles([7.04]) == Quantiles(7.0, 7.0, 7.0)


def test_instructions_are_counted_by_direction() -> None:
    history = make_history(
        instructions=(
            instruction(1, 400, AT),
            instruction(2, 600, AT, "return"),
            instruction(3, 1, AT, confirmed=False),
        )
    )
    assert count_instructions([history]) == {"settle": 2, "return": 1, "confirmed": 2}
