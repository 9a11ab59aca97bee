"""Money on the wire: a string of digits with a pinned currency, and everything that is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.values import MAX_DIGITS, Money, MoneyFlaw, parse_asset, parse_minor, parse_money

CURRENCY = MoneyFlaw.CURRENCY_UNKNOWN
EXPONENT = MoneyFlaw.EXPONENT_WRONG
AMOUNT = MoneyFlaw.AMOUNT_INVALID

ASSETS = st.sampled_from([f"{currency}/{exponent}" for currency, exponent in EXPONENTS.items()])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)

NOT_MINOR: list[Any] = [
    None, True, False, 0, 1, -1, 30000, 1.0, 300.5, float("inf"), float("nan"), [], ["1"], {},
    {"amount": "1"}, "", " ", "00", "01", "007", "-0", "-1", "+1", "1.0", "1.", ".1", "1,000",
    "1_000", "1e3", "1E3", "0x10", " 1", "1 ", "1\n", "\n1", "1\x00", "NaN", "Infinity", "null",
    "ALL", "\u0661\u0662", "\uff11", "\u00b2", "1" * 19, "9" * 400,
]  # fmt: skip
NOT_ASSETS: list[tuple[Any, MoneyFlaw]] = [
    (None, CURRENCY), (1, CURRENCY), ("", CURRENCY), ("CNY", CURRENCY), ("CNY/", CURRENCY),
    ("cny/2", CURRENCY), ("CNY/2 ", CURRENCY), (" CNY/2", CURRENCY), ("CNY/2\n", CURRENCY),
    ("CNY/02", CURRENCY), ("CNY/-2", CURRENCY), ("CNY-2", CURRENCY), ("CNY/\u0662", CURRENCY),
    ("CN/2", CURRENCY), ("CNYY/2", CURRENCY), ("XXX/2", CURRENCY), ("XAU/0", CURRENCY),
    ("XTS/2", CURRENCY), ("BTC/8", CURRENCY), ("DEM/2", CURRENCY), ("CNH/2", CURRENCY),
    (["CNY/2"], CURRENCY), ({"CNY": 2}, CURRENCY),
    ("CNY/0", EXPONENT), ("CNY/3", EXPONENT), ("JPY/2", EXPONENT), ("KWD/2", EXPONENT),
    ("BRL/0", EXPONENT),
]  # fmt: skip


@pytest.mark.parametrize("raw", NOT_MINOR, ids=repr)
def test_not_minor_units(raw: Any) -> None:
    assert parse_minor(raw) is AMOUNT
    assert parse_money({"amount": raw, "asset": "CNY/2"}) is AMOUNT


@pytest.mark.parametrize(("raw", "flaw"), NOT_ASSETS, ids=repr)
def test_not_an_asset(raw: Any, flaw: MoneyFlaw) -> None:
    assert parse_asset(raw) is flaw
    assert parse_money({"amount": "1", "asset": raw}) is flaw


@pytest.mark.parametrize(
    "raw",
    [
        None, True, 0, 1, 1.5, "", "300.00", "CNY 300", [], ["1", "CNY/2"], {}, {"amount": "1"},
        {"asset": "CNY/2"}, {"amount": "1", "asset": "CNY/2", "scale": 2},
        {"amount": "1", "asset": "CNY/2", "": None}, {"Amount": "1", "asset": "CNY/2"},
    ],
    ids=repr,
)  # fmt: skip
def test_not_money_at_all(raw: Any) -> None:
    assert parse_money(raw) is AMOUNT


def test_flaws_are_named_in_the_law_s_order_of_precedence() -> None:
    assert parse_money({"amount": -1, "asset": "ABC/9"}) is CURRENCY
    assert parse_money({"amount": -1, "asset": "CNY/9"}) is EXPONENT
    assert parse_money({"amount": -1, "asset": "CNY/2"}) is AMOUNT
    assert list(MoneyFlaw) == [CURRENCY, EXPONENT, AMOUNT]


@given(st.integers(0, 10**MAX_DIGITS - 1), ASSETS)
def test_whole_minor_units_are_read_exactly(minor: int, asset: str) -> None:
    assert parse_money({"amount": str(minor), "asset": asset}) == Money(minor, asset)


@given(st.integers(10**MAX_DIGITS, 10**40))
def test_more_than_18_digits_are_refused(minor: int) -> None:
    assert parse_minor(str(minor)) is AMOUNT


@given(JSON_VALUES)
def test_no_json_value_raises_or_is_rounded(raw: Any) -> None:
    minor = parse_minor(raw)
    assert minor is AMOUNT or raw == str(minor)
    asset = parse_asset(raw)
    assert isinstance(asset, MoneyFlaw) or raw == asset
    assert parse_money(raw) is AMOUNT
    money = parse_money({"amount": raw, "asset": "CNY/2"})
    assert money is AMOUNT or money == Money(int(raw), "CNY/2")


@given(st.text(alphabet="0123456789.+-eE_ \n\u0661", max_size=22))
def test_only_the_one_spelling_of_a_number_is_read(raw: str) -> None:
    minor = parse_minor(raw)
    assert minor is AMOUNT or json.dumps(raw) == f'"{minor}"'
