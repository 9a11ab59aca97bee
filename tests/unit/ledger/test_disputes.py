"""Contested money in the books: where it comes from, where it goes, when they are empty."""

from uuid import UUID, uuid4

import pytest

from schemas import topics
from schemas.envelope import RestsOn
from services.chassis.inbox import Record, Turn
from services.chassis.turns import Turns
from services.ledger.app import SUBSCRIPTIONS
from services.ledger.domain.entries import Account
from services.ledger.domain.facts import DisputeOpened
from services.ledger.domain.instructions import Status
from services.ledger.domain.roles import Role
from services.ledger.store import LedgerBook
from tests.unit.ledger import wire
from tests.unit.ledger.given import apply, attributed, emptied, funded, moves, orders, report


def contest(to: Role, minor: int, cause: str = "concession"):
    return attributed(to, minor, cause, Account.CONTESTED)


def test_an_admission_leaves_the_free_and_the_rest_is_contested() -> None:
    admitted = attributed(Role.PAYEE, 4_000, "admission")
    book, events = apply(funded(), admitted, DisputeOpened(6_000))
    assert moves(events) == [
        ("free", "payee_due", 4_000),
        ("payee_due", "payee_sent", 4_000),
        ("free", "contested", 6_000),
    ]
    assert (book.balances.free, book.balances.contested) == (0, 6_000)


def test_what_disputes_attribute_is_taken_from_the_contested_and_instructed() -> None:
    book, _ = apply(funded(), DisputeOpened(10_000))
    book, events = apply(book, contest(Role.PAYER, 3_000, "admission"), contest(Role.PAYEE, 7_000))
    assert moves(events)[0] == ("contested", "payer_due", 3_000)
    assert moves(events)[2] == ("contested", "payee_due", 7_000)
    told = [(o.instruction.direction.value, o.instruction.amount) for o in orders(events)]
    assert told == [("return", 3_000), ("settle", 7_000)]
    assert [o.instruction.creditor_account for o in orders(events)] == ["acct-payer", "acct-payee"]
    assert book.balances.contested == 0


def test_books_are_not_empty_while_something_is_contested() -> None:
    book, _ = apply(funded(), attributed(Role.PAYEE, 4_000, "admission"), DisputeOpened(6_000))
    book, events = apply(book, report(0, Status.ARRIVED, 4_000))
    assert emptied(events) == []
    book, events = apply(book, contest(Role.PAYEE, 6_000), report(1, Status.ARRIVED, 6_000))
    assert len(emptied(events)) == 1


def test_nobody_takes_more_than_is_contested_nor_contests_more_than_is_free() -> None:
    book, _ = apply(funded(), DisputeOpened(6_000))
    with pytest.raises(AssertionError, match="contested holds 6000"):
        apply(book, contest(Role.PAYEE, 6_001))
    with pytest.raises(AssertionError, match="free holds 4000"):
        apply(book, DisputeOpened(4_001))


def play(known: LedgerBook | None, turn: Turn, *records: Record) -> LedgerBook | None:
    """Let the records come one by one; ``turn`` remembers what was seen."""
    for record in records:
        known = Turns(SUBSCRIPTIONS, wire.LEDGER).take(known, (record,), turn)
    return known


def test_a_decision_of_disputes_waits_for_the_opening_it_rests_on() -> None:
    contract_id = uuid4()
    turn = wire.turn(contract_id)
    start = wire.accepted(contract_id), wire.received(contract_id), wire.effective(contract_id)
    book = play(None, turn, *start)
    conceded = wire.conceded(contract_id, 1, "payer", "10000", rests_on=3)
    play(book, turn, conceded)
    assert [reason.value for _, reason, _ in turn.holds] == ["rests_on"]
    turn.holds.clear()
    play(book, turn, wire.opened(contract_id, 3, "10000"), conceded)
    assert turn.holds == []
    assert wire.said(turn)[-1][0] == "return.instructed"


def test_emptied_books_rest_on_what_disputes_decided() -> None:
    contract_id = uuid4()
    turn = wire.turn(contract_id)
    book = play(
        None,
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id),
        wire.effective(contract_id),
        wire.opened(contract_id, 3, "10000"),
        wire.conceded(contract_id, 1, "payer", "4000", rests_on=3),
        wire.conceded(contract_id, 2, "payee", "6000", rests_on=3),
    )
    for number, (_, instructed) in enumerate(wire.said(turn)[-2:]):
        instruction_id, amount = str(instructed.instruction_id), str(instructed.money.minor)
        play(
            book, turn, wire.reported(contract_id, instruction_id, "arrived", amount, f"b{number}")
        )
    assert _rests_on(turn, "books.emptied") == RestsOn(
        topic=topics.DISPUTES_EVENTS.name, sequence=2
    )


def test_without_a_dispute_emptied_books_rest_on_nothing() -> None:
    contract_id = uuid4()
    turn = wire.turn(contract_id)
    book = play(
        None,
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id),
        wire.effective(contract_id),
        wire.attributed(contract_id, 3, "payee", "10000"),
    )
    instruction_id = str(wire.said(turn)[-1][1].instruction_id)
    play(book, turn, wire.reported(contract_id, instruction_id, "arrived", "10000", "b"))
    assert _rests_on(turn, "books.emptied") is None


def _rests_on(turn: Turn, noun: str) -> RestsOn | None:
    (sent,) = [out for out in turn.outgoing if out.wire_type == f"crps.{noun}.v1"]
    message = wire.ADAPTERS[sent.topic, sent.wire_type].validate_json(sent.value)
    found: RestsOn | None = message.restson
    return found


def test_the_ids_of_instructions_differ_between_the_deciders() -> None:
    contract_id: UUID = uuid4()
    turn = wire.turn(contract_id)
    play(
        None,
        turn,
        wire.accepted(contract_id),
        wire.received(contract_id),
        wire.effective(contract_id),
        wire.attributed(contract_id, 3, "payee", "4000"),
        wire.opened(contract_id, 4, "6000"),
        wire.conceded(contract_id, 1, "payee", "6000", rests_on=4),
    )
    issued = [body.instruction_id for noun, body in wire.said(turn) if noun.endswith("instructed")]
    assert len(set(issued)) == 2
