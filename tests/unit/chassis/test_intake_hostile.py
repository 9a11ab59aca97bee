"""What an enemy with a valid key may send: nothing of it stops the reader or grows beyond bounds.

Anything that reaches a column or an answer must fit there: PostgreSQL's text refuses a NUL, and
an answer over the record limit would block a contract that belongs to somebody else.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import MAX_RECORD_BYTES, TYPE_HEADER
from services.chassis.inbox import Flawed, Record, Unreadable
from services.chassis.intake import KEPT_KEY_BYTES, KEPT_VALUE_BYTES, MAX_DETAIL

from .wire import (
    BANK,
    COMMANDS,
    DUE,
    LEDGER,
    RELEASE,
    body,
    encode,
    intake,
    raw,
    read_command,
    read_event,
    signed,
    typed,
)

FUNDS = "crps.funds.received.v1"


def spliced(old: str, new: str, message: Any = None) -> bytes:
    """The bytes of a command with ``old`` replaced, as no JSON writer would write them."""
    text = json.dumps(message or body())
    assert old in text
    return text.replace(old, new, 1).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 60_000,
        b'{"a":' * 12_000,
        encode(body()).decode().encode("utf-16"),
        b"\xef\xbb\xbf" + encode(body()),
        encode(body()) + b" x",
        encode(body()) + encode(body()),
        spliced('"m-1"', '"\\ud800"'),
        spliced('"m-1"', '"\ud800"'),
        spliced('"m-1"', '"a\x00"'),
        spliced('"m-1"', '"a\\u0000"'),
        spliced('"m-1"', '"a\\n"'),
        spliced('"m-1"', "1"),
        spliced('"m-1"', '"' + "a" * 129 + '"'),
        spliced('"ALL"', "9" * 5_000),
        spliced('"1.0"', "1.0"),
        spliced('"2026-01-01T00:00:00Z"', "1767225600"),
        spliced('"2026-01-01T00:00:00Z"', '"1767225600"'),
        spliced('"2026-01-01T00:00:00Z"', '"2026-01-01T00:00:00"'),
        spliced('"2026-01-01T00:00:00Z"', '"0001-01-01T00:00:00+14:00"'),
        spliced('"2026-01-01T00:00:00Z"', '"9999-12-31T23:59:59-10:00"'),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_an_envelope_nobody_can_answer(value: bytes) -> None:
    read = read_command(value)
    assert isinstance(read, Unreadable)
    assert read.code == "ENVELOPE_INVALID"


@pytest.mark.parametrize(
    "value",
    [
        spliced('"p-1"', '"p-1", "party": "p-2"'),
        spliced('"p-1"', '"p-1", "p\\u0061rty": "p-2"'),
        spliced('"p-1"', '"p-1", "party": "p-1"'),
        spliced('"m-1"', '"m-1", "id": "m-2"'),
        spliced('"data": {', '"data": {"party": "p-2"}, "data": {'),
        spliced('"ALL"', '{"amount": "1", "amount": "2", "asset": "CNY/2"}'),
        spliced('"source"', '"later": {"x": 1, "x": 2}, "source"'),
    ],
    ids=lambda value: repr(value[-40:]),
)
def test_a_name_that_stands_twice_is_malformed(value: bytes) -> None:
    # The HMAC covers bytes, the digest what was parsed of them: a reader that keeps the first of
    # two members would hold another command to be signed than one that keeps the last.
    read = read_command(value)
    assert isinstance(read, Flawed)
    assert (read.code, read.detail) == ("MALFORMED", "a name stands twice in one JSON object")


def test_a_name_that_stands_twice_in_a_report() -> None:
    value = spliced('"rcpt-1"', '"rcpt-1", "receipt": "rcpt-2"', body(FUNDS))
    read = read_event(BANK, value, FUNDS)
    assert isinstance(read, Unreadable)
    assert read.code == "SCHEMA_INVALID"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_json_is_malformed_though_the_parser_takes_it(number: str) -> None:
    amount = {"party": "p-1", "amount": {"amount": "HERE", "asset": "CNY/2"}}
    read = read_command(spliced('"HERE"', number, body(data=amount)))
    assert isinstance(read, Flawed)
    assert read.detail == f"{number} is not JSON"


@pytest.mark.parametrize("number", ["1e309", "-1e309", "1e-400", "9" * 4_000])
def test_a_number_beyond_every_format_is_still_only_an_invalid_amount(number: str) -> None:
    amount = {"party": "p-1", "amount": {"amount": "HERE", "asset": "CNY/2"}}
    read = read_command(spliced('"HERE"', number, body(data=amount)))
    assert isinstance(read, Record)
    assert read.message.data.amount == "AMOUNT_INVALID"


def test_nothing_quoted_from_a_record_breaks_a_column() -> None:
    for subject in ("\x00" * 36, "\x1f" * 36, "\u202e" * 36):
        for read in (
            read_command(body(subject=subject)),
            read_event(BANK, body(FUNDS, subject=subject), FUNDS),
            read_event(LEDGER, body("crps.books.emptied.v1", subject=subject), "crps.x.y.v1"),
        ):
            assert isinstance(read, Unreadable)
            assert read.detail.isprintable()


def test_an_explanation_stays_short_whatever_it_quotes() -> None:
    read = read_command(body(data={"party": "p-1", "x" * 60_000: 1, "\x00": 2}))
    assert isinstance(read, Flawed)
    assert len(read.detail) <= MAX_DETAIL
    assert read.detail.isprintable()
    value = encode(body())
    other = intake().read(raw(COMMANDS, value, signed(value, "t" * 10_000)))
    assert isinstance(other, Unreadable)
    assert len(other.detail) <= MAX_DETAIL


def test_a_dead_letter_is_never_larger_than_can_be_kept_and_sent() -> None:
    # A compressed batch passes the broker's limit at any size, and keys and headers have no other.
    headers = (("x", b"h" * 3_000_000), *typed(RELEASE))
    read = intake().read(raw(COMMANDS, b"v" * 3_000_000, headers, key=b"k" * 3_000_000))
    assert isinstance(read, Unreadable)
    assert read.code == "KEY_INVALID"
    assert len(read.key or b"") == KEPT_KEY_BYTES
    assert len(read.value) == KEPT_VALUE_BYTES
    assert read.headers == ()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
HEADER_VALUES = (
    st.none() | st.binary(max_size=80) | st.sampled_from([RELEASE, DUE, FUNDS]).map(str.encode)
)


@given(
    topic=st.sampled_from([COMMANDS, BANK, LEDGER]),
    value=st.binary(max_size=200) | ANY_JSON.map(lambda v: json.dumps(v).encode()),
    key=st.none() | st.binary(max_size=40) | st.just(b"6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e"),
    headers=st.lists(
        st.tuples(st.sampled_from([TYPE_HEADER, "crps-upstream", "crps-hmac", "x"]), HEADER_VALUES),
        max_size=4,
    ),
)
def test_no_record_raises(
    topic: str, value: bytes, key: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    read = intake().read(raw(topic, value, tuple(headers), key=key, partition=3))
    assert not isinstance(read, Record)


@given(data=ANY_JSON, extra=st.dictionaries(st.text(max_size=8), ANY_JSON, max_size=2))
def test_no_signed_command_raises(data: Any, extra: dict[str, Any]) -> None:
    message = {**extra, **body(data=data)}
    read = read_command(message)
    if isinstance(read, Flawed | Unreadable):
        assert len(read.detail) <= MAX_DETAIL
        assert read.detail.isprintable()
    if isinstance(read, Flawed):
        assert read.code == "MALFORMED"
        assert len(read.value) <= MAX_RECORD_BYTES
    else:
        assert read is not None
