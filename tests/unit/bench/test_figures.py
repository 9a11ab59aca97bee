"""Timings of runs whose figures can be worked out by hand."""

import pytest

from crps.bench.figures import figures, quantile
from crps.bench.traffic import Timings


def played(count: int, rate: float, closed: list[float | None]) -> Timings:
    return Timings([n / rate for n in range(count)], [None] * count, closed, 0)


def test_a_steady_run_is_sustained_and_shows_its_latency() -> None:
    rate, late = 100.0, 0.25
    shown = figures(played(1000, rate, [n / rate + late for n in range(1000)]), rate)
    assert shown.sustained
    assert shown.settled_per_s == pytest.approx(rate, rel=0.01)
    assert shown.latency_ms is not None
    assert shown.latency_ms.p50 == pytest.approx(250)
    assert shown.latency_ms.max == pytest.approx(250)
    assert shown.backlog_end == 25
    assert shown.drain_s == pytest.approx(late)


def test_a_run_that_falls_behind_is_not_sustained() -> None:
    offered, capacity = 100.0, 90.0
    shown = figures(played(1000, offered, [n / capacity for n in range(1000)]), offered)
    assert not shown.sustained
    assert shown.growth_per_s == pytest.approx(offered - capacity, rel=0.05)
    assert shown.settled_per_s == pytest.approx(capacity, rel=0.01)


def test_latency_counts_from_the_schedule_in_the_window_alone() -> None:
    """A pause of two seconds in the middle hits every contract that was due in it."""
    rate = 100.0
    closed: list[float | None] = [max(n / rate, 7.0) if 500 <= n < 700 else n / rate
                                  for n in range(1000)]  # fmt: skip
    closed[0] = 9.99
    latency = figures(played(1000, rate, closed), rate).latency_ms
    assert latency is not None
    assert latency.max == pytest.approx(2000)
    assert latency.p50 == 0


def test_what_never_closed_stays_in_the_backlog() -> None:
    closed: list[float | None] = [n / 100 for n in range(1000)]
    closed[100:110] = [None] * 10
    assert figures(played(1000, 100.0, closed), 100.0).backlog_end == 10


def test_a_drain_is_the_mean_over_the_whole_time() -> None:
    shown = figures(Timings([0.0] * 100, [None] * 100, [n / 50 for n in range(1, 101)], 0), None)
    assert shown.settled_per_s == pytest.approx(50)
    assert not shown.sustained


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 5), (0.99, 10), (1.0, 10)])
def test_quantiles_are_values_that_occurred(share: float, expected: int) -> None:
    assert quantile(range(1, 11), share) == expected
