"""Composition root of the ledger: its settings, its service, the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.ids import new_uuid
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.ledger.config import LedgerSettings
from services.ledger.handlers import Ledger
from services.ledger.messages import WANTED

SUBSCRIPTIONS: Final = (
    Subscription(topics.CONTRACTS_EVENTS, sequenced=True, wanted=WANTED, ours=True),
    *(Subscription(topics.bank_events(rail)) for rail in topics.RAILS),
)
"""In the order in which one batch applies a contract's records: decisions before reports."""


def runtime() -> Runtime:
    """Return the ledger, ready to run."""
    settings = LedgerSettings()
    return Runtime(
        name="ledger",
        settings=settings,
        subscriptions=SUBSCRIPTIONS,
        service=Ledger(execution_window=settings.execution_window, new_uetr=new_uuid),
        workers=(),
    )


if __name__ == "__main__":
    run(runtime())
