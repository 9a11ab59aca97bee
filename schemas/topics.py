"""Every topic: its name, its one owner, who may write it and how it is kept.

Names are ``crps.<area>.<kind>.v<major>``. The key is the contract id everywhere and every topic
has the same number of partitions, so that one process owns the same contracts of every topic
(ARCHITECTURE section 1). All topics carry the broker's append time: it is the law's clock for
commands (SPEC section 5) and an honest measurement for everything else.
"""

from dataclasses import dataclass
from typing import Final

from schemas import rails

DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: ``writers`` are the principals an ACL admits, ``retention_ms`` its time to live.

    ``party_writable`` topics carry nothing that must be trusted: their records bear their
    upstream's id and an HMAC, except the scheduler's due messages, which need no trust.
    ``sandbox_only`` topics exist where ``is_sandbox`` says so and nowhere else.
    """

    name: str
    owner: str
    writers: tuple[str, ...]
    party_writable: bool = False
    retention_ms: int = 30 * DAY_MS
    sandbox_only: bool = False

    def writers_in(self, environment: str) -> tuple[str, ...]:
        """Return the principals that an ACL admits there: the clock's nowhere but in a sandbox."""
        if is_sandbox(environment):
            return self.writers
        return tuple(w for w in self.writers if w != CLOCK and not self.sandbox_only)


CLOCK: Final = "clock"
"""The sandbox's operator as the turner of its clock: a principal, and an upstream's id that signs
nothing else."""


def is_sandbox(environment: str) -> bool:
    """Tell whether time may be virtual in the environment of this name (``CRPS_ENVIRONMENT``)."""
    return environment.split("-")[0] == "sandbox"


ORDERS_EVENTS: Final = Topic("crps.orders.events.v1", "contracts", ("upstream",), True)
CONTRACTS_COMMANDS: Final = Topic(
    "crps.contracts.commands.v1", "contracts", ("upstream", "scheduler", CLOCK), True
)
CONTRACTS_EVENTS: Final = Topic("crps.contracts.events.v1", "contracts", ("contracts",))
CONTRACTS_ANSWERS: Final = Topic("crps.contracts.answers.v1", "contracts", ("contracts",))
DISPUTES_COMMANDS: Final = Topic(
    "crps.disputes.commands.v1", "disputes", ("upstream", "scheduler", CLOCK), True
)
DISPUTES_EVENTS: Final = Topic("crps.disputes.events.v1", "disputes", ("disputes",))
DISPUTES_ANSWERS: Final = Topic("crps.disputes.answers.v1", "disputes", ("disputes",))
LEDGER_EVENTS: Final = Topic("crps.ledger.events.v1", "ledger", ("ledger",))
SCHEDULER_EVENTS: Final = Topic("crps.scheduler.events.v1", "scheduler", ("scheduler",))
SANDBOX_COMMANDS: Final = Topic(
    "crps.sandbox.commands.v1", "sandbox", ("sandbox",), sandbox_only=True
)
"""What a payer tells its bank, where the bank is the sandbox's."""
SANDBOX_CLOCK: Final = Topic(
    "crps.sandbox.clock.v1", "sandbox", (CLOCK,), retention_ms=3650 * DAY_MS, sandbox_only=True
)
"""Where the sandbox's clock stands, for whoever reads no commands; the last record is the time."""


def settlements_events(rail: str) -> Topic:
    """Return the outbound topic of ``rail``: all that its bank connector may see."""
    return Topic(f"crps.settlements.{rail}.events.v1", "ledger", ("ledger",))


def bank_events(rail: str) -> Topic:
    """Return the inbound topic of ``rail``: all that its bank connector may say."""
    return Topic(f"crps.bank.{rail}.events.v1", rail, (f"bank-{rail}",))


def dead_letters(service: str) -> Topic:
    """Return the topic of what ``service`` could not read or had to block."""
    return Topic(f"crps.{service}.dead-letters.v1", service, (service,), retention_ms=90 * DAY_MS)


SERVICES: Final = ("contracts", "disputes", "ledger", "scheduler")
RAILS: Final = tuple(rails.RAILS)

TOPICS: Final = (
    ORDERS_EVENTS,
    CONTRACTS_COMMANDS,
    CONTRACTS_EVENTS,
    CONTRACTS_ANSWERS,
    DISPUTES_COMMANDS,
    DISPUTES_EVENTS,
    DISPUTES_ANSWERS,
    LEDGER_EVENTS,
    SCHEDULER_EVENTS,
    SANDBOX_COMMANDS,
    SANDBOX_CLOCK,
    *(settlements_events(rail) for rail in RAILS),
    *(bank_events(rail) for rail in RAILS),
    *(dead_letters(service) for service in SERVICES),
)


def topics_in(environment: str) -> tuple[Topic, ...]:
    """Return the topics that exist in the environment of this name."""
    return tuple(t for t in TOPICS if is_sandbox(environment) or not t.sandbox_only)
