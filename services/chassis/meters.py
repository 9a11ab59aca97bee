"""What a process counts for Prometheus: its own registry, base units, no contract ids.

The hot path counts in plain dictionaries and hands them over once a batch. What stands in the
database or in the consumer is looked at when somebody asks, and not before.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from services.chassis.inbox import Labels
from services.chassis.tally import COMMAND, RECORD

Look = Callable[[], Awaitable[None]]
"""Brings some gauges up to date; asked at scrape time only."""

RECORD_BUCKETS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
SECONDS_BUCKETS: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0
)  # fmt: skip


class Meters:
    """The metrics every service has; a service of its own kind adds to ``registry``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._looks: list[Look] = []
        self._batch_records = self.histogram(
            "crps_batch_records", "Records of one batch.", RECORD_BUCKETS
        )
        self._batch_seconds = self.histogram(
            "crps_batch_seconds", "Time from reading a batch to its commit.", SECONDS_BUCKETS
        )
        self._records = self._counter(
            "crps_records", "Records by what became of them.", "topic", "outcome", "reason"
        )
        self._commands = self._counter(
            "crps_commands", "Parties' commands by their answer.", "outcome", "code"
        )
        self._counters = {RECORD: self._records, COMMAND: self._commands}
        self._observed: dict[str, Histogram] = {}
        self._retries = self._counter(
            "crps_batch_retries", "Batches run again because the surroundings failed."
        )
        self._sent = self._counter(
            "crps_relay_sent_records", "Records that the broker acknowledged.", "topic"
        )
        self._send_failures = self._counter(
            "crps_relay_failures", "Rounds of the relay that failed and were tried again."
        )

    # --- the hot path: once a batch or a round ------------------------------------------------

    def batch(self, records: int, seconds: float) -> None:
        """Count a batch that was committed."""
        self._batch_records.observe(records)
        self._batch_seconds.observe(seconds)

    def add(self, counts: Mapping[Labels, int]) -> None:
        """Count what one committed transaction did (``services.chassis.tally``)."""
        for (kind, *labels), count in counts.items():
            if kind in self._counters:  # Of a service's own kinds those that it shows.
                self._counters[kind].labels(*labels).inc(count)
            elif kind in self._observed:
                for _ in range(count):
                    self._observed[kind].observe(float(labels[0]))

    def retried(self) -> None:
        """Count a batch that is run again."""
        self._retries.inc()

    def sent(self, topics: Mapping[str, int]) -> None:
        """Count what the broker acknowledged, by topic."""
        for topic, count in topics.items():
            self._sent.labels(topic).inc(count)

    def send_failed(self) -> None:
        """Count a round of the relay that failed."""
        self._send_failures.inc()

    # --- making and asking --------------------------------------------------------------------

    def histogram(self, name: str, text: str, buckets: Iterable[float]) -> Histogram:
        """Add a histogram."""
        return Histogram(name, text, registry=self.registry, buckets=tuple(buckets))

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """Add a gauge."""
        return Gauge(name, text, labels, registry=self.registry)

    def count(self, kind: str, name: str, text: str, *labels: str) -> None:
        """Add a counter of what a service tells of its turns under ``kind``."""
        self._counters[kind] = self._counter(name, text, *labels)

    def observe(self, kind: str, name: str, text: str, buckets: Iterable[float]) -> None:
        """Add a histogram of the numbers that a service tells of its turns under ``kind``."""
        self._observed[kind] = self.histogram(name, text, buckets)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def on_scrape(self, look: Look) -> None:
        """Ask ``look`` before each answer."""
        self._looks.append(look)

    async def render(self) -> bytes:
        """Return everything as Prometheus reads it; what cannot be looked at now is left out."""
        for look in self._looks:
            await look()
        return bytes(generate_latest(self.registry))
