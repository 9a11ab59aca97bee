"""The shell: one message to a command, the command to the law, the events to the turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import asyncpg

from schemas import topics
from schemas.envelope import RestsOn
from schemas.refusals import Code, is_stored
from services.chassis.canonical import Body, read_body
from services.chassis.inbox import Emitted, Flawed, Hold, Record, Turn
from services.contracts import store
from services.contracts.domain import events
from services.contracts.domain.commands import Asked, At, FirstAnswer, FundingReceived
from services.contracts.domain.decide import decide
from services.contracts.domain.evolve import evolve
from services.contracts.domain.outcome import Applied, Duplicate, Refusal
from services.contracts.messages import incoming, outgoing
from services.contracts.store import Answered, CommandKey, Named, ReceiptJudged, StoredContract

_REPORTS: Final = frozenset({topics.LEDGER_EVENTS.name, topics.DISPUTES_EVENTS.name})
_FATE: Final = {events.ReceiptRefused: "refused", events.ReceiptReturned: "returned"}


class Contracts:
    """The law as the chassis runs it; it implements ``services.chassis.inbox.Service``."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, StoredContract]:
        """Lock the contracts and read the first answers, terms and receipts that may matter."""
        named = Named()
        for contract_id, inbound in records.items():
            for record in inbound:
                if record.upstream is not None:
                    named.commands.add((contract_id, *_key(record)))
                if incoming.is_acceptance(record.message):
                    named.accepting.add(contract_id)
        return await store.load(conn, records, named)

    def apply(
        self, aggregate: StoredContract | None, record: Record, turn: Turn
    ) -> StoredContract | Hold | None:
        """Judge one message. None leaves an unknown contract unknown."""
        if record.topic in _REPORTS:
            assert aggregate is not None, "both report on contracts that we told them of"
            return _take_report(aggregate, record, turn)
        if record.message.type == incoming.DUE:
            return _take_due(aggregate, record, turn)
        return _take_command(aggregate, record, turn)

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a command whose content breaks the language; it uses up no id."""
        body = outgoing.flawed(flawed.attributes.id, flawed.party, flawed.code, flawed.detail)
        turn.answer(topics.CONTRACTS_ANSWERS, outgoing.REFUSED, body, cause=flawed)

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[StoredContract]) -> None:
        """Write the contracts that had a turn."""
        await store.save(conn, aggregates)


# --- one message --------------------------------------------------------------------------------


def _take_report(aggregate: StoredContract, record: Record, turn: Turn) -> StoredContract:
    report = incoming.read_report(record.message)
    # What is reported is judged by our own clock; it never moves the contract's time.
    decision = decide(aggregate.contract, report, At(turn.now, turn.now))
    assert isinstance(decision.outcome, Applied), "reports are never refused"
    if isinstance(report, FundingReceived):
        (judged,) = decision.outcome.events
        aggregate.receipt_count += 1
        aggregate.new_receipts.append(
            ReceiptJudged(
                receipt=report.receipt,
                ordinal=aggregate.receipt_count,
                amount=report.amount,
                asset=report.asset,
                account=report.account,
                fate=_FATE.get(type(judged), "counted"),
                judged_at=turn.now,
            )
        )
    _follow(aggregate, (*decision.due, *decision.outcome.events), record, turn)
    return aggregate


def _take_due(
    aggregate: StoredContract | None, record: Record, turn: Turn
) -> StoredContract | None:
    if aggregate is None or aggregate.contract is None:
        return aggregate  # Forged: we never set a timer for what we do not know.
    due = incoming.read_due(record.message)
    _follow(aggregate, decide(aggregate.contract, due, _at(aggregate, record, turn)).due,
            record, turn)  # fmt: skip
    return aggregate


def _take_command(
    aggregate: StoredContract | None, record: Record, turn: Turn
) -> StoredContract | Hold | None:
    known = aggregate or StoredContract(contract_id=record.contract_id, stored=False)
    key = _key(record)
    answered = known.register.get(key)
    if answered and (answered.partition, answered.offset) == (record.partition, record.offset):
        return aggregate  # The log delivers this very record again.
    assert record.document is not None, "what a party wrote was read as such"
    body = read_body(record.document)
    ask = _Ask(record, key, _asked(known, record, key, body))
    read = incoming.read_command(
        record.message, ask.asked, topic=record.topic, is_plain=body.is_plain
    )
    if isinstance(read, Refusal):
        _refuse(known, ask, read, turn)
        return aggregate
    is_unknown = known.contract is None and not incoming.is_offer(record.message)
    if is_unknown and not record.facts_read:
        return Hold.FACTS
    decision = decide(known.contract, read.command, _at(known, record, turn))
    _follow(known, decision.due, record, turn)
    match decision.outcome:
        case Applied(happened):
            if known.contract is None:
                known.terms, known.offered_at = read.terms, turn.now
            said = _follow(known, happened, record, turn)
            _register(known, ask, "applied", turn, event_id=said[0].event_id)
        case Refusal() as refusal:
            _refuse(known, ask, refusal, turn)
        case Duplicate() as duplicate:
            answer = outgoing.duplicated(ask.asked.command_id, ask.asked.party, duplicate)
            turn.answer(topics.CONTRACTS_ANSWERS, outgoing.DUPLICATED, answer, cause=record)
    return known if known.contract is not None or known.register else aggregate


@dataclass(frozen=True, slots=True)
class _Ask:
    """A command with everything its answer needs."""

    record: Record
    key: CommandKey
    asked: Asked


def _key(record: Record) -> CommandKey:
    assert record.upstream is not None
    message = record.message
    return record.topic, incoming.party_of(message, record.upstream), message.id


def _asked(aggregate: StoredContract, record: Record, key: CommandKey, body: Body) -> Asked:
    assert record.upstream is not None
    _, party, command_id = key
    answered = aggregate.register.get(key)
    return Asked(
        upstream=record.upstream,
        party=party,
        command_id=command_id,
        body_digest=body.digest,
        first=answered.first if answered else None,
        refusals_stored=aggregate.refusals.get(party, 0),
    )


def _at(aggregate: StoredContract, record: Record, turn: Turn) -> At:
    """Return the time by which ``record`` is judged, monotone over the commands topic."""
    if record.topic != topics.CONTRACTS_COMMANDS.name:
        return At(record.appended_at, turn.now)
    t = max(aggregate.last_t or record.appended_at, record.appended_at)
    aggregate.last_t = t
    return At(t, turn.now)


def _follow(
    aggregate: StoredContract, happened: Sequence[events.Event], record: Record, turn: Turn
) -> list[Emitted]:
    """Let the events happen, and say each with the state it led to."""
    said = []
    for event in happened:
        after = evolve(aggregate.contract, event)
        wire_type, body = outgoing.say(event, after, aggregate.terms)
        rests_on = _rests_on(event, record)
        said.append(
            turn.emit(topics.CONTRACTS_EVENTS, wire_type, body, cause=record, rests_on=rests_on)
        )
        aggregate.contract = after
    return said


def _rests_on(event: events.Event, record: Record) -> RestsOn | None:
    rests = isinstance(event, events.BecameEffective | events.TrancheAttributed)
    if not rests or record.topic not in _REPORTS:
        return None
    sequence = record.message.sequence
    assert sequence is not None
    return RestsOn(topic=record.topic, sequence=sequence)


def _refuse(aggregate: StoredContract, ask: _Ask, refusal: Refusal, turn: Turn) -> None:
    body = outgoing.refused(ask.asked.command_id, ask.asked.party, refusal)
    turn.answer(topics.CONTRACTS_ANSWERS, outgoing.REFUSED, body, cause=ask.record)
    if is_stored(refusal.code):
        _register(aggregate, ask, "refused", turn, code=refusal.code)
        aggregate.refusals[ask.asked.party] += 1


def _register(
    aggregate: StoredContract,
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
