"""Field types that the message models share, each with its one JSON shape.

Events are written by our own services and read strictly. Commands come from parties: a flaw in an
amount is kept as a value, because the law names other refusals first (SPEC section 4, order of
precedence), and only the rules know them.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from schemas.values import Money, MoneyFlaw, parse_asset, parse_minor, parse_money, written

_MINOR_SCHEMA: Final = {
    "title": "MinorUnits",
    "description": "An amount in the smallest unit of the asset, as a string of digits.",
    "type": "string",
    "pattern": "^(0|[1-9][0-9]{0,17})$",
    "examples": ["30000"],
}
_SUM_SCHEMA: Final = {
    "title": "MinorSum",
    "description": "A sum of amounts in the smallest unit: a string of digits, at most 2^63 - 1.",
    "type": "string",
    "pattern": "^(0|[1-9][0-9]{0,18})$",
    "examples": ["30200"],
}
_ASSET_SCHEMA: Final = {
    "title": "Asset",
    "description": "ISO 4217 code and exponent: the currency and the decimals of its unit.",
    "type": "string",
    "pattern": "^[A-Z]{3}/[0-9]$",
    "examples": ["CNY/2"],
}
_MONEY_SCHEMA: Final = {
    "title": "Money",
    "description": "An amount with its asset.",
    "type": "object",
    "properties": {"amount": _MINOR_SCHEMA, "asset": _ASSET_SCHEMA},
    "required": ["amount", "asset"],
    "additionalProperties": False,
    "examples": [{"amount": "30000", "asset": "CNY/2"}],
}

# Published too, so it says in every dialect of regular expressions the same.
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_SUM: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_INSTANT_SCHEMA: Final = {
    "title": "Instant",
    "description": "An instant as in RFC 3339, with its offset from UTC.",
    "type": "string",
    "format": "date-time",
    "pattern": f"^{_RFC3339.pattern}$",
}

_FIELD: Final = 2**255 - 19
_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8})
"""The y of the eight points of edwards25519 whose order divides its cofactor (RFC 7748)."""


@dataclass(frozen=True, slots=True)
class Named:
    """Gives a kind of value its name and meaning in the published schemas; validates nothing."""

    title: str
    description: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the schema of the value, named."""
        return {"title": self.title, "description": self.description, **handler(schema)}


def _read_minor(raw: object, info: ValidationInfo) -> int:
    # A model may also be built from Python, where minor units are ints already.
    if info.mode == "python" and type(raw) is int and raw >= 0:
        return raw
    value = parse_minor(raw)
    if isinstance(value, MoneyFlaw):
        raise ValueError(value)
    return value


def _read_sum(raw: object, info: ValidationInfo) -> int:
    if info.mode == "python" and type(raw) is int:
        return raw
    if isinstance(raw, str) and _SUM.fullmatch(raw):
        return int(raw)
    raise ValueError("a sum is written as a string of at most 19 digits")


def _read_asset(raw: object) -> str:
    value = parse_asset(raw)
    if isinstance(value, MoneyFlaw):
        raise ValueError(value)
    return value


def _read_money(raw: object) -> Money:
    value = raw if isinstance(raw, Money) else parse_money(raw)
    if isinstance(value, MoneyFlaw):
        raise ValueError(value)
    return value


def _read_claimed_money(raw: object) -> Money | MoneyFlaw:
    return raw if isinstance(raw, Money) else parse_money(raw)


def _write_money(money: Any) -> dict[str, str]:
    return {"amount": str(money.minor), "asset": money.asset}


def _read_instant(raw: object) -> object:
    # Numbers are left out: seconds to one reader are milliseconds to the next.
    if isinstance(raw, datetime) or (isinstance(raw, str) and _RFC3339.fullmatch(raw)):
        return raw
    raise ValueError("an instant is written as in RFC 3339: 2026-01-31T12:00:00Z")


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("this instant lies beyond the years 1 to 9999 in UTC") from None


Minor = Annotated[
    int,
    BeforeValidator(_read_minor),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(_MINOR_SCHEMA),
]
"""Minor units of the asset that the message names, as a string of digits."""

MinorSum = Annotated[
    int,
    BeforeValidator(_read_sum),
    Field(ge=0, lt=2**63),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(_SUM_SCHEMA),
]
"""What receipts add up to: each has at most 18 digits, their sum may have one more."""

AssetCode = Annotated[
    str,
    BeforeValidator(_read_asset),
    WithJsonSchema(_ASSET_SCHEMA),
]
"""ISO 4217 code and exponent."""

MoneyField = Annotated[
    Money,
    BeforeValidator(_read_money),
    PlainSerializer(_write_money),
    WithJsonSchema(_MONEY_SCHEMA),
]
"""An amount with its asset."""

ClaimedMoney = Annotated[
    Any,
    BeforeValidator(_read_claimed_money),
    PlainSerializer(_write_money),
    WithJsonSchema(_MONEY_SCHEMA),
]
"""An amount as a party states it: ``Money``, or the ``MoneyFlaw`` that the rules will refuse."""

ClaimedMinor = Annotated[
    Any,
    BeforeValidator(parse_minor),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(_MINOR_SCHEMA),
]
"""Minor units as a party states them: an ``int``, or the ``MoneyFlaw``."""

ClaimedAsset = Annotated[
    Any,
    BeforeValidator(parse_asset),
    WithJsonSchema(_ASSET_SCHEMA),
]
"""An asset as a party states it: its code, or the ``MoneyFlaw``."""

Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_read_instant),
    AfterValidator(_in_utc),
    PlainSerializer(written, return_type=str),
    WithJsonSchema(_INSTANT_SCHEMA),
]
"""An instant in UTC, written to the microsecond."""

Token = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}$"),
    Named("Token", "An opaque id, never personal data."),
]
"""An opaque id: a party, an account token, a command, a receipt. Never personal data."""

Digest = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Named("Digest", "SHA-256, in hexadecimal."),
]
"""SHA-256, in hexadecimal."""


def _not_everybodys(key: str) -> str:
    raw = base64.urlsafe_b64decode(f"{key}=")
    y = int.from_bytes(raw, "little") % 2**255  # Its top bit is the sign of x.
    if y % _FIELD in _SMALL_ORDER:
        raise ValueError("under a key of small order anybody can sign")
    return key


PublicKey = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"),
    AfterValidator(_not_everybodys),
    Named("PublicKey", "An Ed25519 public key: the member `x` of its JWK (RFC 8037), 32 bytes."),
]
"""An Ed25519 public key as the ``x`` of its JWK: 32 bytes, base64url without padding."""


class Fact(BaseModel):
    """Base of what events carry: readers ignore fields they do not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Request(BaseModel):
    """Base of what commands carry: an unknown field is ``MALFORMED``, never guessed at."""

    model_config = ConfigDict(extra="forbid", frozen=True)
