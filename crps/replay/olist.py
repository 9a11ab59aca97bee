"""Orders of the Brazilian E-Commerce Public Dataset by Olist, as the replay sees them.

Owns the reading of a folder in the dataset's own format, whole or an extract: each file once, in
order, money as integer centavos, local times as instants in UTC. Promises orders sorted by time of
purchase, and a `DatasetError` for anything it would otherwise have to guess. Payments are part of
the format but not of the mapping, so of that file only the header is checked.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from crps.replay.tables import DatasetError, Record, Table, read_header, read_records

__all__ = ["STATUSES", "Consignment", "DatasetError", "Order", "Review", "read_orders"]

STATUSES: Final = frozenset(
    {
        "approved",
        "canceled",
        "created",
        "delivered",
        "invoiced",
        "processing",
        "shipped",
        "unavailable",
    }
)


@dataclass(frozen=True, slots=True)
class Consignment:
    """All that one seller sends for one order; amounts in centavos, summed over its items."""

    seller_id: str
    price_minor: int
    freight_minor: int
    item_count: int

    @property
    def total_minor(self) -> int:
        """What the payer owes this seller, in centavos."""
        return self.price_minor + self.freight_minor


@dataclass(frozen=True, slots=True)
class Review:
    """The latest review of an order: 1 to 5 stars, and when the customer was asked for it."""

    score: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """One order with its consignments (sorted by seller) and its latest review; times in UTC."""

    order_id: str
    customer_id: str
    status: str
    purchased_at: datetime
    approved_at: datetime | None
    carrier_received_at: datetime | None
    delivered_at: datetime | None
    estimated_delivery_at: datetime
    consignments: tuple[Consignment, ...]
    review: Review | None


def read_orders(folder: Path, limit: int | None = None) -> tuple[Order, ...]:
    """Return the orders of `folder`, earliest purchase first, at most the first `limit`.

    Of several reviews the latest counts (by creation, then answer, then id). Raises DatasetError
    with file, line and reason for a folder that is not in the dataset's format, and ValueError for
    a limit below 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"the limit must be at least 1, not {limit}")
    for table in Table:
        read_header(folder, table)
    heads = _read_heads(folder)
    known = set(heads)
    ordered = sorted(heads.values(), key=lambda head: (head.purchased_at, head.order_id))[:limit]
    wanted = {head.order_id: head for head in ordered}
    consignments = _read_consignments(folder, known, wanted)
    reviews = _read_reviews(folder, known, wanted)
    return tuple(
        Order(
            *head,
            consignments=consignments.get(head.order_id, ()),
            review=reviews.get(head.order_id),
        )
        for head in ordered
    )


class _Head(NamedTuple):
    """What the orders file alone says; the first fields of `Order`, in its order."""

    order_id: str
    customer_id: str
    status: str
    purchased_at: datetime
    approved_at: datetime | None
    carrier_received_at: datetime | None
    delivered_at: datetime | None
    estimated_delivery_at: datetime


def _read_heads(folder: Path) -> dict[str, _Head]:
    heads: dict[str, _Head] = {}
    for record in read_records(folder, Table.ORDERS):
        head = _parse_head(record)
        if head.order_id in heads:
            raise record.bad(f"order {head.order_id} is there twice")
        heads[head.order_id] = head
    return heads


def _parse_head(record: Record) -> _Head:
    status = record.cells["order_status"]
    if status not in STATUSES:
        raise record.bad(f"order_status {status!r} is none of {', '.join(sorted(STATUSES))}")
    return _Head(
        order_id=record.identifier("order_id"),
        customer_id=record.identifier("customer_id"),
        status=status,
        purchased_at=record.instant("order_purchase_timestamp"),
        approved_at=record.instant_or_none("order_approved_at"),
        carrier_received_at=record.instant_or_none("order_delivered_carrier_date"),
        delivered_at=record.instant_or_none("order_delivered_customer_date"),
        estimated_delivery_at=record.instant("order_estimated_delivery_date"),
    )


def _read_consignments(
    folder: Path, known: set[str], wanted: dict[str, _Head]
) -> dict[str, tuple[Consignment, ...]]:
    sums: dict[str, dict[str, Consignment]] = {}
    seen: set[tuple[str, int]] = set()
    for record in read_records(folder, Table.ITEMS):
        order_id = _known_order(record, known)
        if order_id not in wanted:
            continue
        item = (order_id, record.number("order_item_id", 1, 999_999_999))
        if item in seen:
            raise record.bad(f"item {item[1]} of order {order_id} is there twice")
        seen.add(item)
        seller_id = record.identifier("seller_id")
        if seller_id == wanted[order_id].customer_id:
            raise record.bad(f"seller {seller_id} is the customer of the same order")
        sellers = sums.setdefault(order_id, {})
        before = sellers.get(seller_id, Consignment(seller_id, 0, 0, 0))
        sellers[seller_id] = Consignment(
            seller_id,
            before.price_minor + record.money_minor("price"),
            before.freight_minor + record.money_minor("freight_value"),
            before.item_count + 1,
        )
    return {
        order_id: tuple(sellers[seller_id] for seller_id in sorted(sellers))
        for order_id, sellers in sums.items()
    }


def _read_reviews(folder: Path, known: set[str], wanted: dict[str, _Head]) -> dict[str, Review]:
    latest: dict[str, tuple[datetime, datetime, str, int]] = {}
    for record in read_records(folder, Table.REVIEWS):
        order_id = _known_order(record, known)
        if order_id not in wanted:
            continue
        review = (
            record.instant("review_creation_date"),
            record.instant("review_answer_timestamp"),
            record.identifier("review_id"),
            record.number("review_score", 1, 5),
        )
        if order_id not in latest or latest[order_id] < review:
            latest[order_id] = review
    return {order_id: Review(score, created) for order_id, (created, _, _, score) in latest.items()}


def _known_order(record: Record, known: set[str]) -> str:
    order_id = record.identifier("order_id")
    if order_id not in known:
        raise record.bad(f"order {order_id} is not in {Table.ORDERS.file_name}")
    return order_id
