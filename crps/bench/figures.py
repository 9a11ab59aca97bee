"""From timings to figures: window, latency, backlog and whether it grew. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crps.bench.traffic import Timings

HEAD: Final = 0.2
TAIL: Final = 0.1
"""Shares of the schedule cut off before and after the window."""
GROWTH: Final = 0.03
"""A backlog that grows by more than this share of the offered rate is growing."""
SAMPLES: Final = 200
"""Instants at which the backlog in the window is looked at."""

_BUCKETS_PER_DOUBLING: Final = 8


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the scheduled instant to the sight of the closing."""

    p50: float
    p99: float
    p999: float
    max: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run shows."""

    offered_per_s: float | None
    """None when all were offered at once."""
    settled_per_s: float
    """In the window; of a drain, all over the whole time."""
    latency_ms: Latency | None
    histogram: tuple[tuple[float, int], ...]
    """Upper bound in ms, contracts: eight buckets a doubling."""
    window_contracts: int
    backlog_end: int
    """Contracts offered and not closed when the last order was due."""
    growth_per_s: float
    """Contracts by which the backlog grew each second of the window."""
    drain_s: float
    """From the last order's due instant until the last contract closed."""

    @property
    def sustained(self) -> bool:
        """Tell whether the backlog did not grow."""
        return self.offered_per_s is not None and (self.growth_per_s <= GROWTH * self.offered_per_s)


def figures(timings: Timings, rate: float | None) -> Figures:
    """Work out one run; contracts that never closed only show in the backlog."""
    closed = sorted(at for at in timings.closed if at is not None)
    last_due = timings.scheduled[-1]
    end = closed[-1] if closed else math.inf
    if rate is None:
        return Figures(None, len(closed) / end, None, (), 0, len(timings.closed), 0.0, end)
    duration = len(timings.scheduled) / rate
    start, stop = duration * HEAD, duration * (1 - TAIL)
    latencies = sorted(
        (at - due) * 1000
        for due, at in zip(timings.scheduled, timings.closed, strict=True)
        if at is not None and start <= due < stop
    )
    in_window = sum(start <= at < stop for at in closed)
    return Figures(
        offered_per_s=rate,
        settled_per_s=in_window / (stop - start),
        latency_ms=_latency(latencies) if latencies else None,
        histogram=_histogram(latencies),
        window_contracts=len(latencies),
        backlog_end=_backlog(timings, last_due),
        growth_per_s=_growth(timings, start, stop),
        drain_s=max(0.0, end - last_due),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of all do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _latency(ordered: Sequence[float]) -> Latency:
    return Latency(
        p50=quantile(ordered, 0.5),
        p99=quantile(ordered, 0.99),
        p999=quantile(ordered, 0.999),
        max=ordered[-1],
    )


def _histogram(ordered: Sequence[float]) -> tuple[tuple[float, int], ...]:
    counts: dict[int, int] = {}
    for value in ordered:
        bucket = math.ceil(math.log2(max(value, 0.001)) * _BUCKETS_PER_DOUBLING)
        counts[bucket] = counts.get(bucket, 0) + 1
    return tuple((2 ** (b / _BUCKETS_PER_DOUBLING), n) for b, n in sorted(counts.items()))


def _backlog(timings: Timings, at: float) -> int:
    due = sum(each <= at for each in timings.scheduled)
    return due - sum(each is not None and each <= at for each in timings.closed)


def _growth(timings: Timings, start: float, stop: float) -> float:
    """Return the slope of the backlog over the window, by least squares."""
    instants = [start + (stop - start) * n / (SAMPLES - 1) for n in range(SAMPLES)]
    backlogs = [_backlog(timings, at) for at in instants]
    mean_at, mean = sum(instants) / SAMPLES, sum(backlogs) / SAMPLES
    spread = sum((at - mean_at) ** 2 for at in instants)
    together = sum((at - mean_at) * (b - mean) for at, b in zip(instants, backlogs, strict=True))
    return together / spread
