"""Composition root of disputes: its settings, its service, the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.gauges import show_rows
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.chassis.meters import Meters
from services.chassis.readiness import Parts
from services.disputes.config import DisputesSettings
from services.disputes.handlers import ENDING, HALF_LIFE, Disputes
from services.disputes.messages.incoming import DUE, WANTED
from services.disputes.store import open_disputes

SUBSCRIPTIONS: Final = (
    Subscription(topics.CONTRACTS_EVENTS, wanted=WANTED, ours=True),
    Subscription(
        topics.DISPUTES_COMMANDS, facts=(topics.CONTRACTS_EVENTS,), unsigned=frozenset({DUE})
    ),
)
"""In the order in which one batch applies a contract's records: facts before commands."""

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
HALF_LIFE_BUCKETS: Final = (
    60, 600, _HOUR, 6 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY
)  # fmt: skip


def runtime() -> Runtime:
    """Return disputes, ready to run."""
    return Runtime(
        name="disputes",
        settings=DisputesSettings.read(),
        subscriptions=SUBSCRIPTIONS,
        service=Disputes(),
        gauges=gauges,
    )


def gauges(meters: Meters, parts: Parts) -> None:
    """Add what is contested, looked at when asked, how fast it shrinks, and how disputes end."""
    meters.count(ENDING, "crps_dispute_endings", "Disputes that ended, by how.", "ending")
    meters.observe(
        HALF_LIFE,
        "crps_contested_half_life_seconds",
        "Time from a dispute's opening until half of it was contested no more.",
        HALF_LIFE_BUCKETS,
    )
    show_rows(
        meters,
        parts,
        open_disputes,
        "asset",
        {
            "disputes": meters.gauge(
                "crps_open_disputes", "Disputes in which something is contested.", "asset"
            ),
            "contested": meters.gauge(
                "crps_contested_minor_units", "What is contested in them, in minor units.", "asset"
            ),
        },
    )


if __name__ == "__main__":
    run(runtime)
