"""The border, branch by branch: what becomes a record, a refusal, a dead letter, or nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.envelope import HMAC_HEADER, TYPE_HEADER, UPSTREAM_HEADER
from services.chassis.inbox import Flawed, Passed, Record, Unreadable
from services.chassis.intake import Read
from services.chassis.partitioner import partition_of

from .wire import (
    BANK,
    COMMANDS,
    CONTRACT,
    DISPUTES,
    DUE,
    EMPTIED,
    LEDGER,
    OTHER,
    PARTITIONS,
    RELEASE,
    UPSTREAM,
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
WRONG = (partition_of(str(CONTRACT).encode(), PARTITIONS) + 1) % PARTITIONS


def dead(read: Read) -> str:
    """The code of a dead letter."""
    assert isinstance(read, Unreadable), read
    return read.code


def refused(read: Read) -> str:
    """The code of a refusal."""
    assert isinstance(read, Flawed), read
    return read.code


class TestReadable:
    def test_a_signed_command(self) -> None:
        read = read_command(body())
        assert isinstance(read, Record)
        assert (read.contract_id, read.upstream) == (CONTRACT, UPSTREAM)
        assert read.message.data.amount == "ALL"
        assert read.appended_at == datetime(2026, 1, 1, 0, 0, 0, 123_000, UTC)
        assert (read.topic, read.offset) == (COMMANDS, 7)

    def test_a_signed_command_without_a_type_header(self) -> None:
        assert isinstance(read_command(body(), None), Record)

    def test_a_due_message_needs_no_signature_and_has_no_writer(self) -> None:
        read = read_event(COMMANDS, body(DUE), DUE)
        assert isinstance(read, Record)
        assert read.upstream is None

    def test_an_event_of_ours(self) -> None:
        assert isinstance(read_event(LEDGER, body(EMPTIED), EMPTIED), Record)

    def test_an_event_without_a_type_header(self) -> None:
        read = intake().read(raw(BANK, encode(body(FUNDS)), ()))
        assert isinstance(read, Record)

    def test_a_reader_of_events_ignores_what_it_does_not_know(self) -> None:
        message = body(EMPTIED, novelty=1)
        message["data"]["novelty"] = 1
        assert isinstance(read_event(LEDGER, message, EMPTIED), Record)

    def test_headers_that_nobody_reads_may_hold_anything(self) -> None:
        value = encode(body())
        headers = (("traceparent", b"\xff\xfe"), ("x", None), *signed(value))
        assert isinstance(intake().read(raw(COMMANDS, value, headers)), Record)

    def test_the_first_of_two_headers_of_one_name_counts(self) -> None:
        value = encode(body())
        headers = (*signed(value), (UPSTREAM_HEADER, b"another"), (HMAC_HEADER, b"00"))
        assert isinstance(intake().read(raw(COMMANDS, value, headers)), Record)

    def test_a_record_read_again_from_the_table_is_the_same(self) -> None:
        read = read_command(body())
        assert isinstance(read, Record)
        assert intake().read_place(read) == read


class TestEventsOfOurs:
    def test_an_unwanted_type_still_counts_in_its_sequence(self) -> None:
        read = read_event(LEDGER, body(EMPTIED, sequence=4), "crps.books.painted.v1")
        assert isinstance(read, Passed)
        assert read.message.sequence == 4

    def test_an_unwanted_type_without_a_sequence_is_nothing(self) -> None:
        assert read_event(DISPUTES, b"never parsed", "crps.dispute.opened.v1") is None

    @pytest.mark.parametrize("wire_type", [EMPTIED, "crps.books.painted.v1"])
    def test_an_event_that_says_no_sequence_is_never_taken_for_a_repeat(
        self, wire_type: str
    ) -> None:
        message = body(EMPTIED)
        del message["sequence"]
        assert dead(read_event(LEDGER, message, wire_type)) == "SEQUENCE_MISSING"


class TestDeadLetters:
    @pytest.mark.parametrize(
        "key",
        [
            None,
            b"",
            b"contract-1",
            str(CONTRACT).upper().encode(),
            b"{" + str(CONTRACT).encode() + b"}",
            b"urn:uuid:" + str(CONTRACT).encode(),
            CONTRACT.hex.encode(),
            b"\xff" * 36,
            str(CONTRACT).replace("6", "\u0666").encode(),
            str(CONTRACT).encode() + b"\n",
            CONTRACT.bytes,
        ],
    )
    def test_a_key_that_is_no_contract_id(self, key: bytes | None) -> None:
        read = read_command(body(), key=key)
        assert dead(read) == "KEY_INVALID"
        assert isinstance(read, Unreadable)
        assert read.contract_id is None

    @pytest.mark.parametrize("name", [TYPE_HEADER, UPSTREAM_HEADER, HMAC_HEADER])
    def test_a_header_of_ours_that_is_not_utf8(self, name: str) -> None:
        value = encode(body())
        headers = tuple((n, b"\xff\xfe" if n == name else v) for n, v in signed(value))
        assert dead(intake().read(raw(COMMANDS, value, headers))) == "HEADER_INVALID"

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            (TYPE_HEADER, "TYPE_UNKNOWN"),
            (UPSTREAM_HEADER, "UPSTREAM_UNKNOWN"),
            (HMAC_HEADER, "HMAC_INVALID"),
        ],
    )
    def test_a_header_of_ours_that_is_null(self, name: str, code: str) -> None:
        value = encode(body())
        headers = tuple((n, None if n == name else v) for n, v in signed(value))
        assert dead(intake().read(raw(COMMANDS, value, headers))) == code

    def test_a_command_without_an_upstream(self) -> None:
        value = encode(body())
        assert dead(intake().read(raw(COMMANDS, value, typed(RELEASE)))) == "UPSTREAM_MISSING"

    def test_an_upstream_nobody_configured(self) -> None:
        value = encode(body())
        headers = (*typed(RELEASE), (UPSTREAM_HEADER, b"stranger"), (HMAC_HEADER, b"00"))
        assert dead(intake().read(raw(COMMANDS, value, headers))) == "UPSTREAM_UNKNOWN"

    @pytest.mark.parametrize("given", [b"", b"00", b"z" * 64, "é".encode() * 32])
    def test_an_hmac_of_something_else(self, given: bytes) -> None:
        value = encode(body())
        headers = (*typed(RELEASE), (UPSTREAM_HEADER, UPSTREAM.encode()), (HMAC_HEADER, given))
        assert dead(intake().read(raw(COMMANDS, value, headers))) == "HMAC_INVALID"

    def test_one_changed_byte_breaks_the_hmac(self) -> None:
        value = encode(body())
        changed = value.replace(b"p-1", b"p-2")
        assert dead(intake().read(raw(COMMANDS, changed, signed(value)))) == "HMAC_INVALID"

    def test_a_missing_hmac(self) -> None:
        value = encode(body())
        assert dead(intake().read(raw(COMMANDS, value, signed(value)[:2]))) == "HMAC_INVALID"

    def test_a_party_cannot_hide_a_due_message_behind_a_missing_header(self) -> None:
        assert dead(intake().read(raw(COMMANDS, encode(body(DUE)), ()))) == "UPSTREAM_MISSING"

    @pytest.mark.parametrize("value", [b"x" * (64 * 1024 + 1), b"x" * 1_000_000])
    def test_a_value_over_the_limit(self, value: bytes) -> None:
        assert dead(read_command(value)) == "TOO_LARGE"
        assert dead(read_event(BANK, value, FUNDS)) == "TOO_LARGE"

    def test_headers_over_the_limit(self) -> None:
        value = encode(body())
        headers = (("baggage", b"x" * 20_000), *signed(value))
        assert dead(intake().read(raw(COMMANDS, value, headers))) == "TOO_LARGE"

    @pytest.mark.parametrize("value", [None, b"", b"not json", b"null", b"[]", b'"x"', b"{}"])
    def test_a_signed_command_without_a_readable_envelope(self, value: bytes | None) -> None:
        for wire_type in (RELEASE, None):
            headers = signed(value or b"", wire_type)
            assert dead(intake().read(raw(COMMANDS, value, headers))) == "ENVELOPE_INVALID"

    def test_an_unknown_command(self) -> None:
        message = body() | {"type": "crps.funds.take.v1"}
        assert dead(read_command(message, "crps.funds.take.v1")) == "TYPE_UNKNOWN"
        assert dead(read_command(message, None)) == "TYPE_UNKNOWN"

    @pytest.mark.parametrize("wire_type", ["crps.funds.stolen.v1", EMPTIED, "", "\x00"])
    def test_an_unknown_type_of_a_bank(self, wire_type: str) -> None:
        assert dead(read_event(BANK, body(FUNDS), wire_type)) == "TYPE_UNKNOWN"

    @pytest.mark.parametrize("value", [None, b"", b"not json", b"[1]"])
    def test_a_report_that_is_no_message(self, value: bytes | None) -> None:
        assert dead(intake().read(raw(BANK, value, typed(FUNDS)))) == "SCHEMA_INVALID"
        assert dead(intake().read(raw(BANK, value, ()))) == "ENVELOPE_INVALID"

    @pytest.mark.parametrize("field", ["receipt", "money", "account"])
    def test_a_report_without_a_field(self, field: str) -> None:
        message = body(FUNDS)
        del message["data"][field]
        read = read_event(BANK, message, FUNDS)
        assert dead(read) == "SCHEMA_INVALID"
        assert isinstance(read, Unreadable)
        assert read.detail == f"data.{field}: Field required"

    @pytest.mark.parametrize(
        "message", [body(FUNDS, subject=str(OTHER)), body(FUNDS, type="crps.funds.sent.v1")]
    )
    def test_a_report_whose_envelope_contradicts_key_or_header(
        self, message: dict[str, Any]
    ) -> None:
        assert dead(read_event(BANK, message, FUNDS)) == "ENVELOPE_CONTRADICTS"

    def test_a_command_in_the_envelope_of_a_due_message(self) -> None:
        message = body(DUE) | {"type": RELEASE}
        assert dead(read_event(COMMANDS, message, DUE)) == "ENVELOPE_CONTRADICTS"

    def test_a_due_message_beside_its_contract_s_partition(self) -> None:
        # It would be judged ahead of what waits in the right one, and move the contract's time.
        read = read_event(COMMANDS, body(DUE), DUE, partition=WRONG)
        assert dead(read) == "WRONG_PARTITION"


class TestRefusals:
    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"party": ""},
            {"party": "p 1"},
            {"party": "p-1\n"},
            {"party": "p\x00"},
            {"party": "p-1", "novelty": 1},
            {"party": "p-1", "tranche": True},
            {"party": "p-1", "tranche": 1.0},
            {"party": "p-1", "tranche": 0},
            "text",
            None,
            [],
        ],
    )
    def test_a_command_whose_data_break_the_schema(self, data: Any) -> None:
        read = read_command(body(data=data))
        assert refused(read) == "MALFORMED"
        assert isinstance(read, Flawed)
        assert read.attributes.id == "m-1"
        assert read.detail

    def test_the_asker_is_known_as_far_as_it_can_be(self) -> None:
        def asker(data: Any) -> str | None:
            read = read_command(body(data=data))
            assert isinstance(read, Flawed)
            return read.party

        assert asker({"party": "p-1", "novelty": 1}) == "p-1"
        nameless: list[Any] = [[], {}, {"party": 1}, {"party": "\x00"}, {"party": ""}]
        assert [asker(data) for data in nameless] == [None] * 5
        assert asker({"party": "p" * 129}) is None

    @pytest.mark.parametrize(
        "message", [body(subject=str(OTHER)), body(type="crps.funds.return.v1")]
    )
    def test_an_envelope_that_contradicts_key_or_header(self, message: dict[str, Any]) -> None:
        assert refused(read_command(message)) == "MALFORMED"

    def test_the_wrong_partition_with_its_remedy(self) -> None:
        read = read_command(body(), partition=WRONG)
        assert refused(read) == "WRONG_PARTITION"
        assert isinstance(read, Flawed)
        assert "murmur2" in read.detail
        assert read.party == "p-1"

    def test_malformed_goes_before_the_wrong_partition(self) -> None:
        assert refused(read_command(body(data={}), partition=WRONG)) == "MALFORMED"

    @pytest.mark.parametrize(
        "amount",
        [1, -1, 1.5, "1.5", "-1", "+1", "1e3", "007", "", "\u0661", None, True, [], {}, "1" * 19],
    )
    def test_a_flawed_amount_is_for_the_rules_to_refuse(self, amount: Any) -> None:
        # The law names other refusals first, and only the rules know them (SPEC section 4).
        message = body(data={"party": "p-1", "amount": {"amount": amount, "asset": "CNY/2"}})
        read = read_command(message)
        assert isinstance(read, Record)
        assert read.message.data.amount == "AMOUNT_INVALID"


def test_a_foreign_timestamp_turns_readiness_off() -> None:
    border = intake()
    value = encode(body())
    border.read(raw(COMMANDS, value, signed(value), timestamp_type=1))
    assert border.foreign_timestamps == 0
    border.read(raw(COMMANDS, value, signed(value), timestamp_type=0))
    assert border.foreign_timestamps == 1


@pytest.mark.parametrize("timestamp", [-1, 2**63 - 1, -(2**63)])
def test_no_timestamp_stops_the_reader(timestamp: int) -> None:
    value = encode(body())
    record = raw(COMMANDS, value, signed(value), timestamp=timestamp, timestamp_type=0)
    assert isinstance(intake().read(record), Record)
