"""Wire to domain and back, against the golden samples."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from schemas.registry import ADAPTERS, MODELS
from schemas.values import Money, MoneyFlaw
from services.ledger import messages
from services.ledger.domain import facts
from services.ledger.domain.instructions import Status

SAMPLES = Path(__file__).parents[3] / "schemas" / "samples"
BANK = topics.bank_events("sandbox").name
OURS = [
    (topic, wire_type)
    for topic in (topics.LEDGER_EVENTS.name, topics.settlements_events("sandbox").name, BANK)
    for wire_type in MODELS[topic]
]


def sample(topic: str, wire_type: str) -> messages.Message:
    return ADAPTERS[topic, wire_type].validate_json((SAMPLES / f"{wire_type}.json").read_bytes())


@pytest.mark.parametrize(("topic", "wire_type"), OURS)
def test_every_sample_reads_and_writes_back_the_same(topic: str, wire_type: str) -> None:
    written = (SAMPLES / f"{wire_type}.json").read_bytes()
    again = ADAPTERS[topic, wire_type].dump_json(sample(topic, wire_type), exclude_none=True)
    assert json.loads(again) == json.loads(written)


def test_a_receipt_is_read() -> None:
    message = sample(BANK, "crps.funds.received.v1")
    assert messages.read_fact(message, BANK) == facts.FundsReceived(
        "rcpt-1", Money(30_200, "CNY/2"), "acct-payer-7"
    )
    assert list(messages.receipts_named(message)) == ["rcpt-1"]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ISSUED])
def test_the_type_of_a_report_names_the_status(status: Status) -> None:
    message = sample(BANK, f"crps.instruction.{status}.v1")
    fact = messages.read_fact(message, BANK)
    assert isinstance(fact, facts.InstructionReported)
    assert fact.status is status
    assert messages.instruction_named(message) == fact.instruction_id
    assert messages.is_bank_report(message)


@pytest.mark.parametrize(
    ("money", "flaw"),
    [
        ({"amount": 1.5, "asset": "CNY/2"}, MoneyFlaw.AMOUNT_INVALID),
        ({"amount": "-1", "asset": "CNY/2"}, MoneyFlaw.AMOUNT_INVALID),
        ({"amount": "1", "asset": "CNY/3"}, MoneyFlaw.EXPONENT_WRONG),
        ({"amount": "1", "asset": "XXQ/2"}, MoneyFlaw.CURRENCY_UNKNOWN),
        ("1", MoneyFlaw.AMOUNT_INVALID),
    ],
)
def test_flawed_money_of_a_bank_stays_a_value(money: Any, flaw: MoneyFlaw) -> None:
    wire_type = "crps.funds.received.v1"
    raw = json.loads((SAMPLES / f"{wire_type}.json").read_bytes())
    raw["data"]["money"] = money
    fact = messages.read_fact(ADAPTERS[BANK, wire_type].validate_json(json.dumps(raw)), BANK)
    assert isinstance(fact, facts.FundsReceived)
    assert fact.money is flaw


def test_the_body_digest_follows_the_content_not_the_layout() -> None:
    raw = json.loads((SAMPLES / "crps.instruction.arrived.v1.json").read_bytes())
    first = messages.body_digest(json.dumps(raw).encode())
    reordered = dict(reversed(raw.items())) | {"time": "2027-01-01T00:00:00Z", "id": "other"}
    assert messages.body_digest(json.dumps(reordered, indent=7).encode()) == first
    for key, value in (("attempt", 2), ("attempt", "1"), ("attempt", 1.0), ("note", "x")):
        changed = raw | {"data": raw["data"] | {key: value}}
        assert messages.body_digest(json.dumps(changed).encode()) != first


def test_a_number_of_any_size_has_a_digest() -> None:
    body = b'{"type": "t", "data": {"n": ' + b"9" * 9_000 + b"}}"
    assert len(messages.body_digest(body)) == 32
