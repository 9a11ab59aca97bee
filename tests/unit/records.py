"""Records as the log would bring them, and a bench that plays them to a service without I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, Self
from uuid import UUID

from schemas import topics
from schemas.registry import ADAPTERS
from services.chassis.documents import read_document
from services.chassis.inbox import Hold, Labels, Outgoing, Record, Service, Turn

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
CONTRACT_ID = UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
UPSTREAM = "shop-1"
_OF_PARTIES = {topic.name for topic in topics.TOPICS if topic.party_writable}
_OFFSETS = count(1)


def money(amount: int | str, asset: str = "CNY/2") -> dict[str, str]:
    return {"amount": str(amount), "asset": asset}


def record(
    topic: str,
    noun: str,
    message_id: str,
    told: Any,
    *,
    at: datetime = START,
    contract_id: UUID = CONTRACT_ID,
    upstream: str = UPSTREAM,
    facts_read: bool = True,
    held: bool = False,
    **attributes: Any,
) -> Record:
    """Return a message as it comes out of the log, each time at a new place."""
    is_command = topic in _OF_PARTIES and noun != "deadline.reached"
    raw = {
        "specversion": "1.0",
        "id": message_id,
        "source": upstream if is_command else "crps.test",
        "type": f"crps.{noun}.v1",
        "subject": str(contract_id),
        "time": at.isoformat(),
        "data": told,
        **attributes,
    }
    value = json.dumps(raw).encode()
    return Record(
        topic=topic,
        partition=0,
        offset=next(_OFFSETS),
        appended_at=at,
        key=str(contract_id).encode(),
        headers=(),
        value=value,
        contract_id=contract_id,
        message=ADAPTERS[topic, raw["type"]].validate_json(value),
        document=read_document(value) if topic in _OF_PARTIES else None,
        upstream=upstream if is_command else None,
        facts_read=facts_read,
        held=held,
    )


@dataclass
class Bench:
    """One contract and what a service said of it; time stands still until somebody moves it."""

    NAME: ClassVar[str]
    SERVICE: ClassVar[Service[Any]]

    aggregate: Any = None
    at: datetime = START
    said: list[Outgoing] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: count(1))
    counted: list[Labels] = field(default_factory=list)

    def wait(self, hours: float) -> Self:
        self.at += timedelta(hours=hours)
        return self

    def play(self, played: Record) -> list[dict[str, Any]] | Hold:
        """Apply one record in a turn of its own; returns the messages said, parsed."""
        known = self.aggregate
        turn = Turn(
            CONTRACT_ID,
            self.NAME,
            self.at,
            dict(known.seen) if known else {},
            dict(known.sequences) if known else {},
        )
        outcome = self.SERVICE.apply(known, played, turn)
        if isinstance(outcome, Hold):
            assert turn.outgoing == []
            return outcome
        if outcome is not None:
            outcome.sequences = turn.sequences
        self.aggregate = outcome
        self.said += turn.outgoing
        self.counted += turn.counted
        return [json.loads(each.value) for each in turn.outgoing]


def types(said: list[Mapping[str, Any]]) -> list[str]:
    """The types of messages, in short."""
    return [str(each["type"]).removeprefix("crps.").removesuffix(".v1") for each in said]
