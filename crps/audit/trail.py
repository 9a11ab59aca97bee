"""A contract's trail: every message that names it, sorted by who said it, each said once.

The invariants are checked on trails. Our own services may send a record again after a failure, so
exact repeats are dropped here; what is no exact repeat stays and is a breach of delivery.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from crps.audit.messages import Message
from schemas import topics
from schemas.settlements_v1 import InstructionIssued

M = TypeVar("M")

SETTLEMENTS: Final = frozenset(topics.settlements_events(rail).name for rail in topics.RAILS)
BANKS: Final = frozenset(topics.bank_events(rail).name for rail in topics.RAILS)
SEQUENCED: Final = frozenset(
    {topics.CONTRACTS_EVENTS.name, topics.DISPUTES_EVENTS.name, topics.LEDGER_EVENTS.name}
    | SETTLEMENTS
)
"""Topics that our services write, counted per contract without a gap."""


@dataclass(slots=True)
class Trail:
    """What was said about one contract, each list in the order of the log."""

    contract_id: UUID
    offers: list[Message] = field(default_factory=list)
    """``order.placed`` and ``contract.offer``, of whatever upstream."""
    commands: list[Message] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)
    """What contracts decided, in sequence."""
    books: list[Message] = field(default_factory=list)
    """What the ledger told contracts, in sequence."""
    orders: list[Message] = field(default_factory=list)
    """What the ledger told the bank, in sequence."""
    reports: list[Message] = field(default_factory=list)
    """What the bank told the ledger."""

    def events_of(self, model: type[M]) -> list[tuple[Message, M]]:
        """Return contracts' events that carry `model`."""
        return of(self.events, model)

    @property
    def instructions(self) -> list[tuple[Message, InstructionIssued]]:
        """Every instruction record, also further ones of the same instruction."""
        return of(self.orders, InstructionIssued)


def of(messages: Iterable[Message], model: type[M]) -> list[tuple[Message, M]]:
    """Return the messages that carry `model`, each with what it carries."""
    return [(message, message.data) for message in messages if isinstance(message.data, model)]


def gather(messages: Iterable[Message]) -> dict[UUID, Trail]:
    """Return the trail of every contract that `messages` name."""
    trails: dict[UUID, Trail] = {}
    said: set[tuple[Any, ...]] = set()
    for message in sorted(messages, key=_place):
        trail = trails.get(message.contract_id)
        if trail is None:
            trail = trails[message.contract_id] = Trail(message.contract_id)
        target = _list(trail, message)
        if target is None:
            continue
        if message.topic in SEQUENCED:
            repeat = (message.topic, message.contract_id, message.sequence, message.digest)
            if repeat in said:
                continue
            said.add(repeat)
        target.append(message)
    for trail in trails.values():
        for own in (trail.events, trail.books, trail.orders):
            own.sort(key=lambda message: (message.sequence or 0, message.offset))
    return trails


def _list(trail: Trail, message: Message) -> list[Message] | None:
    if message.topic == topics.ORDERS_EVENTS.name or message.type == "crps.contract.offer.v1":
        return trail.offers
    if message.topic == topics.CONTRACTS_COMMANDS.name:
        return trail.commands
    if message.topic == topics.CONTRACTS_EVENTS.name:
        return trail.events
    if message.topic == topics.LEDGER_EVENTS.name:
        return trail.books
    if message.topic in SETTLEMENTS:
        return trail.orders
    return trail.reports if message.topic in BANKS else None


def _place(message: Message) -> tuple[str, int, int]:
    return message.topic, message.partition, message.offset
