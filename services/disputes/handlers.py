"""The shell: one message to a fact or a command, to the law, the events to the turn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from schemas import topics
from services.chassis.answers import Applied, Refusal
from services.chassis.desk import Desk, judging_time, take_command
from services.chassis.inbox import Emitted, Flawed, Hold, Labels, Record, Turn
from services.chassis.register import Register
from services.disputes import store
from services.disputes.domain import events
from services.disputes.domain.commands import DisputeOpened
from services.disputes.domain.decide import awaits_fact, decide
from services.disputes.domain.docket import Docket
from services.disputes.domain.evolve import evolve
from services.disputes.domain.facts import learn
from services.disputes.errors import REMEDY
from services.disputes.messages import incoming, outgoing
from services.disputes.store import StoredDocket

ENDING: Final = "ending"
"""Under which the metrics count how disputes end."""
HALF_LIFE: Final = "half-life"
"""Under which they observe how fast what is contested shrinks."""

_DESK: Final = Desk(topics.DISPUTES_ANSWERS, REMEDY)


class Disputes:
    """The law as the chassis runs it; it implements ``services.chassis.inbox.Service``."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, StoredDocket]:
        """Lock the dockets and read the disputes and first answers that may matter."""
        named = {
            (contract_id, name)
            for contract_id, inbound in records.items()
            for record in inbound
            if (name := incoming.proposal_named(record.message)) is not None
        }
        return await store.load(conn, records, sorted(named))

    def apply(
        self, aggregate: StoredDocket | None, record: Record, turn: Turn
    ) -> StoredDocket | Hold | None:
        """Take in one message. None leaves an unknown contract unknown."""
        if record.topic == topics.CONTRACTS_EVENTS.name:
            return _take_fact(aggregate, record, turn)
        if record.message.type == incoming.DUE:
            return _take_due(aggregate, record, turn)
        return _take_command(aggregate, record, turn)

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a command whose content breaks the language; it uses up no id."""
        _DESK.refuse(flawed, turn)

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[StoredDocket]) -> None:
        """Write the dockets that had a turn."""
        await store.save(conn, aggregates)


# --- one message --------------------------------------------------------------------------------


def _take_fact(aggregate: StoredDocket | None, record: Record, turn: Turn) -> StoredDocket:
    fact = incoming.read_fact(record.message)
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
    due = incoming.read_due(record.message)
    decision = decide(aggregate.docket, due, judging_time(aggregate, record))
    _follow(aggregate, decision.due, record, turn)
    return aggregate


def _take_command(
    aggregate: StoredDocket | None, record: Record, turn: Turn
) -> StoredDocket | Hold | None:
    ask = take_command(aggregate.register if aggregate else Register(), record)
    if ask is None:
        return aggregate
    command = incoming.read_command(record.message, ask.asked)
    docket = aggregate.docket if aggregate else None
    if awaits_fact(docket, command) and not record.facts_read:
        return Hold.FACTS
    if aggregate is None:
        outcome = decide(None, command, record.appended_at).outcome
        assert isinstance(outcome, Refusal), "nobody states a claim on the unknown"
        _DESK.answer(ask, outcome, (), turn)
        return None
    decision = decide(aggregate.docket, command, judging_time(aggregate, record))
    _follow(aggregate, decision.due, record, turn)
    said = _follow(aggregate, decision.applied, record, turn)
    _DESK.answer(ask, decision.outcome, said, turn)
    return aggregate


def _follow(
    aggregate: StoredDocket, happened: Sequence[events.Event], record: Record, turn: Turn
) -> list[Emitted]:
    """Let the events happen, and say each with the state it led to."""
    said = []
    for event in happened:
        before, after = aggregate.docket, evolve(aggregate.docket, event)
        wire_type, body, rests_on = outgoing.say(event, after)
        said.append(
            turn.emit(topics.DISPUTES_EVENTS, wire_type, body, cause=record, rests_on=rests_on)
        )
        if isinstance(event, events.DisputeEnded):
            turn.counted.append((ENDING, event.ending))
        if isinstance(event, events.FundsAttributed):
            turn.counted += _half_life(before, after, event)
        aggregate.docket = after
    return said


def _half_life(before: Docket, after: Docket, event: events.FundsAttributed) -> Iterator[Labels]:
    """Count how long a dispute took, in seconds, until half of it was contested no more."""
    was, now = before.dispute_of(event.tranche), after.dispute_of(event.tranche)
    assert was is not None
    assert now is not None
    if now.is_half_settled and not was.is_half_settled:
        yield HALF_LIFE, str((event.judged_at - now.opened_at).total_seconds())
