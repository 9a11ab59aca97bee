"""What a dispute's turns leave for the metrics."""

import pytest

from tests.unit.disputes.wire import PAYEE, PAYER, Bench


def test_each_ending_is_counted_once_by_how_it_came() -> None:
    bench = Bench()
    bench.effective("a", "b")
    bench.open(6_000)
    bench.open(5_000, sequence=5, tranche=2)
    bench.lower(PAYEE, 4_000, tranche="a")
    bench.wait(72).due(tranche=2)
    assert [label for label in bench.counted if label[0] == "ending"] == [
        ("ending", "settled"),
        ("ending", "silence"),
    ]


@pytest.mark.parametrize(
    ("claims", "hours"),
    [
        ([(PAYEE, 8_000)], []),
        ([(PAYEE, 7_001)], []),
        ([(PAYEE, 7_000)], [10]),
        ([(PAYEE, 8_000), (PAYER, 5_000), (PAYER, 3_000)], [20]),
        ([(PAYEE, 7_000), (PAYER, 3_000)], [10]),
    ],
)
def test_the_half_life_is_told_once_when_half_is_contested_no_more(
    claims: list[tuple[str, int]], hours: list[int]
) -> None:
    bench = Bench()
    bench.effective()
    bench.open(6_000)
    for party, claim in claims:
        bench.wait(10).lower(party, claim)
    told = [float(label[1]) for label in bench.counted if label[0] == "half-life"]
    assert told == [3_600 * hour for hour in hours]


def test_of_one_contested_unit_the_half_is_that_unit() -> None:
    bench = Bench()
    bench.effective()
    bench.open(1)
    assert not [label for label in bench.counted if label[0] == "half-life"]
    bench.wait(72).due()
    assert [label for label in bench.counted if label[0] == "half-life"] == [
        ("half-life", str(72 * 3_600.0))
    ]
