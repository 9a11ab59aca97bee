"""What a dispute's turns leave for the metrics."""

from tests.unit.disputes.wire import PAYEE, Bench


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
