"""What comes in: readable records, flawed commands, and what a contract does with them in a turn.

A ``Turn`` is everything one contract does in one batch. It numbers and renders what the service
says, so that no service can forget a sequence, an outbox row or a journal row.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from schemas.envelope import Attributes, Envelope, RestsOn
from schemas.topics import TOPICS, Topic
from services.chassis.documents import Document
from services.chassis.rendering import render

PARTIES: Final = frozenset(topic.name for topic in TOPICS if topic.party_writable)
"""The topics whose records are judged by their append time."""

Headers = tuple[tuple[str, bytes | None], ...]
Labels = tuple[str, ...]
"""The name of something that is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record stands in the log, with its exact bytes."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime
    """The broker's append time, UTC."""
    key: bytes | None
    headers: Headers
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Place):
    """One readable message."""

    contract_id: UUID
    message: Envelope[Any]
    upstream: str | None
    """The authenticated writer on party-writable topics; None elsewhere and on due messages."""
    document: Document | None = None
    """The message as it was written; None where one of our own services wrote it."""
    proof: Callable[[str], bool] | None = field(default=None, compare=False)
    """What ``proofs.read_proof`` made of a command's signature."""
    facts_read: bool = False
    """Of a command: the fact topics were read as far as they reached when it was read."""
    held: bool = False
    """It comes out of ``held_record``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flawed(Place):
    """A party's command whose content breaks the language: refused by code, with the remedy."""

    contract_id: UUID
    attributes: Attributes
    upstream: str
    party: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(Place):
    """An event of one of our services of a type this one does not want; its sequence counts."""

    contract_id: UUID
    message: Attributes
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Place):
    """The sandbox's clock is set: from here on it is ``to`` in this partition."""

    to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Place):
    """A record nobody can answer: it goes to the dead letters, with its reason."""

    contract_id: UUID | None
    code: str
    detail: str


class Hold(StrEnum):
    """Why a record waits."""

    GAP = "gap"
    RESTS_ON = "rests_on"
    FACTS = "facts"
    UNREGISTERED = "unregistered"
    BLOCKED = "blocked"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic of a service and how it is read.

    ``sequenced``: every record counts, a gap parks. ``facts``: the topics that must be read up
    before a command may be told that its contract is unknown. ``unsigned``: wire types on a
    party-writable topic that need no HMAC because they need no trust.
    """

    topic: Topic
    sequenced: bool = False
    facts: tuple[Topic, ...] = ()
    unsigned: frozenset[str] = frozenset()
    wanted: frozenset[str] | None = None
    """Wire types to read; None for all that the registry knows on the topic."""
    ours: bool = False
    """Written by one of our services: an unreadable record blocks its contract."""


@dataclass(slots=True, kw_only=True)
class Aggregate:
    """Base of a service's row of a contract; the chassis keeps the two counters."""

    contract_id: UUID
    seen: dict[str, int] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    stored: bool = True


A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event as it was written."""

    event_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row of the outbox, and of the journal when it is an event."""

    topic: str
    wire_type: str
    contract_id: UUID
    key: bytes
    value: bytes
    headers: tuple[str, ...] = ()
    event_id: str | None = None
    sequence: int | None = None


@dataclass(slots=True)
class Turn:
    """What one contract does in one batch."""

    contract_id: UUID
    service: str
    now: datetime
    seen: dict[str, int]
    sequences: dict[str, int]
    outgoing: list[Outgoing] = field(default_factory=list)
    holds: list[tuple[Place, Hold, str]] = field(default_factory=list)
    settled: list[Place] = field(default_factory=list)
    """Records that were held and are done with now."""
    quarantined: list[Unreadable] = field(default_factory=list)
    counted: list[Labels] = field(default_factory=list)
    """What happened, for the metrics: ``services.chassis.tally``."""
    summed: Counter[Labels] = field(default_factory=Counter)
    """The same of what is not counted one by one, such as money: how much of it."""
    answered: tuple[str, str] | None = None
    """Wire type and code of the last answer, if the record under judgement got one."""

    def emit(
        self,
        topic: Topic,
        wire_type: str,
        data: BaseModel,
        *,
        cause: Record,
        rests_on: RestsOn | None = None,
    ) -> Emitted:
        """Say an event: next in its sequence, caused by ``cause``; returns what was written."""
        sequence = self.sequences.get(topic.name, 0) + 1
        event_id = f"{self.contract_id}/{_area(topic.name)}/{sequence}"
        value = self._render(topic, wire_type, data, event_id, cause, sequence, rests_on)
        self.sequences[topic.name] = sequence
        self.outgoing.append(
            Outgoing(topic.name, wire_type, self.contract_id, self._key(), value, (),
                     event_id, sequence)
        )  # fmt: skip
        return Emitted(event_id, sequence)

    def answer(
        self, topic: Topic, wire_type: str, data: BaseModel, *, cause: Record | Flawed
    ) -> None:
        """Answer the asker, outside sequence and journal; a repeat has the same id."""
        answer_id = f"{self.contract_id}/{cause.topic}/{cause.partition}/{cause.offset}"
        value = self._render(topic, wire_type, data, answer_id, cause, None, None)
        self.outgoing.append(Outgoing(topic.name, wire_type, self.contract_id, self._key(), value))
        self.answered = (wire_type, str(getattr(data, "code", "")))

    def quarantine(self, record: Record, code: str, detail: str) -> None:
        """Refuse a report: kept, published as a dead letter, alarmed; blocks nothing."""
        self.quarantined.append(unreadable(record, record.contract_id, code, detail))

    def hold(self, record: Record | Passed, reason: Hold, detail: str = "") -> None:
        """Keep a record until what it waits for is there."""
        self.holds.append((record, reason, detail))

    def done(self, record: Record | Passed) -> None:
        """Forget a record that was held, now that it is applied or superfluous."""
        if record.held:
            self.settled.append(record)

    def _key(self) -> bytes:
        return str(self.contract_id).encode()

    def _render(
        self,
        topic: Topic,
        wire_type: str,
        data: BaseModel,
        message_id: str,
        cause: Record | Flawed,
        sequence: int | None,
        rests_on: RestsOn | None,
    ) -> bytes:
        return render(
            topic.name,
            wire_type,
            data,
            message_id=message_id,
            source=f"crps.{self.service}",
            subject=self.contract_id,
            time=self.now,
            trigger=cause.message if isinstance(cause, Record) else cause.attributes,
            sequence=sequence,
            rests_on=rests_on,
        )


class Service(Protocol[A]):
    """What a service's ``handlers.py`` implements; see the methods of ``Processor``."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, A]:
        """Lock the contracts' rows in id order and read all that ``apply`` will need."""

    def apply(self, aggregate: A | None, record: Record, turn: Turn) -> A | Hold | None:
        """Decide one record; None leaves an unknown contract unknown."""

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a command whose content breaks the language."""

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[A]) -> None:
        """Write the contracts that had a turn."""


@cache
def _area(topic: str) -> str:
    return topic.removeprefix("crps.").rsplit(".", 2)[0]


def unreadable(place: Place, contract_id: UUID | None, code: str, detail: str) -> Unreadable:
    """Return ``place`` as a dead letter."""
    return Unreadable(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        appended_at=place.appended_at,
        key=place.key,
        headers=place.headers,
        value=place.value,
        contract_id=contract_id,
        code=code,
        detail=detail,
    )
