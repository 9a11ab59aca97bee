"""The shell: one message to a fact or a command, to the law, the events to the turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from schemas import topics
from schemas.refusals import Code, is_stored
from services.chassis.canonical import read_body
from services.chassis.inbox import Emitted, Flawed, Hold, Record, Turn
from services.disputes import messages, store
from services.disputes.domain import events
from services.disputes.domain.commands import Asked, DisputeOpened, FirstAnswer
from services.disputes.domain.decide import awaits_fact, decide
from services.disputes.domain.evolve import evolve
from services.disputes.domain.facts import learn
from services.disputes.domain.outcome import Applied, Duplicate, Refusal
from services.disputes.store import Answered, CommandKey, StoredDocket


class Disputes:
    """The law as the chassis runs it; it implements ``services.chassis.inbox.Service``."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, StoredDocket]:
        """Lock the dockets and read the disputes and first answers that may matter."""
        named = {
            (contract_id, *_key(record))
            for contract_id, inbound in records.items()
            for record in inbound
            if record.upstream is not None
        }
        return await store.load(conn, records, named)

    def apply(
        self, aggregate: StoredDocket | None, record: Record, turn: Turn
    ) -> StoredDocket | Hold | None:
        """Take in one message. None leaves an unknown contract unknown."""
        if record.topic == topics.CONTRACTS_EVENTS.name:
            return _take_fact(aggregate, record, turn)
        if record.message.type == messages.DUE:
            return _take_due(aggregate, record, turn)
        return _take_command(aggregate, record, turn)

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a command whose content breaks the language; it uses up no id."""
        body = messages.flawed(flawed.attributes.id, flawed.party, flawed.code, flawed.detail)
        turn.answer(topics.DISPUTES_ANSWERS, messages.REFUSED, body, cause=flawed)

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[StoredDocket]) -> None:
        """Write the dockets that had a turn."""
        await store.save(conn, aggregates)


# --- one message --------------------------------------------------------------------------------


def _take_fact(aggregate: StoredDocket | None, record: Record, turn: Turn) -> StoredDocket:
    fact = messages.read_fact(record.message)
    if isinstance(fact, DisputeOpened):
        assert aggregate is not None, "contracts tells of an offer before anything else"
        # What contracts tells was judged by contracts; it never moves the contract's time.
        outcome = decide(aggregate.docket, fact, turn.now).outcome
        assert isinstance(outcome, Applied), "facts are never refused"
        _follow(aggregate, outcome.events, record, turn)
        return aggregate
    docket = learn(aggregate.docket if aggregate else None, fact)
    if aggregate is None:
        return StoredDocket(
            contract_id=record.contract_id, stored=False, docket=docket, noted_at=turn.now
        )
    aggregate.docket = docket
    return aggregate


def _take_due(aggregate: StoredDocket | None, record: Record, turn: Turn) -> StoredDocket | None:
    if aggregate is None:
        return None  # Forged: we never set a timer for what we do not know.
    due = messages.read_due(record.message)
    decision = decide(aggregate.docket, due, _judging_time(aggregate, record))
    _follow(aggregate, decision.due, record, turn)
    return aggregate


def _take_command(
    aggregate: StoredDocket | None, record: Record, turn: Turn
) -> StoredDocket | Hold | None:
    key = _key(record)
    answered = aggregate.register.get(key) if aggregate else None
    if answered and (answered.partition, answered.offset) == (record.partition, record.offset):
        return aggregate  # The log delivers this very record again.
    ask = _Ask(record, key, _asked(aggregate, record, key))
    command = messages.read_command(record.message, ask.asked)
    docket = aggregate.docket if aggregate else None
    if awaits_fact(docket, command) and not record.facts_read:
        return Hold.FACTS
    t = _judging_time(aggregate, record) if aggregate else record.appended_at
    decision = decide(docket, command, t)
    if aggregate is None:
        assert isinstance(decision.outcome, Refusal), "nobody states a claim on the unknown"
        _answer_refused(ask, decision.outcome, turn)
        return None
    _follow(aggregate, decision.due, record, turn)
    match decision.outcome:
        case Applied(happened):
            said = _follow(aggregate, happened, record, turn)
            _register(aggregate, ask, "applied", turn, event_id=said[0].event_id)
        case Refusal() as refusal:
            _answer_refused(ask, refusal, turn)
            if is_stored(refusal.code):
                _register(aggregate, ask, "refused", turn, code=refusal.code)
                aggregate.refusals[ask.asked.party] += 1
        case Duplicate() as duplicate:
            body = messages.duplicated(ask.asked.command_id, ask.asked.party, duplicate)
            turn.answer(topics.DISPUTES_ANSWERS, messages.DUPLICATED, body, cause=record)
    return aggregate


@dataclass(frozen=True, slots=True)
class _Ask:
    """A command with everything its answer needs."""

    record: Record
    key: CommandKey
    asked: Asked


def _key(record: Record) -> CommandKey:
    return messages.party_of(record.message), record.message.id


def _asked(aggregate: StoredDocket | None, record: Record, key: CommandKey) -> Asked:
    assert record.upstream is not None
    assert record.document is not None, "what a party wrote was read as such"
    party, command_id = key
    answered = aggregate.register.get(key) if aggregate else None
    return Asked(
        upstream=record.upstream,
        party=party,
        command_id=command_id,
        body_digest=read_body(record.document).digest,
        first=answered.first if answered else None,
        refusals_stored=aggregate.refusals.get(party, 0) if aggregate else 0,
    )


def _judging_time(aggregate: StoredDocket, record: Record) -> datetime:
    """Return the time by which ``record`` is judged, monotone over the commands topic.

    One that waited is judged at its own append time: what came after it does not make it later.
    """
    latest = max(aggregate.last_t or record.appended_at, record.appended_at)
    aggregate.last_t = latest
    return record.appended_at if record.held else latest


def _follow(
    aggregate: StoredDocket, happened: Sequence[events.Event], record: Record, turn: Turn
) -> list[Emitted]:
    """Let the events happen, and say each with the state it led to."""
    said = []
    for event in happened:
        after = evolve(aggregate.docket, event)
        wire_type, body, rests_on = messages.say(event, after)
        said.append(
            turn.emit(topics.DISPUTES_EVENTS, wire_type, body, cause=record, rests_on=rests_on)
        )
        aggregate.docket = after
    return said


def _answer_refused(ask: _Ask, refusal: Refusal, turn: Turn) -> None:
    body = messages.refused(ask.asked.command_id, ask.asked.party, refusal)
    turn.answer(topics.DISPUTES_ANSWERS, messages.REFUSED, body, cause=ask.record)


def _register(
    aggregate: StoredDocket,
    ask: _Ask,
    outcome: Literal["applied", "refused"],
    turn: Turn,
    *,
    code: Code | None = None,
    event_id: str | None = None,
) -> None:
    first = FirstAnswer(ask.asked.body_digest, outcome, code, event_id)
    partition, offset = ask.record.partition, ask.record.offset
    aggregate.register[ask.key] = Answered(first, partition, offset, turn.now)
