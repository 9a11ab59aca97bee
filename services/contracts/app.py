"""Composition root of contracts: its settings, its service, the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.gauges import show_rows
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.chassis.meters import Meters
from services.chassis.readiness import Parts
from services.contracts.calendars import HorizonWatch
from services.contracts.config import ContractsSettings
from services.contracts.handlers import Contracts
from services.contracts.messages.incoming import DUE, WANTED_OF_DISPUTES

SUBSCRIPTIONS: Final = (
    Subscription(topics.ORDERS_EVENTS),
    Subscription(topics.DISPUTES_EVENTS, sequenced=True, wanted=WANTED_OF_DISPUTES, ours=True),
    Subscription(
        topics.CONTRACTS_COMMANDS, facts=(topics.ORDERS_EVENTS,), unsigned=frozenset({DUE})
    ),
    Subscription(topics.LEDGER_EVENTS, sequenced=True, ours=True),
)
"""In the order in which one batch applies a contract's records: facts before commands, and these
before the money, since an acceptance or a decline is judged by when it came, not by when a receipt
was read."""


def runtime() -> Runtime:
    """Return contracts, ready to run."""
    return Runtime(
        name="contracts",
        settings=ContractsSettings.read(),
        subscriptions=SUBSCRIPTIONS,
        service=Contracts(),
        gauges=gauges,
    )


def gauges(meters: Meters, parts: Parts) -> None:
    """Add how far the calendars reach, looked at when asked."""
    show_rows(
        meters,
        parts,
        HorizonWatch().look_at_all,
        "id",
        {
            "days_left": meters.gauge(
                "crps_calendar_days_left", "Days that a calendar still publishes.", "calendar"
            )
        },
    )


if __name__ == "__main__":
    run(runtime)
