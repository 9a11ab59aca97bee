"""The golden samples of this area: read into the domain, and written back as they stand."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.registry import ADAPTERS, MODELS
from services.chassis.answers import Asked
from services.chassis.canonical import canonicalize, read_body
from services.chassis.documents import read_document
from services.contracts.domain import commands
from services.contracts.domain.contract import Caps, Role
from services.contracts.messages.incoming import read_command

SAMPLES = Path("schemas/samples")
ASKED = Asked("shop-1", "party-payer-7", "c-1", b"")
OURS = [
    (topic.name, wire_type)
    for topic in (topics.CONTRACTS_EVENTS, topics.CONTRACTS_ANSWERS)
    for wire_type in MODELS[topic.name]
]


def sample(wire_type):
    return (SAMPLES / f"crps.{wire_type}.v1.json").read_bytes()


def read(topic, wire_type):
    message = ADAPTERS[topic.name, f"crps.{wire_type}.v1"].validate_json(sample(wire_type))
    return read_command(message, ASKED, topic=topic.name, is_plain=True)


@pytest.mark.parametrize(("topic", "wire_type"), OURS)
def test_what_we_say_is_written_as_the_sample_stands(topic, wire_type):
    golden = (SAMPLES / f"{wire_type}.json").read_bytes()
    adapter = ADAPTERS[topic, wire_type]
    written = adapter.dump_json(adapter.validate_json(golden), exclude_none=True)
    assert json.loads(written) == json.loads(golden)


def test_an_order_is_an_offer_of_canonical_terms():
    offer = read(topics.ORDERS_EVENTS, "order.placed")
    terms = json.loads(sample("order.placed"))["data"]["terms"]
    assert offer.terms == rfc8785.dumps(terms)
    assert offer.command.terms.digest == hashlib.sha256(offer.terms).hexdigest()
    assert [t.amount for t in offer.command.terms.tranches] == [20_000, 10_000]
    assert not offer.command.is_command
    assert read(topics.CONTRACTS_COMMANDS, "contract.offer").command.is_command


def test_a_move_of_a_deadline_is_read_with_who_must_have_signed_it():
    extend, advance = (
        read(topics.CONTRACTS_COMMANDS, f"deadline.{verb}").command
        for verb in ("extend", "advance")
    )
    assert (extend.signer, extend.tranche) == (Role.PAYEE, "delivery")
    assert extend.to == datetime(2026, 1, 12, 4, 1, tzinfo=UTC)
    assert (advance.signer, advance.tranche) == (Role.PAYER, "delivery")


def test_caps_are_read_and_absent_ones_offer_no_extension_and_bound_no_advance():
    offered = read(topics.ORDERS_EVENTS, "order.placed").command.terms
    assert offered.caps == Caps(extend_ms=864_000_000, advance_ms=None)
    told = json.loads(sample("order.placed"))
    del told["data"]["terms"]["caps"]
    place = topics.ORDERS_EVENTS.name, "crps.order.placed.v1"
    message = ADAPTERS[place].validate_json(json.dumps(told))
    without = read_command(message, ASKED, topic=place[0], is_plain=True)
    assert without.command.terms.caps == Caps()


def test_terms_are_read_with_the_keys_and_whether_signatures_are_demanded():
    signed = read(topics.CONTRACTS_COMMANDS, "contract.offer").command.terms
    told = json.loads(sample("contract.offer"))["data"]["terms"]
    assert signed.proof_required
    assert (signed.payer.key, signed.payee.key) == (told["payer"]["key"], told["payee"]["key"])
    plain = read(topics.ORDERS_EVENTS, "order.placed").command.terms
    assert not plain.proof_required
    assert (plain.payer.key, plain.payee.key) == (None, None)


def test_acts_are_read_with_who_gains():
    release = read(topics.CONTRACTS_COMMANDS, "funds.release").command
    assert (release.to, release.signer) == (Role.PAYEE, Role.PAYER)
    assert (release.amount.minor, release.tranche) == (5_000, "delivery")
    assert release.expected_remaining.minor == 20_000
    back = read(topics.CONTRACTS_COMMANDS, "funds.return").command
    assert (back.to, back.amount, back.to_total.minor) == (Role.PAYER, None, 1_000)


def test_acceptance_and_decline_are_read():
    accept = read(topics.CONTRACTS_COMMANDS, "contract.accept").command
    assert accept.acceptance.consents
    assert isinstance(read(topics.CONTRACTS_COMMANDS, "contract.decline").command, commands.Decline)


def test_a_ratio_ending_is_kept_with_its_ratio():
    order = json.loads(sample("order.placed"))
    order["data"]["terms"]["dispute"]["ending"] = {"ratio_to_payee_bp": 2_500}
    key = topics.ORDERS_EVENTS.name, "crps.order.placed.v1"
    message = ADAPTERS[key].validate_json(json.dumps(order))
    clause = read_command(message, ASKED, topic=key[0], is_plain=True).command.terms.dispute
    assert (clause.ending, clause.ratio_bp) == ("ratio", 2_500)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "-0.0", "1.5"])
def test_a_digest_is_found_for_any_number(number):
    body = b'{"type":"t","data":{"amount":%s}}' % number.encode()
    other = b'{"type":"t","data":{"amount":"7"}}'
    digest = read_body(read_document(body)).digest
    assert digest != read_body(read_document(other)).digest
    assert digest == read_body(read_document(body.replace(b":{", b": { "))).digest


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='"\\')),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abzAZ_-. 09", max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(database=None, deadline=None)
@given(PLAIN)
def test_of_plain_messages_the_short_way_is_the_canonical_one(document):
    body = json.dumps({"type": "t", "data": document}).encode()
    assert canonicalize(document, is_plain=True) == rfc8785.dumps(document)
    read = read_body(read_document(body))
    assert read.is_plain
    assert read.digest == hashlib.sha256(rfc8785.dumps({"type": "t", "data": document})).digest()


@pytest.mark.parametrize(
    "document", [{"\U0001f600": 1, "\ufb33": 2}, "\u4e2d", "\n", '"', 1.0, 1e21, 2**53]
)
def test_what_is_not_plain_goes_the_long_way(document):
    for ascii_only in (True, False):
        body = json.dumps({"type": "t", "data": document}, ensure_ascii=ascii_only).encode()
        assert not read_body(read_document(body)).is_plain
