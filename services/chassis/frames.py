"""Record headers as bytes in a column, and back: exact, whatever a stranger put in them."""

from base64 import b64decode, b64encode

from pydantic_core import from_json, to_json

from services.chassis.inbox import Headers


def pack(headers: Headers) -> bytes:
    """Return ``headers`` as JSON of name and base64 value; a value that is null stays null."""
    return to_json([(name, _written(value)) for name, value in headers])


def unpack(packed: bytes) -> Headers:
    """Return what ``pack`` was given."""
    return tuple((name, _read(value)) for name, value in from_json(packed))


def _written(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _read(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)
