"""What the bank counts for Prometheus, in a registry of its own."""

from collections import Counter as Counts
from collections.abc import Iterable
from typing import Final

from aiokafka import AIOKafkaConsumer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

RECORD_BUCKETS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class BankMeters:
    """The bank's metrics; counted once a batch."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._batch_records = Histogram(
            "crps_batch_records",
            "Records of one batch.",
            registry=self.registry,
            buckets=RECORD_BUCKETS,
        )
        self._reports = Counter(
            "crps_bank_reports", "Reports the broker has.", ("type",), registry=self.registry
        )
        self._lag = Gauge(
            "crps_consumer_lag_records",
            "Records that wait to be read, as far as known.",
            ("topic",),
            registry=self.registry,
        )

    def batch(self, records: int, reports: Iterable[str]) -> None:
        """Count a batch whose reports, given by their types, were acknowledged."""
        self._batch_records.observe(records)
        for wire_type, count in Counts(reports).items():
            self._reports.labels(wire_type).inc(count)

    async def look(self, consumer: AIOKafkaConsumer | None) -> None:
        """Bring the lag up to date."""
        self._lag.clear()
        if consumer is None:
            return
        lag: Counts[str] = Counts()
        for tp in consumer.assignment():
            end = consumer.highwater(tp)
            if end is not None:  # A fetch was answered, so that the position is known.
                lag[tp.topic] += max(0, end - await consumer.position(tp))
        for topic, count in lag.items():
            self._lag.labels(topic).set(count)
