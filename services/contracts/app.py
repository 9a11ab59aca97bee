"""Composition root of contracts: its settings, its service, the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.contracts.config import ContractsSettings
from services.contracts.handlers import Contracts
from services.contracts.messages.incoming import DUE, WANTED_OF_DISPUTES

SUBSCRIPTIONS: Final = (
    Subscription(topics.ORDERS_EVENTS),
    Subscription(topics.DISPUTES_EVENTS, sequenced=True, wanted=WANTED_OF_DISPUTES, ours=True),
    Subscription(topics.LEDGER_EVENTS, sequenced=True, ours=True),
    Subscription(
        topics.CONTRACTS_COMMANDS, facts=(topics.ORDERS_EVENTS,), unsigned=frozenset({DUE})
    ),
)
"""In the order in which one batch applies a contract's records: facts before commands."""


def runtime() -> Runtime:
    """Return contracts, ready to run."""
    return Runtime(
        name="contracts",
        settings=ContractsSettings.read(),
        subscriptions=SUBSCRIPTIONS,
        service=Contracts(),
    )


if __name__ == "__main__":
    run(runtime)
