"""A record of the log as a message, read by the published schemas and by no service's code.

What cannot be read is a value too: on a topic that only our services write it is a breach, on one
that parties or banks write it is their affair and the quarantine's.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from crps.audit.log import LogRecord
from crps.audit.proofs import Proof, proof_of
from schemas.envelope import TYPE_HEADER, UPSTREAM_HEADER, Attributes, Envelope, RestsOn
from schemas.registry import ADAPTERS


@dataclass(frozen=True, slots=True)
class Message:
    """A readable record: its envelope, its place, and the digest of its exact bytes."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime
    contract_id: UUID
    type: str
    id: str
    sequence: int | None
    causation_id: str | None
    rests_on: RestsOn | None
    """The fact of another of our services that it waited for."""
    upstream: str | None
    """Who says it wrote the record, on topics that upstreams write."""
    proof: Proof | None
    """The signature of a party that it bears, not verified yet."""
    digest: str
    """SHA-256 of the record's value, in hexadecimal."""
    data: Any
    """The model of `schemas.registry`; None of a type that it does not know."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is no message."""

    topic: str
    partition: int
    offset: int
    why: str


def read_message(record: LogRecord, environment: str) -> Message | Unreadable:
    """Return `record` as a message of this environment, or why it is none.

    The key must be the contract id in its plain spelling and equal the subject, and the type
    header, where there is one, must equal the envelope's type (ARCHITECTURE section 1).
    """
    try:
        attributes = Attributes.model_validate_json(record.value)
        adapter = ADAPTERS.get((record.topic, attributes.type))
        envelope: Attributes | Envelope[Any] = (
            attributes if adapter is None else adapter.validate_json(record.value)
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return _unreadable(record, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    if record.key != str(attributes.subject).encode():
        return _unreadable(record, "the key is not the contract id")
    if header(record, TYPE_HEADER) not in (None, attributes.type):
        return _unreadable(record, "the type header differs from the envelope's type")
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        appended_at=record.appended_at,
        contract_id=attributes.subject,
        type=attributes.type,
        id=attributes.id,
        sequence=attributes.sequence,
        causation_id=attributes.causationid,
        rests_on=attributes.restson,
        upstream=header(record, UPSTREAM_HEADER),
        proof=proof_of(record, environment),
        digest=hashlib.sha256(record.value).hexdigest(),
        data=envelope.data if isinstance(envelope, Envelope) else None,
    )


def header(record: LogRecord, wanted: str) -> str | None:
    """Return the text of the first header `wanted`; None without one. Never raises."""
    for name, value in record.headers:
        if name == wanted:
            return value.decode("utf-8", "replace")
    return None


def _unreadable(record: LogRecord, why: str) -> Unreadable:
    return Unreadable(record.topic, record.partition, record.offset, why)
