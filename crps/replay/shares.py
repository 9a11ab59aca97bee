"""Stable shares: which tenth or quarter of all orders an order belongs to, by a hash of its id.

The same order gives the same answer on every machine and in every release, so a replay can be
repeated and its outcomes compared. Each question is hashed apart, so the answers to two questions
do not hang together.
"""

import hashlib


def draw(question: str, order_id: str, sides: int) -> int:
    """Return the order's draw for `question`: an even die with faces ``0 .. sides - 1``.

    The first eight bytes, big-endian, of SHA-256 over the UTF-8 text ``question:order_id``, modulo
    `sides`.
    """
    digest = hashlib.sha256(f"{question}:{order_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % sides
