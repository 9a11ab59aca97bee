"""Canonical JSON (RFC 8785) of what parties sign and send, and its digests.

Most messages are plain: ASCII without escapes, and no number but small integers. Of those the
standard library's compact sorted form is the canonical one, byte for byte, and ten times faster.
"""

import hashlib
import json
from typing import Any, Final

import rfc8785

from services.chassis.documents import Document

_SORTED: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_digest(document: Document) -> bytes:
    """Return the SHA-256 of the canonical type and data (SPEC section 3, idempotency)."""
    members = document.members
    body = {"type": members["type"], "data": members["data"]}
    return hashlib.sha256(canonicalize(body, is_plain=document.is_plain)).digest()


def canonicalize(document: Any, *, is_plain: bool) -> bytes:
    """Return the canonical bytes; CanonicalizationError for a number that has none."""
    if is_plain:
        return _SORTED.encode(document).encode()
    return rfc8785.dumps(document)
