"""The desk: who asks for what, the answer that is sent, and what is kept of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas import contracts_v1, topics
from schemas.refusals import Code
from services.chassis.answers import Allowed, Applied, Duplicate, FirstAnswer, Refusal
from services.chassis.desk import Ask, Desk, judging_time, take_command
from services.chassis.inbox import Flawed, Record, Turn
from services.chassis.register import Answerable, Register
from services.contracts.handlers import Contracts
from services.disputes.handlers import Disputes
from tests.unit.records import CONTRACT_ID, START, UPSTREAM, money, record

DESK = Desk(topics.CONTRACTS_ANSWERS, {Code.NO_CHANGE: "Be glad.", Code.WRONG_ROLE: "Let go."})
HOUR = timedelta(hours=1)


def command(message_id: str = "c-1", amount: int = 1, party: str = "alice", **where: Any) -> Record:
    told = {"party": party, "amount": money(amount)}
    return record(topics.CONTRACTS_COMMANDS.name, "funds.release", message_id, told, **where)


def offer(topic: topics.Topic, noun: str) -> Record:
    told = {"order_id": "o-1", "terms": {}, "offer_expires_at": START.isoformat()}
    return record(topic.name, noun, "o-1", {**told, "acceptances": []})


def taken(register: Register, asked: Record) -> Ask:
    ask = take_command(register, asked)
    assert ask is not None
    return ask


@pytest.fixture
def turn() -> Turn:
    return Turn(CONTRACT_ID, "contracts", START, {}, {})


def answers(turn: Turn) -> list[dict[str, Any]]:
    return [
        json.loads(each.value)
        for each in turn.outgoing
        if each.topic == topics.CONTRACTS_ANSWERS.name
    ]


def applied(ask: Ask, turn: Turn) -> str:
    """Let two events happen and answer with them; returns the id of the first."""
    reopened = "crps.contract.reopened.v1", contracts_v1.ContractReopened()
    said = [turn.emit(topics.CONTRACTS_EVENTS, *reopened, cause=ask.record) for _ in range(2)]
    DESK.answer(ask, Applied(("once", "again")), said, turn)
    return said[0].event_id


# --- what is asked ------------------------------------------------------------------------------


def test_a_command_says_who_asks_and_that_nothing_was_answered_yet() -> None:
    asked = taken(Register(), command()).asked
    assert (asked.upstream, asked.party, asked.command_id) == (UPSTREAM, "alice", "c-1")
    assert (asked.first, asked.refusals_stored) == (None, 0)


def test_what_names_no_party_is_its_upstreams() -> None:
    assert taken(Register(), offer(topics.ORDERS_EVENTS, "order.placed")).asked.party == UPSTREAM


def test_an_id_is_scoped_to_its_topic_and_party(turn: Turn) -> None:
    register = Register()
    applied(taken(register, offer(topics.ORDERS_EVENTS, "order.placed")), turn)
    applied(taken(register, command()), turn)
    for other in (
        offer(topics.CONTRACTS_COMMANDS, "contract.offer"),
        command("o-1"),
        command(party="bob"),
    ):
        assert taken(register, other).asked.first is None
        assert taken(register, other).asked.refusals_stored == 0


def test_the_very_record_is_silent_and_another_with_its_id_meets_the_first_answer(
    turn: Turn,
) -> None:
    register, first = Register(), command()
    event_id = applied(taken(register, first), turn)
    assert take_command(register, first) is None
    again = taken(register, replace(first, offset=first.offset + 1)).asked
    assert again.first == FirstAnswer(again.body_digest, "applied", None, event_id)
    other = taken(register, command(amount=2)).asked
    assert other.first == again.first
    assert other.body_digest != again.body_digest
    assert taken(register, command("c-2")).asked.first is None


def test_the_same_offset_of_another_partition_is_another_record(turn: Turn) -> None:
    register, first = Register(), command()
    applied(taken(register, first), turn)
    assert taken(register, replace(first, partition=1)).asked.first is not None


# --- the answer ---------------------------------------------------------------------------------


def test_what_is_applied_is_answered_by_its_first_event_alone(turn: Turn) -> None:
    register, asked = Register(), command()
    event_id = applied(taken(register, asked), turn)
    assert answers(turn) == []
    (kept,) = register.answers.values()
    assert (kept.first.event_id, kept.judged_at) == (event_id, turn.now)
    assert (kept.partition, kept.offset) == (asked.partition, asked.offset)


def test_a_refusal_is_sent_with_its_remedy_and_uses_up_the_id(turn: Turn) -> None:
    register = Register()
    refusal = Refusal(Code.NO_CHANGE, "it is so", {"a": "1"}, (Allowed("funds.return", START),))
    DESK.answer(taken(register, command()), refusal, (), turn)
    (answer,) = answers(turn)
    assert (answer["type"], answer["causationid"]) == ("crps.command.refused.v1", "c-1")
    assert answer["data"] == {
        "command_id": "c-1",
        "party": "alice",
        "code": "NO_CHANGE",
        "detail": "it is so. Be glad.",
        "facts": {"a": "1"},
        "allowed": [{"command": "funds.return", "until": "2026-01-05T04:00:00.000000Z"}],
    }
    (kept,) = register.answers.values()
    assert (kept.first.outcome, kept.first.code) == ("refused", Code.NO_CHANGE)
    assert taken(register, command("c-2")).asked.refusals_stored == 1


def test_a_refusal_that_anybody_could_provoke_is_sent_and_not_kept(turn: Turn) -> None:
    register = Register()
    DESK.answer(taken(register, command()), Refusal(Code.WRONG_ROLE, "not yours"), (), turn)
    assert answers(turn)[0]["data"]["detail"] == "not yours. Let go."
    assert register == Register()


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (FirstAnswer(b"", "applied", None, "event-7"),
         {"first": "applied", "event_id": "event-7"}),
        (FirstAnswer(b"", "refused", Code.NO_CHANGE, None),
         {"first": "refused", "code": "NO_CHANGE"}),
    ],
)  # fmt: skip
def test_a_duplicate_is_told_the_first_answer_and_is_not_kept(
    first: FirstAnswer, told: dict[str, str], turn: Turn
) -> None:
    register = Register()
    DESK.answer(taken(register, command()), Duplicate(first), (), turn)
    (answer,) = answers(turn)
    assert answer["type"] == "crps.command.duplicated.v1"
    assert answer["data"] == {"command_id": "c-1", "party": "alice", **told}
    assert register == Register()


@pytest.mark.parametrize(
    ("service", "topic"),
    [(Contracts(), topics.CONTRACTS_ANSWERS), (Disputes(), topics.DISPUTES_ANSWERS)],
)
@pytest.mark.parametrize(
    ("party", "repeated"), [("alice", "alice"), ("<script>", None), (None, None)]
)
def test_a_flawed_command_is_answered_and_what_is_no_token_is_not_repeated(
    service: Any, topic: topics.Topic, party: str | None, repeated: str | None, turn: Turn
) -> None:
    good = command()
    place = {
        name: getattr(good, name)
        for name in ("topic", "partition", "offset", "appended_at", "key", "headers", "value")
    }
    flawed = Flawed(
        **place,
        contract_id=CONTRACT_ID,
        attributes=good.message,
        upstream=UPSTREAM,
        party=party,
        code="WRONG_PARTITION",
        detail="partition 3 of 12 is right",
    )
    service.refuse(flawed, turn)
    (answer,) = turn.outgoing
    assert answer.topic == topic.name
    told = json.loads(answer.value)["data"]
    assert (told["code"], told.get("party")) == ("WRONG_PARTITION", repeated)
    assert told["detail"].startswith("partition 3 of 12 is right. Send with")
    assert b"script" not in answer.value


# --- the time -----------------------------------------------------------------------------------


@pytest.fixture
def judged() -> Callable[..., Any]:
    aggregate = Answerable(contract_id=CONTRACT_ID)

    def judge(hours: float) -> Any:
        return judging_time(aggregate, command(at=START + hours * HOUR)) - START

    return judge


def test_time_never_runs_back_within_a_contract(judged: Callable[..., Any]) -> None:
    assert [judged(hours) / HOUR for hours in (2, 1, 3, 2)] == [2, 2, 3, 3]
