"""Composition root of the ledger: its settings, its service, the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.gauges import show_rows
from services.chassis.ids import new_uuid
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.chassis.meters import Meters
from services.chassis.readiness import Parts
from services.ledger.config import LedgerSettings
from services.ledger.handlers import INSTRUCTED, Ledger
from services.ledger.messages import WANTED, WANTED_OF_DISPUTES
from services.ledger.store import open_instructions

SUBSCRIPTIONS: Final = (
    Subscription(topics.CONTRACTS_EVENTS, sequenced=True, wanted=WANTED, ours=True),
    Subscription(topics.DISPUTES_EVENTS, sequenced=True, wanted=WANTED_OF_DISPUTES, ours=True),
    *(Subscription(topics.bank_events(rail)) for rail in topics.RAILS),
    Subscription(topics.SANDBOX_CLOCK),
)
"""In the order in which one batch applies a contract's records: decisions before reports."""


def runtime() -> Runtime:
    """Return the ledger, ready to run."""
    settings = LedgerSettings.read()
    return Runtime(
        name="ledger",
        settings=settings,
        subscriptions=SUBSCRIPTIONS,
        service=Ledger(execution_window=settings.execution_window, new_uetr=new_uuid),
        gauges=gauges,
    )


def gauges(meters: Meters, parts: Parts) -> None:
    """Add what is instructed, and what of it the bank has not carried out, when asked."""
    meters.count(
        INSTRUCTED,
        "crps_instructed_minor_units",
        "Money in instructions, by why it is moved.",
        "asset",
        "cause",
    )
    show_rows(
        meters,
        parts,
        open_instructions,
        "status",
        {
            "instructions": meters.gauge(
                "crps_open_instructions", "Instructions not carried out yet.", "status"
            ),
            "age": meters.gauge(
                "crps_open_instruction_age_seconds", "How long ago the oldest was issued.", "status"
            ),
        },
    )


if __name__ == "__main__":
    run(runtime)
