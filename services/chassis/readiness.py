"""Whether a service can do its work now: one check a thing it needs, each with its reason.

Checks never raise and never take long. What one contract waits for is told beside them and makes
nobody unready: a single contract must not be able to take a service off.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import asyncpg

from services.chassis.bus import Bus
from services.chassis.intake import Intake
from services.chassis.journal import QUERIES
from services.chassis.migrate import expected_version
from services.chassis.outbox import Relay
from services.chassis.pulse import Pulse
from services.chassis.waiting import HELD_ALARM

STALE_SECONDS: Final = 15.0
"""A loop whose rounds have not succeeded for so long is not well."""
OUTBOX_SECONDS: Final = 30.0
"""A row that has waited longer is not being sent."""
CHECK_SECONDS: Final = 3.0
WAITING_NAMED: Final = 20
"""So many of the records that wait too long are named."""


class Worker(Protocol):
    """A loop of a service's own, such as the scheduler's."""

    pulse: Pulse

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until ``stopping``."""


@dataclass(slots=True)
class Parts:
    """What a process is made of, as far as it has been started."""

    name: str
    bus: Bus
    pool: asyncpg.Pool | None = None
    relay: Relay | None = None
    intake: Intake | None = None
    workers: Sequence[Worker] = ()
    trouble: str | None = None
    """What is being waited for, or why a batch is tried again."""
    running: bool = False
    """The loops go round."""

    def pulses(self) -> Mapping[str, Pulse]:
        """Return the pulses of the loops that go round by now."""
        if not self.running or self.relay is None:
            return {}
        workers = {type(worker).__name__: worker.pulse for worker in self.workers}
        return {"consumer": self.bus.pulse, "relay": self.relay.pulse, **workers}


class Readiness:
    """Asks the parts of one process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return why the service is not ready, by check, and what it says of itself besides."""
        reasons = {
            "consumer": self._consumer(),
            "relay": self._relay(),
            "workers": self._workers(),
            "timestamps": self._timestamps(),
            "clocks": self._parts.bus.pauses.trouble,
        }
        told: dict[str, Any] = {}
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                reasons["database"] = await self._ask_database(told)
        except Exception as error:
            reasons["database"] = f"no answer: {error!r}"
        age = told.get("outbox_age_seconds", 0.0)
        if age > OUTBOX_SECONDS:
            reasons["outbox"] = f"its oldest row has waited for {age:.0f} s"
        return {name: why for name, why in reasons.items() if why is not None}, told

    async def _ask_database(self, told: dict[str, Any]) -> str | None:
        parts = self._parts
        if parts.pool is None:
            return parts.trouble or "not connected"
        async with parts.pool.acquire() as conn:
            version = await conn.fetchval("SELECT max(version) FROM schema_migration")
            expected = expected_version(parts.name)
            if version != expected:
                return f"schema {version}, this code needs {expected}"
            told["outbox_age_seconds"] = round(await conn.fetchval(QUERIES["outbox_age"]), 3)
            now = await conn.fetchval(QUERIES["read_clock"])
            late = await conn.fetch(QUERIES["held_since"], now - HELD_ALARM)
            if late:
                told["waiting_too_long"] = [
                    _named(row, now - row["held_at"]) for row in late[:WAITING_NAMED]
                ]
                told["waiting_too_long_count"] = len(late)
        return None

    def _consumer(self) -> str | None:
        return self._parts.trouble or self._parts.bus.readiness()

    def _relay(self) -> str | None:
        relay = self._parts.relay
        if relay is None or not self._parts.running:
            return "not started"
        if relay.pulse.idle_for < STALE_SECONDS:
            return None
        return f"nothing sent: {relay.trouble or 'its round does not end'}"

    def _workers(self) -> str | None:
        late = [type(w).__name__ for w in self._parts.workers if w.pulse.idle_for > STALE_SECONDS]
        return f"standing still: {', '.join(late)}" if late else None

    def _timestamps(self) -> str | None:
        intake = self._parts.intake
        seen = intake.foreign_timestamps if intake else 0
        return f"{seen} records without the broker's append time" if seen else None


def _named(row: asyncpg.Record, waited: timedelta) -> dict[str, Any]:
    return {
        "contract_id": str(row["contract_id"]),
        "topic": row["topic"],
        "partition": row["partition"],
        "offset": row["record_offset"],
        "reason": row["reason"],
        "seconds": int(waited.total_seconds()),
    }
