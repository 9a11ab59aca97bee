"""Hand-made orders and hand-made folders in the dataset's format."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crps.replay.olist import Consignment, Order, Review

ORDER_COLUMNS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
)
ITEM_COLUMNS = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
REVIEW_COLUMNS = "review_id,order_id,review_score,review_creation_date,review_answer_timestamp"
PAYMENT_COLUMNS = "order_id,payment_sequential,payment_type,payment_installments,payment_value"


@dataclass
class Folder:
    """A dataset in the making: lines by file, written out by `write`."""

    path: Path
    orders: list[str] = field(default_factory=lambda: [ORDER_COLUMNS])
    items: list[str] = field(default_factory=lambda: [ITEM_COLUMNS])
    reviews: list[str] = field(default_factory=lambda: [REVIEW_COLUMNS])
    payments: list[str] = field(default_factory=lambda: [PAYMENT_COLUMNS])

    def add_order(
        self,
        order_id: str = "o1",
        *,
        customer: str = "c1",
        status: str = "delivered",
        purchased: str = "2017-05-10 10:00:00",
        approved: str = "2017-05-10 11:00:00",
        estimated: str = "2017-05-20 00:00:00",
    ) -> None:
        self.orders.append(f"{order_id},{customer},{status},{purchased},{approved},,,{estimated}")

    def add_item(
        self, order_id: str = "o1", number: str = "1", seller: str = "s1", price: str = "10.00"
    ) -> None:
        self.items.append(f"{order_id},{number},p,{seller},2017-05-12 00:00:00,{price},1.50")

    def add_review(
        self,
        order_id: str = "o1",
        *,
        review_id: str = "r1",
        score: str = "5",
        created: str = "2017-05-15 00:00:00",
        answered: str = "2017-05-16 00:00:00",
    ) -> None:
        self.reviews.append(f"{review_id},{order_id},{score},{created},{answered}")

    def write(self) -> Path:
        for name, lines in (
            ("orders", self.orders),
            ("order_items", self.items),
            ("order_reviews", self.reviews),
            ("order_payments", self.payments),
        ):
            text = "".join(f"{line}\n" for line in lines)
            (self.path / f"olist_{name}_dataset.csv").write_text(text, encoding="utf-8")
        return self.path


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def make_order() -> Callable[..., Order]:
    def make(order_id: str = "o1", **changes: object) -> Order:
        fields: dict[str, object] = {
            "customer_id": "c1",
            "status": "delivered",
            "purchased_at": datetime(2017, 5, 10, 13, tzinfo=UTC),
            "approved_at": datetime(2017, 5, 10, 14, tzinfo=UTC),
            "carrier_received_at": None,
            "delivered_at": None,
            "estimated_delivery_at": datetime(2017, 5, 20, 3, tzinfo=UTC),
            "consignments": (Consignment("s1", 1000, 151, 1),),
            "review": None,
        }
        return Order(order_id=order_id, **(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def rated(make_order: Callable[..., Order]) -> Callable[..., Order]:
    """Make a delivered order with a review, five days after its funding unless told otherwise."""

    def make(score: int, order_id: str = "o1", **changes: object) -> Order:
        created = changes.pop("created_at", datetime(2017, 5, 15, 14, tzinfo=UTC))
        assert isinstance(created, datetime)
        return make_order(order_id, review=Review(score, created), **changes)

    return make
