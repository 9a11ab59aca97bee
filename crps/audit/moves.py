"""I3 where a deadline moves: later by the payee's command, earlier by the payer's, within the caps.

A move attributes nothing, but it decides when the payee is paid: so it must be the act of who
loses by it, in time, and no further than both signed (SPEC section 4).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from crps.audit.authorship import named, out_of_time, sent_by
from crps.audit.deadlines import Deadlines
from crps.audit.messages import Message
from crps.audit.trail import Trail
from schemas.deadlines_v1 import DeadlineMoved, MoveDeadline
from schemas.terms_v1 import CapsTerms, Terms

_TYPE: Final = {"payee": "crps.deadline.extend.v1", "payer": "crps.deadline.advance.v1"}


def moves_signed(trail: Trail, terms: Terms, deadlines: Deadlines) -> Iterator[str]:
    """Yield a sentence for each move that its loser did not send, or that the terms forbid."""
    generations = dict.fromkeys(deadlines.first, 1)
    acts: set[tuple[str, str]] = set()
    for message, told in deadlines.moves:
        if told.tranche not in generations:
            yield f"{message.id} moves the deadline of tranche {told.tranche}, which does not exist"
            continue
        generations[told.tranche] += 1
        if told.generation != generations[told.tranche]:
            yield f"{message.id} is generation {told.generation}, not {generations[told.tranche]}"
        if (told.by, told.command_id) in acts:
            yield f"{message.id}: {told.command_id} moves a deadline a second time"
        acts.add((told.by, told.command_id))
        present = deadlines.before(message)[told.tranche]
        if told.before != present:
            yield f"{message.id} moves {told.before}, the deadline is {present}"
        if told.by != ("payee" if told.after > present else "payer") or told.after == present:
            yield f"{message.id} moves {present} to {told.after}, and the {told.by} signed"
        if told.after <= told.judged_at:
            yield f"{message.id} moves a deadline to {told.after}, which was past"
        yield from _within_caps(message, told, deadlines.first[told.tranche], terms)
        yield from _sent(trail, terms, message, told, deadlines)


def _within_caps(
    message: Message, told: DeadlineMoved, first: datetime, terms: Terms
) -> Iterator[str]:
    caps = terms.caps or CapsTerms()
    distance = told.after - first
    if told.by == "payee":
        beyond = caps.extend_ms is None or distance > timedelta(milliseconds=caps.extend_ms)
    else:
        beyond = caps.advance_ms is not None and -distance > timedelta(milliseconds=caps.advance_ms)
    if beyond:
        yield f"{message.id} moves the first deadline {first} to {told.after}, beyond the caps"


def _sent(
    trail: Trail,
    terms: Terms,
    message: Message,
    told: DeadlineMoved,
    deadlines: Deadlines,
) -> Iterator[str]:
    begin, end = deadlines.effective.effective_at, deadlines.before(message)[told.tranche]
    if message.causation_id != told.command_id:
        yield f"{message.id} names {told.command_id}, its cause is {message.causation_id}"
    party = (terms.payee if told.by == "payee" else terms.payer).party
    sent = sent_by(party, _TYPE[told.by], told.command_id, trail, terms, trail.commands)
    if not sent:
        yield f"{message.id}: the {told.by} never sent {told.command_id}"
        return
    flaws = [
        out_of_time(command, told.judged_at, begin, (end,), "chain period")
        or _flaw(asked, told, terms)
        for command, asked in sent
    ]
    if all(flaws):
        yield f"{message.id}: the move {told.command_id} {flaws[0]}"


def _flaw(asked: MoveDeadline, told: DeadlineMoved, terms: Terms) -> str | None:
    if asked.to != told.after:
        return f"asks for {asked.to}, {told.after} was recorded"
    if named(terms, asked.tranche) != told.tranche:
        return f"is about tranche {asked.tranche}, not {told.tranche}"
    return None
