"""Holds what was really written against the published schemas, record by record."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from jsonschema import Draft7Validator, Draft202012Validator

SCHEMAS = Path(__file__).parents[1] / "schemas"


class Written(Protocol):
    """A record of any log: in memory, or as aiokafka consumes it."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...
    @property
    def value(self) -> bytes | None: ...


def violations(records: Iterable[Written]) -> list[str]:
    """Return a line for each way in which a record breaks the published language.

    Of a dead letter only the headers are ours; its key and value are the stranger's.
    """
    return [
        f"{record.topic}, key {record.key!r}: {why}" for record in records for why in _flaws(record)
    ]


def flaws_of_value(wire_type: str, value: bytes) -> list[str]:
    """Return why the published schema of ``wire_type`` refuses ``value``; nothing when it fits."""
    return _explained(_messages(wire_type), json.loads(value))


@cache
def asyncapi() -> dict[str, Any]:
    """The published AsyncAPI document."""
    document: dict[str, Any] = json.loads((SCHEMAS / "asyncapi.json").read_bytes())
    return document


def _flaws(record: Written) -> list[str]:
    headers = {name: value.decode() for name, value in record.headers}
    wire_type = headers.get("type", "")
    if wire_type not in asyncapi()["channels"][record.topic]["messages"]:
        return [f"no message {wire_type!r} stands there"]
    flaws = _explained(_headers(wire_type), headers)
    if not record.topic.endswith(".dead-letters.v1"):
        message = json.loads(record.value or b"null")
        flaws += _explained(_messages(wire_type), message)
        if (record.key or b"").decode() != message["subject"]:
            flaws.append("the key is not the subject")
    return flaws


@cache
def _messages(wire_type: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"json/{wire_type}.json").read_bytes()))


@cache
def _headers(wire_type: str) -> Draft7Validator:
    return Draft7Validator(asyncapi()["components"]["messages"][wire_type]["headers"])


def _explained(validator: Any, instance: Any) -> list[str]:
    return [f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(instance)]
