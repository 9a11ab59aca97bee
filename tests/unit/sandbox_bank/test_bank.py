"""What the sandbox bank says to what it is told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from connectors.sandbox_bank.bank import answer
from connectors.sandbox_bank.messages import INBOUND, OUTBOUND, UnreadableError, read
from connectors.sandbox_bank.sending import partition_of
from schemas import topics
from schemas.bank_v1 import FundsReceived, InstructionReported
from schemas.envelope import MAX_RECORD_BYTES, Envelope
from schemas.registry import ADAPTERS, ENVELOPES
from schemas.sandbox_v1 import OrderPayment
from schemas.settlements_v1 import (
    FundingCancelled,
    FundingRefused,
    FundingRequested,
    HeldOrder,
    InstructionAuthorisation,
    InstructionIssued,
)
from schemas.values import Money
from services.chassis import partitioner

CONTRACT = UUID("5b0c6f0e-6d53-4a3f-8d0c-0123456789ab")
INSTRUCTION = UUID("7d9a7f52-93a1-4c6e-9f43-1f1f1f1f1f1f")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTLEMENTS = topics.settlements_events("sandbox").name
COMMANDS = topics.SANDBOX_COMMANDS.name
MONEY = Money(30_000, "CNY/2")


@dataclass(slots=True)
class Raw:
    """A consumed record."""

    topic: str
    value: bytes | None
    key: bytes | None = str(CONTRACT).encode()
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp: int = int(NOON.timestamp() * 1000) + 123


def raw(topic: str, wire_type: str, data: BaseModel, message_id: str = "m1") -> Raw:
    envelope = ENVELOPES[topic, wire_type](
        specversion="1.0",
        id=message_id,
        source="crps.ledger",
        type=wire_type,
        subject=CONTRACT,
        time=NOON,
        data=data,
    )
    return Raw(
        topic,
        ADAPTERS[topic, wire_type].dump_json(envelope),
        headers=(("type", wire_type.encode()),),
    )


def instruction(wire_type: str, attempt: int = 1) -> Raw:
    issued = InstructionIssued(
        instruction_id=INSTRUCTION,
        instr_id="I1",
        end_to_end_id="E1",
        uetr=INSTRUCTION,
        attempt=attempt,
        possible_duplicate=False,
        kind="subjective",
        cause="release",
        money=MONEY,
        tranches=[],
        debtor_account="auto-payer",
        creditor_account="payee",
        authorisation=InstructionAuthorisation(
            signer="payer", basis="live", terms_digest="0" * 64, event_hash="0" * 64
        ),
        held=HeldOrder(reference="held", sum_before=30_000, count_before=0, remainder_after=0),
        not_before=NOON,
        latest_execution_by=NOON,
    )
    return raw(SETTLEMENTS, wire_type, issued)


def asked(account: str) -> Raw:
    requested = FundingRequested(money=MONEY, debtor_account=account, expires_at=NOON)
    return raw(SETTLEMENTS, "crps.funding.requested.v1", requested)


def order(receipt: str = "R-1", message_id: str = "m1") -> Raw:
    payment = OrderPayment(receipt=receipt, money=MONEY, account="payer-7")
    return raw(COMMANDS, "crps.payment.order.v1", payment, message_id)


def said(*records: Raw) -> list[Envelope[Any]]:
    """What the bank says, read back as the ledger reads it."""
    return [
        ADAPTERS[OUTBOUND, dict(out.headers)["type"].decode()].validate_json(out.value)
        for out in answer(records)
    ]


def test_an_ordered_payment_is_received_as_ordered() -> None:
    (report,) = said(order())
    assert report.type == "crps.funds.received.v1"
    assert report.subject == CONTRACT
    assert report.causationid == "m1"
    assert report.data == FundsReceived(receipt="R-1", money=MONEY, account="payer-7")


def test_contradicting_orders_under_one_receipt_are_two_reports() -> None:
    first, second = said(order(message_id="a"), order(message_id="b"))
    assert first.data.receipt == second.data.receipt
    assert first.id != second.id


def test_an_auto_payer_pays_what_is_requested() -> None:
    (report,) = said(asked("auto-payer"))
    assert report.data == FundsReceived(
        receipt=f"auto-{CONTRACT}", money=MONEY, account="auto-payer"
    )


@pytest.mark.parametrize(
    "wire_type", ["crps.settlement.instructed.v1", "crps.return.instructed.v1"]
)
def test_an_instruction_arrives_at_once(wire_type: str) -> None:
    (report,) = said(instruction(wire_type, attempt=2))
    assert report.type == "crps.instruction.arrived.v1"
    assert report.id == f"bank/{INSTRUCTION}/2/arrived"
    assert report.data == InstructionReported(instruction_id=INSTRUCTION, attempt=2, money=MONEY)


@pytest.mark.parametrize(
    "record",
    [
        asked("payer-7"),
        raw(
            SETTLEMENTS,
            "crps.funding.refused.v1",
            FundingRefused(receipt="R-1", reason="foreign_account"),
        ),
        raw(SETTLEMENTS, "crps.funding.cancelled.v1", FundingCancelled(reason="declined")),
    ],
)
def test_the_rest_is_only_noted(record: Raw) -> None:
    assert read(record).subject == CONTRACT
    assert answer([record]) == []


@given(st.text("abc/:.-0", min_size=1, max_size=127).map(lambda tail: f"x{tail}"))
def test_a_repeat_is_the_same_to_the_last_byte_and_every_id_fits(message_id: str) -> None:
    first, again = answer([order(message_id=message_id)]), answer([order(message_id=message_id)])
    assert first == again
    assert len(said(order(message_id=message_id))[0].id) <= 128


def without_headers(record: Raw) -> Raw:
    return Raw(record.topic, record.value)


def test_the_type_is_read_from_the_envelope_where_the_header_is_missing() -> None:
    assert said(without_headers(order())) == said(order())


def changed(record: Raw, **changes: Any) -> Raw:
    return Raw(
        **{
            "topic": record.topic,
            "value": record.value,
            "key": record.key,
            "headers": record.headers,
            **changes,
        }
    )


BAD = [
    changed(order(), value=b"not json"),
    changed(order(), value=b"\xff\xfe", headers=()),
    changed(order(), value=None),
    changed(order(), value=b"[" * 70_000),
    changed(order(), value=b" " * (MAX_RECORD_BYTES + 1)),
    changed(order(), headers=(("type", b"\xff"),)),
    changed(order(), headers=(("type", b"crps.payment.cancel.v1"),)),
    changed(order(), key=None),
    changed(order(), key=str(INSTRUCTION).encode()),
    changed(order(), topic=SETTLEMENTS),
    changed(order(), value=json.dumps({"type": "crps.payment.order.v1"}).encode()),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_record_is_skipped_and_its_neighbours_are_served(bad: Raw) -> None:
    with pytest.raises(UnreadableError):
        read(bad)
    assert answer([order(message_id="a"), bad, order(message_id="b")]) == answer(
        [order(message_id="a"), order(message_id="b")]
    )


def test_it_says_only_what_is_its_own() -> None:
    assert set(INBOUND) == {SETTLEMENTS, COMMANDS}
    assert OUTBOUND == "crps.bank.sandbox.events.v1"


@given(st.uuids(), st.sampled_from([1, 12, 48]))
def test_its_partitioner_is_everybodys(contract_id: UUID, partitions: int) -> None:
    key = str(contract_id).encode()
    assert partition_of(key, partitions) == partitioner.partition_of(key, partitions)
