"""The one JSON shape of each shared field; a second spelling is a second meaning."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.fields import Digest, Instant, Minor, MoneyField, Token
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


@pytest.mark.parametrize("raw", [b"1", b"1.0", b'"01"', b'"-1"', b'""', b"null", b"true"])
def test_our_own_events_hold_minor_units_as_digits_only(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Minor).validate_json(raw)


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
