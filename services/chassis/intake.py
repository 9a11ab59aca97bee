"""The border: raw records of the log become readable messages, or say why they cannot.

Each record is judged alone, so that a bad one never takes a neighbour along. Nothing on a
party-writable topic is believed before its HMAC was checked over the exact bytes. What a stranger
wrote is bounded and made printable before it is kept or repeated.
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.envelope import (
    HMAC_HEADER,
    MAX_RECORD_BYTES,
    TYPE_HEADER,
    UPSTREAM_HEADER,
    Attributes,
)
from schemas.registry import ADAPTERS
from services.chassis.documents import Document, read_document
from services.chassis.inbox import (
    Flawed,
    Headers,
    Passed,
    Place,
    Record,
    Subscription,
    Unreadable,
    unreadable,
)
from services.chassis.partitioner import partition_of
from services.chassis.proofs import Proof, read_proof

Read = Record | Flawed | Passed | Unreadable | None
"""None: an event this service does not want."""

APPEND_TIME_TYPE: Final = 1
"""The record's timestamp is the broker's (``LogAppendTime``)."""

MAX_HEADER_BYTES: Final = 16 * 1024
"""More bytes of headers than this are quarantined with their record."""

MAX_DETAIL: Final = 300
"""Characters of an explanation: it may quote the record, and travels in answers and columns."""

KEPT_KEY_BYTES: Final = 1024
KEPT_VALUE_BYTES: Final = 1024 * 1024
"""What is kept of an unreadable record; the log has the rest, under the origin that is named."""

_PARTY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}")

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


class _Bad(Exception):  # never leaves this module
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class Intake:
    """Reads the raw records of one service's subscriptions."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        upstream_keys: Mapping[str, bytes],
        partitions_of: Callable[[str], int],
        environment: str,
    ) -> None:
        """``partitions_of`` tells how many partitions a topic has.

        ``environment`` is the one that parties' signatures must name.
        """
        self._subscriptions = {s.topic.name: s for s in subscriptions}
        self._keys = upstream_keys
        self._partitions_of = partitions_of
        self._environment = environment
        self.foreign_timestamps = 0
        """Records seen whose timestamp is not the broker's: readiness goes off."""

    def read(self, raw: Any) -> Read:
        """Read one aiokafka ``ConsumerRecord``; never raises."""
        if raw.timestamp_type != APPEND_TIME_TYPE:
            self.foreign_timestamps += 1
        return self.read_place(
            Place(
                topic=raw.topic,
                partition=raw.partition,
                offset=raw.offset,
                appended_at=_instant(raw.timestamp),
                key=raw.key,
                headers=tuple(raw.headers),
                value=raw.value or b"",
            )
        )

    def read_place(self, place: Place) -> Read:
        """Read a record that is already known by its place: from the log, or held before."""
        contract_id: UUID | None = None
        try:
            contract_id = _contract_id(place)
            return self._read(place, contract_id)
        except _Bad as bad:
            return unreadable(_bounded(place), contract_id, bad.code, _printable(bad.detail))

    def _read(self, place: Place, contract_id: UUID) -> Read:
        subscription = self._subscriptions[place.topic]
        _refuse_large(place)
        wire_type = _header(place.headers, TYPE_HEADER)
        if subscription.topic.party_writable and wire_type not in subscription.unsigned:
            return self._read_command(place, contract_id, wire_type)
        if wire_type is None:
            wire_type = _attributes(place).type
        wanted = subscription.wanted is None or wire_type in subscription.wanted
        adapter = ADAPTERS.get((place.topic, wire_type)) if wanted else None
        if adapter is None:
            if not subscription.ours:
                raise _Bad("TYPE_UNKNOWN", f"no message {wire_type!r} on this topic")
            if not subscription.sequenced:
                return None
            return _passed(place, contract_id)
        try:
            message = adapter.validator.validate_json(place.value)
            document = None if subscription.ours else read_document(place.value)
        except ValueError as error:
            raise _Bad("SCHEMA_INVALID", _explain(error)) from None
        if message.type != wire_type or message.subject != contract_id:
            raise _Bad("ENVELOPE_CONTRADICTS", "type or subject differ from header or key")
        if subscription.sequenced and message.sequence is None:
            raise _Bad("SEQUENCE_MISSING", "an event of this topic must say its sequence")
        wrong = self._wrong_partition(place) if subscription.topic.party_writable else None
        if wrong is not None:
            # Unsigned or not: it would be judged apart from the contract's other records.
            raise _Bad("WRONG_PARTITION", wrong)
        return _record(place, contract_id, message, document, None)

    def _read_command(self, place: Place, contract_id: UUID, wire_type: str | None) -> Read:
        upstream = self._authenticate(place)
        if wire_type is None:
            wire_type = _attributes(place).type
        adapter = ADAPTERS.get((place.topic, wire_type))
        if adapter is None:
            raise _Bad("TYPE_UNKNOWN", f"no command {wire_type!r} on this topic")
        try:
            message = adapter.validator.validate_json(place.value)
            document = read_document(place.value)
        except ValueError as error:
            attributes, party = _attributes(place), _party(place.value)
            return _flawed(
                place, contract_id, attributes, upstream, party, "MALFORMED", _explain(error)
            )
        if message.type != wire_type or message.subject != contract_id:
            return _flawed(
                place, contract_id, message, upstream, None, "MALFORMED",
                "the header's type and the key must repeat the envelope's type and subject",
            )  # fmt: skip
        wrong = self._wrong_partition(place)
        if wrong is not None:
            party = getattr(message.data, "party", None)
            return _flawed(place, contract_id, message, upstream, party, "WRONG_PARTITION", wrong)
        proof = read_proof(place.headers, place.value, self._environment)
        return _record(place, contract_id, message, document, upstream, proof)

    def _wrong_partition(self, place: Place) -> str | None:
        partitions = self._partitions_of(place.topic)
        right = partition_of(place.key or b"", partitions)
        if right == place.partition:
            return None
        return (
            f"partition {right} of {partitions} is right: set the partitioner to murmur2"
            " (librdkafka: partitioner=murmur2_random)"
        )

    def _authenticate(self, place: Place) -> str:
        upstream = _header(place.headers, UPSTREAM_HEADER)
        if upstream is None:
            raise _Bad("UPSTREAM_MISSING", f"header {UPSTREAM_HEADER} is missing")
        key = self._keys.get(upstream)
        if key is None:
            raise _Bad("UPSTREAM_UNKNOWN", "no key is configured for this upstream")
        given = _header(place.headers, HMAC_HEADER) or ""
        expected = hmac.digest(key, place.value, "sha256").hex()
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise _Bad("HMAC_INVALID", "the HMAC does not match the record's bytes")
        return upstream


def _contract_id(place: Place) -> UUID:
    return _contract_id_of(place.key or b"")


@lru_cache(maxsize=65_536)
def _contract_id_of(key: bytes) -> UUID:
    try:
        written = key.decode("ascii")
        contract_id = UUID(written)
    except ValueError:
        raise _Bad("KEY_INVALID", "the key must be the contract id") from None
    if str(contract_id) != written:
        # Another spelling of the id would be another key, and another partition.
        raise _Bad("KEY_INVALID", f"the key must be written {contract_id}")
    return contract_id


def _header(headers: Headers, wanted: str) -> str | None:
    for name, value in headers:
        if name == wanted:
            try:
                return (value or b"").decode()
            except UnicodeDecodeError:
                raise _Bad("HEADER_INVALID", f"header {wanted} is not UTF-8") from None
    return None


def _attributes(place: Place) -> Attributes:
    try:
        return Attributes.model_validate_json(place.value)
    except ValidationError as error:
        raise _Bad("ENVELOPE_INVALID", _explain(error)) from None


def _refuse_large(place: Place) -> None:
    size, header_size = len(place.value), _size(place.headers)
    if size > MAX_RECORD_BYTES:
        raise _Bad("TOO_LARGE", f"{size} bytes; {MAX_RECORD_BYTES} is the limit")
    if header_size > MAX_HEADER_BYTES:
        raise _Bad("TOO_LARGE", f"{header_size} bytes of headers; {MAX_HEADER_BYTES} is the limit")


def _explain(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return _printable(str(error))
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return _printable(f"{where}: {first['msg']}" if where else first["msg"])


def _printable(text: str) -> str:
    # A NUL would be refused by the database's text, a long quotation by the record limit.
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_DETAIL])


def _size(headers: Headers) -> int:
    size = 0
    for name, value in headers:
        size += len(name.encode()) + len(value or b"")
    return size


def _bounded(place: Place) -> Place:
    return replace(
        place,
        key=place.key and place.key[:KEPT_KEY_BYTES],
        headers=place.headers if _size(place.headers) <= MAX_HEADER_BYTES else (),
        value=place.value[:KEPT_VALUE_BYTES],
    )


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError):
        return _EPOCH  # No broker stamps so; readiness is off by now.


def _party(value: bytes) -> str | None:
    data = from_json(value).get("data")
    party = data.get("party") if isinstance(data, dict) else None
    return party if isinstance(party, str) and _PARTY.fullmatch(party) else None


def _record(
    place: Place,
    contract_id: UUID,
    message: Any,
    document: Document | None,
    upstream: str | None,
    proof: Proof | None = None,
) -> Record:
    return Record(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        appended_at=place.appended_at,
        key=place.key,
        headers=place.headers,
        value=place.value,
        contract_id=contract_id,
        message=message,
        document=document,
        upstream=upstream,
        proof=proof,
    )


def _passed(place: Place, contract_id: UUID) -> Passed:
    attributes = _attributes(place)
    if attributes.sequence is None:
        raise _Bad("SEQUENCE_MISSING", "an event of this topic must say its sequence")
    return Passed(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        appended_at=place.appended_at,
        key=place.key,
        headers=place.headers,
        value=place.value,
        contract_id=contract_id,
        message=attributes,
    )


def _flawed(
    place: Place,
    contract_id: UUID,
    attributes: Attributes,
    upstream: str,
    party: str | None,
    code: str,
    detail: str,
) -> Flawed:
    return Flawed(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        appended_at=place.appended_at,
        key=place.key,
        headers=place.headers,
        value=place.value,
        contract_id=contract_id,
        attributes=attributes,
        upstream=upstream,
        party=party,
        code=code,
        detail=detail,
    )
