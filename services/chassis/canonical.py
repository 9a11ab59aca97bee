"""Canonical JSON (RFC 8785) of what parties sign and send, and its digests.

Most messages are plain: ASCII without escapes, and no number but small integers. Of those the
standard library's compact sorted form is the canonical one, byte for byte, and ten times faster.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from services.chassis.documents import Document

_SORTED: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Body:
    """A message's canonical type and data: its digest, and whether it is plain."""

    digest: bytes
    is_plain: bool


def read_body(document: Document) -> Body:
    """Return the SHA-256 of the canonical type and data (SPEC section 3, idempotency)."""
    body = {"type": document.members["type"], "data": document.members["data"]}
    canonical = canonicalize(body, is_plain=document.is_plain)
    return Body(hashlib.sha256(canonical).digest(), document.is_plain)


def canonicalize(document: Any, *, is_plain: bool) -> bytes:
    """Return the canonical bytes; CanonicalizationError for a number that has none."""
    if is_plain:
        return _SORTED.encode(document).encode()
    return rfc8785.dumps(document)
