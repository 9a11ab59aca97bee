"""Composition root of disputes: its settings, its service, the table of its topics."""

import asyncio
import contextlib
from typing import Final

from schemas import topics
from services.chassis.gauges import LOOK_SECONDS
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.chassis.meters import Meters
from services.chassis.readiness import Parts
from services.disputes.config import DisputesSettings
from services.disputes.handlers import Disputes
from services.disputes.messages import DUE, WANTED
from services.disputes.store import open_disputes

SUBSCRIPTIONS: Final = (
    Subscription(topics.CONTRACTS_EVENTS, wanted=WANTED, ours=True),
    Subscription(
        topics.DISPUTES_COMMANDS, facts=(topics.CONTRACTS_EVENTS,), unsigned=frozenset({DUE})
    ),
)
"""In the order in which one batch applies a contract's records: facts before commands."""


def runtime() -> Runtime:
    """Return disputes, ready to run."""
    return Runtime(
        name="disputes",
        settings=DisputesSettings(),
        subscriptions=SUBSCRIPTIONS,
        service=Disputes(),
        gauges=gauges,
    )


def gauges(meters: Meters, parts: Parts) -> None:
    """Add what is contested, looked at when asked."""
    count = meters.gauge("crps_open_disputes", "Disputes in which something is contested.", "asset")
    contested = meters.gauge(
        "crps_contested_minor_units", "What is contested in them, in minor units.", "asset"
    )

    async def look() -> None:
        count.clear()
        contested.clear()
        if parts.pool is None:
            return
        with contextlib.suppress(Exception):  # Readiness says why; nothing is known.
            async with asyncio.timeout(LOOK_SECONDS):
                for row in await open_disputes(parts.pool):
                    count.labels(row["asset"]).set(row["disputes"])
                    contested.labels(row["asset"]).set(row["contested"])

    meters.on_scrape(look)


if __name__ == "__main__":
    run(runtime())
