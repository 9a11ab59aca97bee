"""Wire to message, and report to record; exact bytes, the same for the same record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pydantic import ValidationError

from connectors.sandbox_bank.decide import Report
from schemas import topics
from schemas.envelope import MAX_RECORD_BYTES, TYPE_HEADER, Attributes, Envelope
from schemas.registry import ADAPTERS, ENVELOPES

RAIL: Final = "sandbox"
INBOUND: Final = (topics.settlements_events(RAIL).name, topics.SANDBOX_COMMANDS.name)
OUTBOUND: Final = topics.bank_events(RAIL).name

_CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json")


class Inbound(Protocol):
    """What is used of a consumed record."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class UnreadableError(Exception):
    """The record is none of the messages on its topic; the text says why."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A record to be sent to ``OUTBOUND``."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def read(record: Inbound) -> Envelope[Any]:
    """Return the message of ``record``; raises ``UnreadableError``."""
    value = record.value or b""
    if len(value) > MAX_RECORD_BYTES:
        raise UnreadableError(f"{len(value)} bytes; {MAX_RECORD_BYTES} is the limit")
    try:
        header = next((v for name, v in record.headers if name == TYPE_HEADER), None)
        wire_type = header.decode() if header else Attributes.model_validate_json(value).type
        adapter = ADAPTERS.get((record.topic, wire_type))
        if adapter is None:
            raise UnreadableError(f"no message {wire_type!r} on this topic")
        message = adapter.validate_json(value)
    except ValidationError as error:
        # Not the whole error: it would repeat the record's content in the log.
        places = {".".join(map(str, e["loc"])) or "whole" for e in error.errors()}
        raise UnreadableError(f"invalid: {', '.join(sorted(places))}") from None
    except UnicodeDecodeError:
        raise UnreadableError(f"header {TYPE_HEADER} is not UTF-8") from None
    if message.type != wire_type or str(message.subject).encode() != record.key:
        raise UnreadableError("type or subject differ from header or key")
    return message


def write(message: Envelope[Any], reports: Iterable[Report]) -> list[Outbound]:
    """Return the records of ``reports``, caused by ``message``.

    Their time is that of ``message``, so that a repeat is the same to the last byte, and so that
    the bank lives in the same time as whoever tells it what to do, virtual or not.
    """
    return [_render(message, report) for report in reports]


def _render(message: Envelope[Any], report: Report) -> Outbound:
    place = (OUTBOUND, report.wire_type)
    envelope = ENVELOPES[place](
        specversion="1.0",
        id=report.event_id,
        source=f"crps.bank-{RAIL}",
        type=report.wire_type,
        subject=message.subject,
        time=message.time,
        dataschema=f"urn:{report.wire_type.replace('.', ':')}",
        correlationid=message.correlationid or message.id,
        causationid=message.id,
        data=report.data,
    )
    return Outbound(
        key=str(message.subject).encode(),
        value=ADAPTERS[place].dump_json(envelope, exclude_none=True),
        headers=((TYPE_HEADER, report.wire_type.encode()), _CONTENT_TYPE),
    )
