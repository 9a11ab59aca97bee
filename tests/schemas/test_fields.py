"""The one JSON shape of each shared field; a second spelling is a second meaning."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from pydantic import TypeAdapter, ValidationError

from crps.proofs import public_key
from schemas.fields import Digest, Instant, Minor, MinorSum, MoneyField, PublicKey, Token
from schemas.terms_v1 import DisputeTerms, RailTerms, Terms
from schemas.values import Money

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_written_and_read_to_the_microsecond(instant: datetime) -> None:
    written = INSTANT.dump_json(instant)
    assert len(written) == len('"2026-01-01T00:00:00.000000Z"')
    assert INSTANT.validate_json(written) == instant


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", "2025-12-31T23:59:00.000-00:01",
     "2026-01-01T00:00:00.000000000Z"],
)  # fmt: skip
def test_an_instant_of_any_zone_is_held_in_utc(text: str) -> None:
    instant = INSTANT.validate_python(text)
    assert (instant, instant.tzinfo) == (datetime(2026, 1, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "raw",
    [
        b"1767225600", b'"1767225600"', b"1767225600.5", b"true", b"null", b'""', b'"2026-01-01"',
        b'"2026-01-01T00:00:00"', b'"2026-01-01 00:00:00Z"', b'"2026-01-01T00:00Z"', b'"now"',
        b'"2026-02-30T00:00:00Z"', b'"2026-01-01T24:00:01Z"', b'"2026-01-01T00:00:60Z"',
        b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59-10:00"', b'"+12026-01-01T00:00:00Z"',
        '"\u0662026-01-01T00:00:00Z"'.encode(), b'"infinity"',
    ],
)  # fmt: skip
def test_not_an_instant(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_json(raw)


@pytest.mark.parametrize("token", ["a", "0", "p-1", "a.b_c:d/e+f-g", "A" * 128])
def test_a_token(token: str) -> None:
    assert TypeAdapter(Token).validate_python(token) == token


@pytest.mark.parametrize(
    "raw", ["", "-a", ".a", " a", "a ", "a b", "a\n", "a\x00", "\u00e9", "A" * 129, 1, None, "a,b"]
)
def test_not_a_token(raw: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Token).validate_python(raw)


@pytest.mark.parametrize("raw", ["a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_not_a_digest(raw: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Digest).validate_python(raw)


ALICE = public_key(OKPKey.derive_key("alice"))


def test_a_public_key_is_read_as_it_is_written() -> None:
    assert TypeAdapter(PublicKey).validate_python(ALICE) == ALICE


@pytest.mark.parametrize(
    "raw",
    ["", ALICE[:-1], ALICE + "=", ALICE + "A", ALICE + "\n", "+" + ALICE[1:], "/" + ALICE[1:],
     ALICE[:-1] + "B", "\u00e9" + ALICE[1:], ALICE.encode().hex(), 1, None],
)  # fmt: skip
def test_not_a_public_key(raw: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PublicKey).validate_python(raw)


ORDER_8 = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
FIELD = 2**255 - 19


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", [0, 1, FIELD - 1, FIELD, FIELD + 1, ORDER_8, FIELD - ORDER_8])
def test_a_key_under_which_anybody_can_sign_is_nobodys(y: int, sign: int) -> None:
    raw = (y | sign).to_bytes(32, "little")
    with pytest.raises(ValidationError, match="small order"):
        TypeAdapter(PublicKey).validate_python(urlsafe_b64encode(raw).decode().rstrip("="))


@pytest.mark.parametrize("y", [0, 1, FIELD - 1, ORDER_8, FIELD - ORDER_8])
def test_under_such_a_key_a_signature_without_a_secret_is_valid(y: int) -> None:
    # Why it is refused: the neutral point and the number 0 sign every eighth message or more.
    key = Ed25519PublicKey.from_public_bytes(y.to_bytes(32, "little"))
    forged = (1).to_bytes(32, "little") + bytes(32)

    def is_signed(message: int) -> bool:
        try:
            key.verify(forged, str(message).encode())
        except InvalidSignature:
            return False
        return True

    assert any(is_signed(message) for message in range(200))


def test_terms_that_demand_signatures_name_both_keys() -> None:
    offered = json.loads(Path("schemas/samples/crps.order.placed.v1.json").read_text("utf-8"))
    terms = offered["data"]["terms"]
    keys = [public_key(OKPKey.derive_key(side)) for side in ("payer", "payee")]
    assert Terms.model_validate({**terms, "payer": {**terms["payer"], "key": keys[0]}})
    terms["proof"] = "signature"
    for side, key in zip(("payer", "payee"), keys, strict=True):
        with pytest.raises(ValidationError, match="keys of both"):
            Terms.model_validate(terms)
        terms[side]["key"] = key
    assert Terms.model_validate(terms).proof == "signature"


@pytest.mark.parametrize("raw", [b"1", b"1.0", b'"01"', b'"-1"', b'""', b"null", b"true"])
def test_our_own_events_hold_minor_units_as_digits_only(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Minor).validate_json(raw)


@pytest.mark.parametrize(
    "raw", [b"1", b"1.0", b'"01"', b'"-1"', b'""', b"null", b'"9223372036854775808"']
)
def test_a_sum_is_written_as_digits_and_fits_the_books(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(MinorSum).validate_json(raw)


def test_a_sum_may_be_longer_than_an_amount() -> None:
    adapter: TypeAdapter[int] = TypeAdapter(MinorSum)
    longest = b'"9223372036854775807"'
    assert adapter.dump_json(adapter.validate_json(longest)) == longest


def test_money_is_written_as_it_is_read() -> None:
    adapter: TypeAdapter[Money] = TypeAdapter(MoneyField)
    written = b'{"amount":"30000","asset":"CNY/2"}'
    assert adapter.dump_json(adapter.validate_json(written)) == written


@pytest.mark.parametrize("raw", ["1", '"yes"', "0", '"false"', "null"])
def test_a_signed_yes_or_no_has_one_spelling(raw: str) -> None:
    # The digest covers what was written: a lenient reader would sign one deal and keep another.
    with pytest.raises(ValidationError, match="silence_rule"):
        DisputeTerms.model_validate_json(
            f'{{"period_ms": 1, "silence_rule": {raw}, "ending": "to_payee"}}'
        )


@pytest.mark.parametrize("raw", ["true", "1.0", '"1"', "0", "2"])
def test_the_version_of_the_terms_has_one_spelling(raw: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Terms.model_validate_json(f'{{"version": {raw}}}')
    assert ("version",) in {error["loc"] for error in caught.value.errors()}


def test_no_length_of_the_terms_overflows_an_instant() -> None:
    rail = {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 10**12}
    with pytest.raises(ValidationError, match="margin_hours"):
        RailTerms.model_validate(rail)
