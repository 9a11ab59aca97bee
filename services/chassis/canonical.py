"""Canonical JSON (RFC 8785) of what parties sign and send, and its digests.

Most messages are plain: ASCII without escapes, and no number but small integers. Of those the
standard library's compact sorted form is the canonical one, byte for byte, and ten times faster.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

_EXACT_INTEGERS: Final = 2**53
"""Beyond it an integer is not one JSON number any more (RFC 8785 section 3.2.2.3)."""


@dataclass(frozen=True, slots=True)
class Body:
    """A message's canonical type and data: its digest, and whether it is plain."""

    digest: bytes
    is_plain: bool


def read_body(value: bytes) -> Body:
    """Return the SHA-256 of the canonical type and data (SPEC section 3, idempotency)."""
    numbers = _Numbers()
    body = json.loads(
        value, parse_int=numbers.integer, parse_float=numbers.real, parse_constant=numbers.odd
    )
    is_plain = numbers.are_plain and value.isascii() and b"\\" not in value
    canonical = canonicalize({"type": body["type"], "data": body["data"]}, is_plain=is_plain)
    return Body(hashlib.sha256(canonical).digest(), is_plain)


def canonicalize(document: Any, *, is_plain: bool) -> bytes:
    """Return the canonical bytes; CanonicalizationError for a number that has none."""
    if is_plain:
        return json.dumps(
            document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
    return rfc8785.dumps(document)


class _Numbers:
    """Reads JSON numbers; what RFC 8785 cannot write is a flaw, but must not stop the digest."""

    def __init__(self) -> None:
        self.are_plain = True

    def integer(self, digits: str) -> int | str:
        integer = int(digits) if len(digits) <= 17 else _EXACT_INTEGERS
        if -_EXACT_INTEGERS < integer < _EXACT_INTEGERS:
            return integer
        return self.odd(digits)

    def real(self, digits: str) -> float | str:
        self.are_plain = False
        number = float(digits)
        return digits if number in {float("inf"), float("-inf")} else number

    def odd(self, digits: str) -> str:
        self.are_plain = False
        return digits
