from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crps.replay.olist import Consignment, DatasetError, read_orders
from crps.replay.tables import Table


def test_an_order_with_its_consignments_and_review(folder: Any) -> None:
    folder.add_order()
    folder.add_item(number="1", seller="s2", price="144.0")
    folder.add_item(number="2", seller="s1", price="0.29")
    folder.add_item(number="3", seller="s2", price="16")
    folder.add_review(score="4")
    (order,) = read_orders(folder.write())
    assert order.consignments == (
        Consignment("s1", 29, 150, 1),
        Consignment("s2", 16000, 300, 2),
    )
    assert order.purchased_at == datetime(2017, 5, 10, 13, tzinfo=UTC)
    assert order.estimated_delivery_at == datetime(2017, 5, 20, 3, tzinfo=UTC)
    assert order.purchased_at.utcoffset() == timedelta()
    assert order.review is not None
    assert (order.review.score, order.review.created_at.hour) == (4, 3)


@pytest.mark.parametrize(
    ("price", "minor"),
    [
        ("0.1", 10),
        ("0.29", 29),
        ("1.15", 115),
        ("4.35", 435),
        ("1234567890123.99", 123456789012399),
    ],
)
def test_decimals_are_exact(folder: Any, price: str, minor: int) -> None:
    folder.add_order()
    folder.add_item(price=price)
    (order,) = read_orders(folder.write())
    assert order.consignments[0].price_minor == minor


def test_empty_approval_review_and_items_are_told_apart_from_values(folder: Any) -> None:
    folder.add_order(status="canceled", approved="")
    (order,) = read_orders(folder.write())
    assert order.approved_at is None
    assert order.review is None
    assert order.consignments == ()


@pytest.mark.parametrize("reverse", [False, True])
def test_the_latest_review_counts_whatever_the_order_of_the_file(
    folder: Any, reverse: bool
) -> None:
    folder.add_order()
    folder.add_review(review_id="a", score="1", created="2017-05-14 00:00:00")
    folder.add_review(review_id="b", score="2", created="2017-05-15 00:00:00")
    folder.add_review(
        review_id="c", score="3", created="2017-05-15 00:00:00", answered="2017-05-17 00:00:00"
    )
    if reverse:
        folder.reviews[1:] = folder.reviews[:0:-1]
    (order,) = read_orders(folder.write())
    assert order.review is not None
    assert order.review.score == 3


def test_orders_come_by_purchase_time_and_the_limit_takes_the_first(folder: Any) -> None:
    folder.add_order("late", purchased="2018-01-01 00:00:00")
    folder.add_order("b", purchased="2017-01-01 00:00:00")
    folder.add_order("a", purchased="2017-01-01 00:00:00")
    for order_id in ("late", "b", "a"):
        folder.add_item(order_id)
    path = folder.write()
    assert [order.order_id for order in read_orders(path)] == ["a", "b", "late"]
    assert read_orders(path, limit=2) == read_orders(path)[:2]
    with pytest.raises(ValueError, match="limit"):
        read_orders(path, limit=0)


def test_quotes_texts_over_several_lines_other_columns_and_a_byte_order_mark(folder: Any) -> None:
    folder.orders[0] = '"' + folder.orders[0].replace(",", '","') + '"'
    folder.add_order('"o1"')
    folder.reviews = [
        "review_score,review_comment_message,review_creation_date,review_id,order_id,review_answer_timestamp",
        '5,"Bom, ""ótimo""\r\ne rápido","2017-05-15 00:00:00","r1","o1","2017-05-16 00:00:00"',
        "",
        '2,"","2017-05-16 00:00:00","r2","o1","2017-05-16 00:00:00"',
    ]
    path = folder.write()
    orders_file = path / Table.ORDERS.file_name
    orders_file.write_bytes(b"\xef\xbb\xbf" + orders_file.read_bytes())
    (order,) = read_orders(path)
    assert order.order_id == "o1"
    assert order.review is not None
    assert order.review.score == 2


def check_error(path: Path, file: str, line: int, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason) as caught:
        read_orders(path)
    assert (caught.value.file, caught.value.line) == (f"olist_{file}_dataset.csv", line)
    assert str(caught.value).startswith(f"olist_{file}_dataset.csv:{line}: " if line else "olist_")


@pytest.mark.parametrize("table", list(Table))
def test_a_missing_file_or_column_is_named(folder: Any, table: Table) -> None:
    path = folder.write()
    name = table.file_name.removeprefix("olist_").removesuffix("_dataset.csv")
    file = path / table.file_name
    file.write_text(file.read_text().replace("order_id", "id", 1))
    check_error(path, name, 1, "columns missing: order_id")
    file.write_text("")
    check_error(path, name, 1, "columns missing")
    file.unlink()
    check_error(path, name, 0, "cannot be read: No such file")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "cancelled"}, "order_status 'cancelled' is none of"),
        ({"purchased": ""}, "order_purchase_timestamp is not a time"),
        ({"purchased": "2017-02-30 00:00:00"}, "order_purchase_timestamp is not a time"),
        ({"purchased": "2017-05-10T10:00:00"}, "order_purchase_timestamp is not a time"),
        ({"approved": "2017-05-10 10:00:00+00:00"}, "order_approved_at is not a time"),
        ({"estimated": "0001-01-01 00:00:00,x"}, "9 cells where the header has 8"),
        ({"estimated": "9999-12-31 00:00:00"}, "order_estimated_delivery_date is not a time"),
        ({"customer": "a/b"}, "customer_id is not an id"),
        ({"customer": ""}, "customer_id is not an id"),
    ],
)
def test_a_bad_order_is_named(folder: Any, change: dict[str, str], reason: str) -> None:
    folder.add_order("good")
    folder.add_order("bad", **change)
    check_error(folder.write(), "orders", 3, reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": "-1.00"}, "price is not an amount"),
        ({"price": "1.005"}, "price is not an amount"),
        ({"price": "1e3"}, "price is not an amount"),
        ({"price": ""}, "price is not an amount"),
        ({"price": "nan"}, "price is not an amount"),
        ({"price": "\u0661"}, "price is not an amount"),
        ({"price": "12345678901234"}, "price is not an amount"),
        ({"number": "0"}, "order_item_id is not a whole number"),
        ({"number": "²"}, "order_item_id is not a whole number"),
        ({"seller": "c1"}, "seller c1 is the customer"),
        ({"order_id": "o2"}, "order o2 is not in olist_orders_dataset.csv"),
    ],
)
def test_a_bad_item_is_named(folder: Any, change: dict[str, str], reason: str) -> None:
    folder.add_order()
    folder.add_item(number="7")
    folder.add_item(**change)
    check_error(folder.write(), "order_items", 3, reason)


def test_doubles_are_named(folder: Any) -> None:
    folder.add_order()
    folder.add_item()
    folder.add_item()
    check_error(folder.write(), "order_items", 3, "item 1 of order o1 is there twice")
    folder.add_order()
    check_error(folder.write(), "orders", 3, "order o1 is there twice")


@pytest.mark.parametrize("score", ["0", "6", "5.0", "", "-1"])
def test_a_bad_score_is_named(folder: Any, score: str) -> None:
    folder.add_order()
    folder.add_review(score=score)
    check_error(folder.write(), "order_reviews", 2, "review_score is not a whole number")


def test_broken_text_is_named(folder: Any) -> None:
    folder.add_order()
    path = folder.write()
    file = path / Table.ORDERS.file_name
    good = file.read_bytes()
    file.write_bytes(good + b'"open,c,delivered')
    check_error(path, "orders", 3, "broken CSV")
    file.write_bytes(good + b"\xff\xfe")
    check_error(path, "orders", 1, "not UTF-8")
    file.write_bytes(good.replace(b"customer_id", b"order_id", 1))
    check_error(path, "orders", 1, "columns missing: customer_id")
