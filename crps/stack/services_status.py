"""What the services of a state folder say of themselves, looked at from outside."""

import asyncio
import json
import math
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from crps.stack import process
from crps.stack.home import Home
from crps.stack.readiness import Readiness, ask_metrics, ask_readiness
from crps.stack.services import ALL

_LAG = "crps_consumer_lag_records"
_AGE = "crps_outbox_age_seconds"
_BLOCKED = "crps_blocked_contracts"
_HELD = "crps_held_records"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service as seen now. `trouble` is why it is not ready; `None` when it is.

    `lag` counts records, `outbox_age_s` is that of the oldest row; `None` where it does not say.
    """

    name: str
    pid: int | None
    uptime_s: float | None
    port: int
    trouble: str | None
    lag: float | None
    outbox_age_s: float | None
    blocked: float | None
    held: float | None


async def services_status(home: Home) -> list[ServiceStatus]:
    """Look at every service that was started in this folder; none when none was."""
    known = [name for name in ALL if home.health_file(name).is_file()]
    return list(await asyncio.gather(*(_look(home, name) for name in known)))


async def _look(home: Home, name: str) -> ServiceStatus:
    port = int(home.health_file(name).read_text())
    running = process.find(home, name)
    answer, text = await asyncio.gather(ask_readiness(port), ask_metrics(port))
    sums = _sums(text)
    return ServiceStatus(
        name=name,
        pid=None if running is None else running.pid,
        uptime_s=None if running is None else running.uptime_s,
        port=port,
        trouble="it does not run" if running is None else _trouble(answer),
        lag=sums.get(_LAG),
        outbox_age_s=sums.get(_AGE),
        blocked=sums.get(_BLOCKED),
        held=sums.get(_HELD),
    )


def _trouble(answer: Readiness) -> str | None:
    if answer.ready:
        return None
    try:
        reasons = json.loads(answer.body)["reasons"]
        return "; ".join(f"{check}: {reason}" for check, reason in reasons.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.body


def _sums(text: str) -> dict[str, float]:
    """Return the sum of each metric over its labels; NaN is what the service does not know."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        total = sum(s.value for s in family.samples if s.name == family.name)
        if family.samples and not math.isnan(total):
            sums[family.name] = total
    return sums
