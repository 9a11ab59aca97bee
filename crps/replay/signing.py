"""The upstream's word for a record: HMAC-SHA256 over its exact bytes, in hexadecimal."""

import hmac
from collections.abc import Sequence
from typing import Final

from schemas.envelope import HMAC_HEADER, TYPE_HEADER, UPSTREAM_HEADER

CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json")

Headers = Sequence[tuple[str, bytes]]


def plain_headers(wire_type: str) -> Headers:
    """Return the headers of a record on a topic that asks for no signature."""
    return ((TYPE_HEADER, wire_type.encode()), CONTENT_TYPE)


def signed_headers(wire_type: str, value: bytes, upstream: str, key: str) -> Headers:
    """Return the headers of a record on a party-writable topic (ARCHITECTURE section 1)."""
    digest = hmac.digest(key.encode(), value, "sha256").hex()
    return (
        *plain_headers(wire_type),
        (UPSTREAM_HEADER, upstream.encode()),
        (HMAC_HEADER, digest.encode()),
    )
