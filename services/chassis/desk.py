"""The desk of a service that takes commands: who asks for what, and the answer.

Every command ends as applied, refused or duplicate (SPEC section 4); only a record that the log
delivers once more is silent, for it has its answer (section 3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from schemas import contracts_v1
from schemas.fields import Token
from schemas.refusals import Code, is_stored
from schemas.topics import Topic
from services.chassis.answers import Applied, Asked, Duplicate, FirstAnswer, Outcome, Refusal
from services.chassis.canonical import read_body
from services.chassis.inbox import Emitted, Flawed, Record, Turn
from services.chassis.register import Answerable, Answered, Register, key_of

REFUSED: Final = "crps.command.refused.v1"
DUPLICATED: Final = "crps.command.duplicated.v1"

_TOKEN: Final = TypeAdapter[str](Token)


@dataclass(frozen=True, slots=True)
class Ask:
    """A command with everything its answer needs."""

    record: Record
    asked: Asked
    register: Register
    is_plain: bool
    """What ``canonical.read_body`` said of the command."""


def take_command(register: Register, record: Record) -> Ask | None:
    """Return the command that ``record`` is; None when this very record has its answer."""
    key = key_of(record)
    answered = register.answers.get(key)
    if answered and (answered.partition, answered.offset) == (record.partition, record.offset):
        return None
    assert record.document is not None, "what a party wrote was read as such"
    body = read_body(record.document)
    _, party, command_id = key
    assert record.upstream is not None, "whoever commands was authenticated"
    asked = Asked(
        upstream=record.upstream,
        party=party,
        command_id=command_id,
        body_digest=body.digest,
        first=answered.first if answered else None,
        refusals_stored=register.refusals.get(party, 0),
        proof=record.proof,
    )
    return Ask(record, asked, register, body.is_plain)


def judging_time(aggregate: Answerable, record: Record) -> datetime:
    """Return the time by which ``record`` is judged: monotone over the commands topic (SPEC 5).

    One that waited for facts is judged at its own append time all the same, since nothing on its
    topic overtakes it.
    """
    aggregate.last_t = max(aggregate.last_t or record.appended_at, record.appended_at)
    return aggregate.last_t


class Desk:
    """Gives the answers of one service."""

    def __init__(self, topic: Topic, remedies: Mapping[Code, str]) -> None:
        """``topic``: where the answers go; ``remedies``: what the asker can do instead, by code."""
        self._topic = topic
        self._remedies = remedies

    def answer(self, ask: Ask, outcome: Outcome[Any], said: Sequence[Emitted], turn: Turn) -> None:
        """Answer a command with its ``outcome``, of which ``said`` are the events.

        A command that is applied is answered by the first of them. What uses up the id is kept.
        """
        asked = ask.asked
        match outcome:
            case Applied():
                _keep(ask, turn, FirstAnswer(asked.body_digest, "applied", None, said[0].event_id))
            case Refusal(code):
                body = self._refused(asked.command_id, asked.party, outcome)
                turn.answer(self._topic, REFUSED, body, cause=ask.record)
                if is_stored(code):
                    _keep(ask, turn, FirstAnswer(asked.body_digest, "refused", code, None))
                    ask.register.refusals[asked.party] += 1
            case Duplicate(first):
                again = contracts_v1.CommandDuplicated(
                    command_id=asked.command_id,
                    party=asked.party,
                    first=first.outcome,
                    code=first.code,
                    event_id=first.event_id,
                )
                turn.answer(self._topic, DUPLICATED, again, cause=ask.record)

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a command whose content breaks the language; it uses up no id."""
        try:
            party = None if flawed.party is None else _TOKEN.validate_python(flawed.party)
        except ValidationError:
            party = None  # What is no token is not repeated.
        refusal = Refusal(Code(flawed.code), flawed.detail)
        body = self._refused(flawed.attributes.id, party, refusal)
        turn.answer(self._topic, REFUSED, body, cause=flawed)

    def _refused(
        self, command_id: str, party: str | None, refusal: Refusal
    ) -> contracts_v1.CommandRefused:
        return contracts_v1.CommandRefused(
            command_id=command_id,
            party=party,
            code=refusal.code,
            detail=f"{refusal.detail}. {self._remedies[refusal.code]}",
            facts=refusal.facts,
            allowed=[
                contracts_v1.Allowed(command=each.command, until=each.until)
                for each in refusal.allowed
            ],
        )


def _keep(ask: Ask, turn: Turn, first: FirstAnswer) -> None:
    record = ask.record
    ask.register.answers[key_of(record)] = Answered(
        first, record.partition, record.offset, turn.now
    )
