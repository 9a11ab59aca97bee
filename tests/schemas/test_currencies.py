"""ISO 4217, pinned: a few golden exponents, and what is left out on purpose."""

import pytest

from schemas.currencies import EXPONENTS


@pytest.mark.parametrize(
    ("currency", "exponent"),
    [
        ("JPY", 0), ("KRW", 0), ("VND", 0), ("CLP", 0), ("ISK", 0), ("XOF", 0), ("UGX", 0),
        ("CNY", 2), ("BRL", 2), ("USD", 2), ("EUR", 2), ("GBP", 2), ("HKD", 2), ("INR", 2),
        ("IDR", 2), ("HUF", 2), ("TWD", 2), ("LAK", 2), ("IRR", 2), ("MGA", 2), ("MRU", 2),
        ("KWD", 3), ("BHD", 3), ("JOD", 3), ("TND", 3), ("OMR", 3), ("IQD", 3), ("LYD", 3),
        ("CLF", 4),
    ],
)  # fmt: skip
def test_golden_exponents(currency: str, exponent: int) -> None:
    assert EXPONENTS[currency] == exponent


@pytest.mark.parametrize("code", ["XAU", "XAG", "XDR", "XXX", "XTS", "BTC", "CNH", "DEM", "UYI"])
def test_what_nobody_is_paid_in_is_unknown(code: str) -> None:
    assert code not in EXPONENTS


def test_the_table_is_one_of_codes_and_small_exponents() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)
    assert set(EXPONENTS.values()) == {0, 2, 3, 4}
    assert len(EXPONENTS) > 150
