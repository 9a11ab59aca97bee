"""The shell: one message of one contract to a fact, the fact to the rules, the events to a turn."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

import asyncpg

from schemas import topics
from schemas.envelope import RestsOn
from services.chassis.inbox import Flawed, Hold, Record, Turn
from services.ledger import messages, store
from services.ledger.domain import events, facts
from services.ledger.domain.decide import Decided, Refused, decide
from services.ledger.domain.evolve import evolve
from services.ledger.domain.instructions import Identity, Issuance
from services.ledger.errors import SENTENCES, Code
from services.ledger.store import LedgerBook, Named, Origin, Report

INSTRUCTED: Final = "instructed"
"""Under which the metrics count what money is moved, and why."""


class Ledger:
    """The books as the chassis runs them; it implements ``services.chassis.inbox.Service``."""

    def __init__(self, *, execution_window: timedelta, new_uetr: Callable[[], UUID]) -> None:
        """``execution_window``: how long the bank has; ``new_uetr``: a random UUIDv4 each time."""
        self._execution_window = execution_window
        self._new_uetr = new_uetr

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, LedgerBook]:
        """Lock the contracts' books and read the receipts, instructions and reports named."""
        named = Named()
        for contract_id, inbound in records.items():
            for record in inbound:
                message = record.message
                named.receipts |= {(contract_id, r) for r in messages.receipts_named(message)}
                instruction_id = messages.instruction_named(message)
                if instruction_id is not None:
                    named.instructions.add((contract_id, instruction_id))
                if messages.is_bank_report(message):
                    named.reports.add((contract_id, message.id))
        return await store.load(conn, records, named)

    def apply(self, aggregate: LedgerBook | None, record: Record, turn: Turn) -> LedgerBook | Hold:
        """Book one message; a bank's report waits until its contract is registered."""
        if not messages.is_bank_report(record.message):
            fact = messages.read_fact(record.message, record.topic)
            decided = decide(
                aggregate.book if aggregate else None, fact, self._issuance(fact, record, turn)
            )
            assert isinstance(decided, Decided), "what was decided is never refused"
            return _follow(aggregate, decided, record, turn)
        if aggregate is None:
            return Hold.UNREGISTERED
        return self._take_report(aggregate, record, turn)

    def refuse(self, flawed: Flawed, turn: Turn) -> None:  # noqa: ARG002  # the chassis' signature
        """Never called: no topic of the ledger is written by parties."""
        raise AssertionError(f"{flawed.topic} is not a topic of commands")

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[LedgerBook]) -> None:
        """Write the books that had a turn."""
        await store.save(conn, aggregates)

    def _take_report(self, aggregate: LedgerBook, record: Record, turn: Turn) -> LedgerBook:
        registration = aggregate.book.registration
        if record.topic != topics.bank_events(registration.rail).name:
            turn.quarantine(record, Code.RAIL_FOREIGN, SENTENCES[Code.RAIL_FOREIGN])
            return aggregate
        digest = messages.body_digest(record.value)
        first = aggregate.report_digests.get(record.message.id)
        if first == digest:
            return aggregate
        if first is not None:
            detail = f"{SENTENCES[Code.REPORT_CONFLICT]}: the first had digest {first.hex()}"
            turn.quarantine(record, Code.REPORT_CONFLICT, detail)
            return aggregate
        fact = messages.read_fact(record.message, record.topic)
        decided = decide(aggregate.book, fact, self._issuance(fact, record, turn))
        if isinstance(decided, Refused):
            # The id is not used up: the same report sent again is judged anew.
            turn.quarantine(record, decided.code, decided.detail)
            return aggregate
        aggregate.report_digests[record.message.id] = digest
        aggregate.unsaved.reports.append(_report(record, digest))
        return _follow(aggregate, decided, record, turn)

    def _issuance(self, fact: facts.Fact, record: Record, turn: Turn) -> Issuance:
        # The id follows from the deciding event, so that a retry of the batch reproduces it.
        identities = tuple(
            Identity(uuid5(record.contract_id, f"{record.message.id}#{number}"), self._new_uetr())
            for number in range(1, fact.issues + 1)
        )
        return Issuance(
            now=turn.now,
            latest_execution_by=turn.now + self._execution_window,
            event_hash=hashlib.sha256(record.value).hexdigest() if identities else "",
            identities=identities,
        )


def _follow(
    aggregate: LedgerBook | None, decided: Decided, record: Record, turn: Turn
) -> LedgerBook:
    """Let the events happen: write down what is new, tell whom it concerns."""
    if aggregate is None:
        aggregate = LedgerBook(
            contract_id=record.contract_id,
            stored=False,
            book=evolve(None, decided.events[0]),
            opened_at=turn.now,
        )
    origin = Origin(record.message.id, turn.now)
    entries, orders = aggregate.book.entry_count, aggregate.book.instruction_count
    unsaved = aggregate.unsaved
    for event in decided.events:
        match event:
            case events.Posted(entry):
                entries += 1
                unsaved.entries.append((entries, entry, origin))
            case events.ReceiptRecorded(receipt):
                unsaved.receipts.append((receipt, origin))
            case events.Instructed(order):
                orders += 1
                unsaved.orders.append((orders, order, origin))
                made = order.instruction
                turn.summed[INSTRUCTED, order.asset, made.cause] += made.amount
            case events.InstructionMerged(merged):
                unsaved.merged[merged.instruction_id] = origin
            case _:
                pass
        saying = messages.say(event, decided.book.registration)
        if saying is not None:
            rests_on = _rests_on(event, turn)
            turn.emit(saying.topic, saying.wire_type, saying.body, cause=record, rests_on=rests_on)
    aggregate.book = decided.book
    return aggregate


def _rests_on(event: events.Event, turn: Turn) -> RestsOn | None:
    """Contracts closes on emptied books, so it must know by then how every dispute ended."""
    sequence = turn.seen.get(topics.DISPUTES_EVENTS.name, 0)
    if not isinstance(event, events.BooksEmptied) or not sequence:
        return None
    return RestsOn(topic=topics.DISPUTES_EVENTS.name, sequence=sequence)


def _report(record: Record, digest: bytes) -> Report:
    return Report(
        event_id=record.message.id,
        body_digest=digest,
        wire_type=record.message.type,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reported_at=record.appended_at,
    )
