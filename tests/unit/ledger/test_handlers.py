"""The shell without a database: records in, messages and dead letters out."""

import hashlib
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.chassis.inbox import Hold, Record, Turn
from services.ledger.store import LedgerBook
from tests.unit.ledger import wire
from tests.unit.ledger.wire import LEDGER, said


@pytest.fixture
def contract_id() -> UUID:
    return uuid4()


def play(turn: Turn, *records: Record) -> LedgerBook:
    book: LedgerBook | None = None
    for record in records:
        outcome = LEDGER.apply(book, record, turn)
        assert isinstance(outcome, LedgerBook)
        book = outcome
    assert book is not None
    return book


def test_a_banks_report_waits_until_its_contract_is_registered(contract_id: UUID) -> None:
    turn = wire.turn(contract_id)
    assert LEDGER.apply(None, wire.received(contract_id), turn) is Hold.UNREGISTERED
    assert turn.outgoing == []


def test_the_whole_way_from_acceptance_to_empty_books(contract_id: UUID) -> None:
    turn = wire.turn(contract_id)
    release = wire.attributed(contract_id, 3, "payee", "10000")
    book = play(
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id),
        wire.effective(contract_id),
        release,
    )
    _, instructed = said(turn)[-1]
    assert instructed.creditor_account == "acct-payee"
    assert instructed.authorisation.event_hash == hashlib.sha256(release.value).hexdigest()
    assert instructed.uetr.version == 4
    arrived = wire.reported(
        contract_id, str(instructed.instruction_id), "arrived", "10000", "bank-2"
    )
    LEDGER.apply(book, arrived, turn)
    assert [noun for noun, _ in said(turn)] == [
        "funding.requested",
        "funding.received",
        "settlement.instructed",
        "books.emptied",
    ]
    assert [number for number, _, _ in book.unsaved.entries] == [1, 2, 3, 4, 5]
    assert not book.stored


def test_the_instructions_id_follows_from_the_deciding_event(contract_id: UUID) -> None:
    ids = set()
    for _ in range(2):
        turn = wire.turn(contract_id)
        play(
            turn,
            wire.accepted(contract_id),
            wire.received(contract_id),
            wire.effective(contract_id),
            wire.attributed(contract_id, 3, "payer", "10000"),
        )
        ids.add(said(turn)[-1][1].instruction_id)
    assert len(ids) == 1


def test_the_same_event_id_is_silent_and_another_body_under_it_is_refused(
    contract_id: UUID,
) -> None:
    turn = wire.turn(contract_id)
    play(
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id, "r1", "4000", event_id="bank-1"),
        wire.received(contract_id, "r1", "4000", event_id="bank-1"),
        wire.received(contract_id, "r1", "4000", event_id="bank-2"),
        wire.received(contract_id, "r2", "6000", event_id="bank-1"),
    )
    assert [noun for noun, _ in said(turn)] == ["funding.requested", "funding.received"]
    assert [letter.code for letter in turn.quarantined] == ["REPORT_CONFLICT"]


def test_a_refused_report_does_not_use_up_its_id(contract_id: UUID) -> None:
    turn = wire.turn(contract_id)
    play(
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id, "r1", "0", event_id="bank-1"),
        wire.received(contract_id, "r1", "4000", event_id="bank-1"),
        wire.received(contract_id, "r1", "4001", event_id="bank-2"),
    )
    assert [letter.code for letter in turn.quarantined] == ["AMOUNT_INVALID", "RECEIPT_CONFLICT"]
    assert [noun for noun, _ in said(turn)] == ["funding.requested", "funding.received"]


def test_another_rails_bank_has_no_say(contract_id: UUID) -> None:
    turn = wire.turn(contract_id)
    book = play(turn, wire.accepted(contract_id))
    elsewhere = replace(book.book.registration, rail="other")
    book.book = replace(book.book, registration=elsewhere)
    LEDGER.apply(book, wire.received(contract_id), turn)
    assert [letter.code for letter in turn.quarantined] == ["RAIL_FOREIGN"]
    assert book.unsaved.receipts == []


def test_a_lapsed_offer_tells_the_bank_and_returns_each_receipt(contract_id: UUID) -> None:
    turn = wire.turn(contract_id)
    lapsed = {
        "asset": "CNY/2",
        "returns": [{"receipt": "r1", "amount": "400"}, {"receipt": "r2", "amount": "30"}],
    }
    play(
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id, "r1", "400"),
        wire.received(contract_id, "r2", "30"),
        wire.decided(contract_id, 2, "offer.lapsed", lapsed),
    )
    nouns = [noun for noun, _ in said(turn)]
    assert nouns[3:] == ["funding.cancelled", "return.instructed", "return.instructed"]
    first, second = (body for noun, body in said(turn) if noun == "return.instructed")
    assert first.instruction_id != second.instruction_id
    assert (first.authorisation.receipt, second.authorisation.receipt) == ("r1", "r2")
    assert first.authorisation.signer is None
