"""What is looked at when Prometheus asks: lag, the outbox, held records, blocked contracts."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import asyncpg
from prometheus_client import Gauge

from services.chassis.journal import QUERIES
from services.chassis.meters import Meters
from services.chassis.readiness import Parts

LOOK_SECONDS: Final = 3.0


class Gauges:
    """The gauges every service has. A look that fails leaves its gauges out of the answer."""

    def __init__(self, meters: Meters, parts: Parts) -> None:
        self._parts = parts
        self._lag = meters.gauge(
            "crps_consumer_lag_records", "Records that wait to be read, as far as known.", "topic"
        )
        self._partitions = meters.gauge(
            "crps_consumer_assigned_partitions", "Partitions this process reads.", "topic"
        )
        self._ahead = meters.gauge(
            "crps_clock_ahead_seconds",
            "How far the record that pauses a partition is ahead of the database's clock.",
            "topic",
            "partition",
        )
        self._outbox_rows = meters.gauge(
            "crps_outbox_rows", "Rows that wait to be sent, of all replicas."
        )
        self._outbox_age = meters.gauge(
            "crps_outbox_age_seconds", "How long the oldest row has waited to be sent."
        )
        self._held = meters.gauge(
            "crps_held_records", "Records that wait, by what they wait for.", "reason"
        )
        self._held_age = meters.gauge(
            "crps_held_age_seconds", "How long the longest waiting record has waited.", "reason"
        )
        self._blocked = meters.gauge(
            "crps_blocked_contracts", "Contracts whose records wait for an operator."
        )
        meters.on_scrape(self._look_at_log)
        meters.on_scrape(self._look_at_database)

    async def _look_at_log(self) -> None:
        self._lag.clear()
        self._partitions.clear()
        lag: Counter[str] = Counter()
        assigned: Counter[str] = Counter()
        for topic, waiting in await self._parts.bus.lags():
            assigned[topic] += 1
            lag[topic] += waiting
        self._ahead.clear()
        for partition, seconds in self._parts.bus.pauses.seconds.items():
            self._ahead.labels(*partition).set(seconds)
        for topic, count in assigned.items():
            self._partitions.labels(topic).set(count)
            self._lag.labels(topic).set(lag[topic])

    async def _look_at_database(self) -> None:
        self._held.clear()
        self._held_age.clear()
        unknown = float("nan")
        self._outbox_rows.set(unknown)
        self._outbox_age.set(unknown)
        self._blocked.set(unknown)
        pool = self._parts.pool
        if pool is None:
            return
        try:
            async with asyncio.timeout(LOOK_SECONDS), pool.acquire() as conn:
                outbox = await conn.fetchrow(QUERIES["outbox_size"])
                held = await conn.fetch(QUERIES["held_by_reason"])
                blocked = await conn.fetchval(QUERIES["blocked_contracts"])
        except Exception:
            return  # Readiness says why; a scrape shows that nothing is known.
        self._outbox_rows.set(outbox["rows"])
        self._outbox_age.set(outbox["age"])
        self._blocked.set(blocked)
        for row in held:
            self._held.labels(row["reason"]).set(row["records"])
            self._held_age.labels(row["reason"]).set(row["age"])


def show_rows(
    meters: Meters,
    parts: Parts,
    read: Callable[[asyncpg.Pool], Awaitable[Sequence[asyncpg.Record]]],
    label: str,
    columns: Mapping[str, Gauge],
) -> None:
    """Show a service's own rows, looked at when asked: a gauge a column, by ``label``'s values."""

    async def look() -> None:
        for gauge in columns.values():
            gauge.clear()
        if parts.pool is None:
            return
        with contextlib.suppress(Exception):  # Readiness says why; nothing is known.
            async with asyncio.timeout(LOOK_SECONDS):
                for row in await read(parts.pool):
                    for column, gauge in columns.items():
                        gauge.labels(row[label]).set(row[column])

    meters.on_scrape(look)
