"""Identifiers that anyone can compute: the contract id, a UUIDv5 of upstream, order and seller.

An upstream splits an order by seller and makes one contract of each part; computing the id from
what it already knows means that a retry, a second process or an auditor arrives at the same one.
"""

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE: Final[UUID] = uuid5(NAMESPACE_URL, "urn:crps:contract")


def contract_id(upstream: str, order_id: str, seller_id: str) -> UUID:
    """Return the id of the contract of one seller's part of one order.

    The name is ``upstream/order_id/seller_id``. A part that is empty or holds a slash could make
    two deals share one id, so it raises ValueError.
    """
    parts = (upstream, order_id, seller_id)
    if any(not part or "/" in part for part in parts):
        raise ValueError(f"a part of a contract id is empty or holds a slash: {parts!r}")
    return uuid5(NAMESPACE, "/".join(parts))
