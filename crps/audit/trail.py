"""A contract's trail: every message that names it, sorted by who said it, each said once.

The invariants are checked on trails. Our own services may send a record again after a failure, so
exact repeats are dropped here; what is no exact repeat stays and is a breach of delivery.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from crps.audit.messages import Message
from schemas import topics
from schemas.contracts_v1 import FundsAttributed
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
    """What contracts was asked, due messages included."""
    events: list[Message] = field(default_factory=list)
    """What contracts decided, in sequence."""
    statements: list[Message] = field(default_factory=list)
    """What disputes was told, due messages included."""
    disputes: list[Message] = field(default_factory=list)
    """What disputes decided, in sequence."""
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
    def decisions(self) -> Iterator[Message]:
        """The events of contracts and of disputes, in one order that both sequences bear out.

        An event of contracts comes after what it rests on; what disputes said beyond that comes
        after all of contracts', since disputes takes a tranche over and never gives it back.
        """
        waiting = deque(self.disputes)
        for message in self.events:
            fact = message.rests_on
            if fact is not None and fact.topic == topics.DISPUTES_EVENTS.name:
                while waiting and (waiting[0].sequence or 0) <= fact.sequence:
                    yield waiting.popleft()
            yield message
        yield from waiting

    @property
    def attributed(self) -> list[tuple[Message, FundsAttributed]]:
        """Every attribution, of either service, in the order of `decisions`."""
        return of(self.decisions, FundsAttributed)

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
        for own in (trail.events, trail.disputes, trail.books, trail.orders):
            own.sort(key=lambda message: (message.sequence or 0, message.offset))
    return trails


def _list(trail: Trail, message: Message) -> list[Message] | None:
    if message.type == "crps.contract.offer.v1":
        return trail.offers
    if message.topic in SETTLEMENTS:
        return trail.orders
    if message.topic in BANKS:
        return trail.reports
    return {
        topics.ORDERS_EVENTS.name: trail.offers,
        topics.CONTRACTS_COMMANDS.name: trail.commands,
        topics.CONTRACTS_EVENTS.name: trail.events,
        topics.DISPUTES_COMMANDS.name: trail.statements,
        topics.DISPUTES_EVENTS.name: trail.disputes,
        topics.LEDGER_EVENTS.name: trail.books,
    }.get(message.topic)


def _place(message: Message) -> tuple[str, int, int]:
    return message.topic, message.partition, message.offset
