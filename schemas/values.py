"""Money as it travels: whole minor units, written as a string of digits (SPEC section 2).

Standard library only, so that the pure money rules of the services may use these values too.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from schemas.currencies import EXPONENTS

MAX_DIGITS: Final = 18
_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_ASSET: Final = re.compile(r"([A-Z]{3})/([0-9])", re.ASCII)


class MoneyFlaw(StrEnum):
    """Why an amount is not money; the members are refusal codes of SPEC section 4."""

    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    EXPONENT_WRONG = "EXPONENT_WRONG"
    AMOUNT_INVALID = "AMOUNT_INVALID"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one asset: ``minor`` in the smallest unit, ``asset`` such as ``CNY/2``."""

    minor: int
    asset: str


def parse_minor(raw: object) -> int | MoneyFlaw:
    """Read minor units from ``raw``: a string of digits, no sign, leading zero or exponent.

    Anything else, of whatever JSON type, is ``AMOUNT_INVALID``. Zero is an amount (SPEC section
    2 allows it for totals); whoever moves money refuses it.
    """
    if isinstance(raw, str) and _DIGITS.fullmatch(raw):
        return int(raw)
    return MoneyFlaw.AMOUNT_INVALID


def parse_asset(raw: object) -> str | MoneyFlaw:
    """Read an asset code ``CUR/e`` whose exponent is the one of the pinned ISO 4217 table."""
    match = _ASSET.fullmatch(raw) if isinstance(raw, str) else None
    if match is None or match[1] not in EXPONENTS:
        return MoneyFlaw.CURRENCY_UNKNOWN
    if int(match[2]) != EXPONENTS[match[1]]:
        return MoneyFlaw.EXPONENT_WRONG
    return match[0]


def parse_money(raw: object) -> Money | MoneyFlaw:
    """Read ``{"amount": "30000", "asset": "CNY/2"}``; the first flaw in the order of SPEC 4."""
    if not isinstance(raw, dict) or raw.keys() != {"amount", "asset"}:
        return MoneyFlaw.AMOUNT_INVALID
    asset, minor = parse_asset(raw["asset"]), parse_minor(raw["amount"])
    if isinstance(asset, MoneyFlaw):
        return asset
    if isinstance(minor, MoneyFlaw):
        return minor
    return Money(minor, asset)


def written(instant: datetime) -> str:
    """Return an instant as it stands on the wire: RFC 3339, in UTC, to the microsecond."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
