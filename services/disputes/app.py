"""Composition root of disputes: its settings, its service, the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Runtime, run
from services.disputes.config import DisputesSettings
from services.disputes.handlers import Disputes

SUBSCRIPTIONS: Final = (
    Subscription(topics.CONTRACTS_EVENTS, wanted=frozenset(), ours=True),
    Subscription(topics.DISPUTES_COMMANDS),
)
"""In the order in which one batch applies a contract's records. No published event opens a
dispute and the language has no dispute command, so every command is quarantined as
``TYPE_UNKNOWN`` once its upstream is authenticated."""


def runtime() -> Runtime:
    """Return disputes, ready to run."""
    return Runtime(
        name="disputes",
        settings=DisputesSettings(),
        subscriptions=SUBSCRIPTIONS,
        service=Disputes(),
    )


if __name__ == "__main__":
    run(runtime())
