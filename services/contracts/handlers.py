"""The shell: one message to a command, the command to the law, the events to the turn."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from schemas import topics
from schemas.envelope import RestsOn
from services.chassis.answers import Applied, Refusal
from services.chassis.desk import Desk, judging_time, take_command
from services.chassis.inbox import Emitted, Flawed, Hold, Record, Turn
from services.contracts import store
from services.contracts.calendars import Shelf
from services.contracts.domain import events
from services.contracts.domain.calendars import Calendars
from services.contracts.domain.commands import At, FundingReceived
from services.contracts.domain.decide import decide
from services.contracts.domain.evolve import evolve
from services.contracts.domain.horizons import calendars_awaited
from services.contracts.errors import REMEDY
from services.contracts.messages import incoming, outgoing
from services.contracts.store import ReceiptJudged, StoredContract

_DESK: Final = Desk(topics.CONTRACTS_ANSWERS, REMEDY)
_REPORTS: Final = frozenset({topics.LEDGER_EVENTS.name, topics.DISPUTES_EVENTS.name})
_FATE: Final = {events.ReceiptRefused: "refused", events.ReceiptReturned: "returned"}


class Contracts:
    """The law as the chassis runs it; it implements ``services.chassis.inbox.Service``."""

    def __init__(self) -> None:
        self._shelf = Shelf()
        self._calendars: Calendars = {}
        """Of the batch under way."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, StoredContract]:
        """Lock the contracts and read the first answers, terms and receipts that may matter."""
        accepting, revoking = (
            {
                contract_id
                for contract_id, inbound in records.items()
                if any(asks_so(record.message) for record in inbound)
            }
            for asks_so in (incoming.is_acceptance, incoming.is_revocation)
        )
        found = await store.load(conn, records, accepting, revoking)
        named = {name for each in found.values() for name in calendars_awaited(each.contract)}
        for inbound in records.values():
            named.update(*(incoming.calendars_offered(record.message) for record in inbound))
        self._calendars = await self._shelf.newest(conn, named) if named else {}
        return found

    def apply(
        self, aggregate: StoredContract | None, record: Record, turn: Turn
    ) -> StoredContract | Hold | None:
        """Judge one message. None leaves an unknown contract unknown."""
        if record.topic in _REPORTS:
            assert aggregate is not None, "both report on contracts that we told them of"
            return _take_report(aggregate, record, turn, self._calendars)
        if record.message.type == incoming.DUE:
            return _take_due(aggregate, record, turn)
        return _take_command(aggregate, record, turn, self._calendars)

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a command whose content breaks the language; it uses up no id."""
        _DESK.refuse(flawed, turn)

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[StoredContract]) -> None:
        """Write the contracts that had a turn."""
        await store.save(conn, aggregates)


# --- one message --------------------------------------------------------------------------------


def _take_report(
    aggregate: StoredContract, record: Record, turn: Turn, calendars: Calendars
) -> StoredContract:
    report = incoming.read_report(record.message)
    # What is reported is judged by our own clock; it never moves the contract's time.
    decision = decide(aggregate.contract, report, At(turn.now, turn.now, calendars))
    assert isinstance(decision.outcome, Applied), "reports are never refused"
    if isinstance(report, FundingReceived):
        judged = decision.outcome.events[0]
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
    decision = decide(aggregate.contract, due, _at(aggregate, record, turn, {}))
    _follow(aggregate, decision.due, record, turn)
    return aggregate


def _take_command(
    aggregate: StoredContract | None, record: Record, turn: Turn, calendars: Calendars
) -> StoredContract | Hold | None:
    known = aggregate or StoredContract(contract_id=record.contract_id, stored=False)
    ask = take_command(known.register, record)
    if ask is None:
        return aggregate
    read = incoming.read_command(
        record.message, ask.asked, topic=record.topic, is_plain=ask.is_plain
    )
    if isinstance(read, Refusal):
        _DESK.answer(ask, read, (), turn)
        return aggregate
    is_unknown = known.contract is None and not incoming.is_offer(record.message)
    if is_unknown and not record.facts_read:
        return Hold.FACTS
    decision = decide(known.contract, read.command, _at(known, record, turn, calendars))
    _follow(known, decision.due, record, turn)
    if known.contract is None:
        known.terms, known.offered_at = read.terms, turn.now
    said = _follow(known, decision.applied, record, turn)
    _DESK.answer(ask, decision.outcome, said, turn)
    return known if known.contract is not None or known.register.answers else aggregate


def _at(aggregate: StoredContract, record: Record, turn: Turn, calendars: Calendars) -> At:
    if record.topic != topics.CONTRACTS_COMMANDS.name:
        return At(record.appended_at, turn.now, calendars)  # Only commands move a contract's time.
    return At(judging_time(aggregate, record), turn.now, calendars)


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
