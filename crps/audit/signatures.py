"""I3 of SPEC section 2, the loser signs: who gave each sum up, and by what.

Every attribution names the loser's own act, sent in time, or a clause of the terms it signed. Acts
are held against the commands that the broker stamped, clauses against the terms that the upstream
offered. What concerns a dispute is judged in `openings` and `endings`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from crps.audit.authorship import TICK, out_of_time, sent_by
from crps.audit.books import ContractBooks
from crps.audit.deadlines import Deadlines, deadlines_of
from crps.audit.endings import disputes_signed
from crps.audit.fold import standing_of
from crps.audit.messages import Message
from crps.audit.moves import moves_signed
from crps.audit.openings import admission_signed, openings_signed
from crps.audit.proofs import is_partys_own
from crps.audit.terms import agreed_terms
from crps.audit.trail import Trail, of
from schemas.contracts_v1 import (
    AcceptContract,
    ContractEffective,
    FundsAttributed,
    MoveFunds,
)
from schemas.orders_v1 import OrderPlaced
from schemas.terms_v1 import Terms
from schemas.values import Money

_ACTS: Final = {
    "release": ("payee", "crps.funds.release.v1"),
    "return": ("payer", "crps.funds.return.v1"),
}


def loser_signed(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I3: every attribution names the loser's own act, sent in time, or a clause it signed."""
    terms = agreed_terms(trail)
    deadlines = deadlines_of(trail)
    if terms is None or deadlines is None:
        moved = trail.attributed
        yield from (f"{message.id} moves money that was never there" for message, _ in moved)
        return
    yield from _both_accepted(trail, terms)
    yield from _deadlines_agreed(deadlines.effective, terms)
    yield from moves_signed(trail, terms, deadlines)
    for message, told in trail.attributed:
        loser = "payer" if told.to == "payee" else "payee"
        if told.authorisation.signer != loser:
            yield f"{message.id} gives to the {told.to} and {told.authorisation.signer} signed"
    yield from _contracts_signed(trail, terms, deadlines)
    yield from openings_signed(trail, terms, deadlines)
    yield from disputes_signed(trail, terms, books)


def _contracts_signed(trail: Trail, terms: Terms, deadlines: Deadlines) -> Iterator[str]:
    acts: set[tuple[str, str | None]] = set()
    for message, told in trail.events_of(FundsAttributed):
        if told.cause == "arrival":
            yield from _arrival(message, told, deadlines)
            continue
        act = (told.authorisation.signer, told.authorisation.command_id)
        if act in acts:
            yield f"{message.id}: the act {act[1]} moves money a second time"
        acts.add(act)
        if told.cause in _ACTS:
            yield from _live_act(trail, terms, message, told, deadlines)
        elif told.cause == "admission":
            yield from admission_signed(trail, message, told)
        else:
            yield f"{message.id}: contracts does not attribute by {told.cause}"


def _both_accepted(trail: Trail, terms: Terms) -> Iterator[str]:
    standing = standing_of(trail)
    assert standing is not None  # the terms were agreed
    given = [
        acceptance
        for message, offer in of(trail.offers, OrderPlaced)
        if message.upstream == standing.upstream
        for acceptance in offer.acceptances
        if terms.proof == "upstream"
    ]
    given += [
        told.acceptance()
        for message, told in of(trail.commands, AcceptContract)
        if message.upstream == standing.upstream and is_partys_own(message.proof, terms, told.party)
    ]
    signed = {
        acceptance.party
        for acceptance in given
        if acceptance.terms_digest == standing.terms_digest
        and acceptance.consent == "subjective_and_automatic"
    }
    for role, party in (("payer", terms.payer.party), ("payee", terms.payee.party)):
        if party not in signed:
            yield f"it took effect and the {role} never accepted its terms"


def _deadlines_agreed(told: ContractEffective, terms: Terms) -> Iterator[str]:
    for number, (tranche, signed) in enumerate(
        zip(told.tranches, terms.tranches, strict=False), start=1
    ):
        period = timedelta(milliseconds=signed.period.duration_ms)
        if tranche.deadline_at != told.effective_at + period:
            yield f"the deadline of tranche {number} is not the one that was signed"


def _arrival(message: Message, told: FundsAttributed, deadlines: Deadlines) -> Iterator[str]:
    present = deadlines.before(message)
    if told.to != "payee" or told.kind != "automatic":
        yield f"{message.id}: an arrival is automatic and pays the payee"
    if told.authorisation.basis != "clause" or not told.authorisation.clause:
        yield f"{message.id}: an arrival names no clause"
    for part in told.parts:
        due_at = present.get(part.tranche)
        if due_at is None or told.due_at != due_at:
            yield f"{message.id} executes {told.due_at}, the deadline is {due_at}"
        elif told.judged_at < due_at or message.appended_at + TICK <= due_at:
            yield f"{message.id} arrives before its deadline {due_at}"


def _live_act(
    trail: Trail,
    terms: Terms,
    message: Message,
    told: FundsAttributed,
    deadlines: Deadlines,
) -> Iterator[str]:
    to, wire_type = _ACTS[told.cause]
    if told.to != to or told.kind != "subjective" or told.authorisation.basis != "live":
        yield f"{message.id}: a {told.cause} is a live act that pays the {to}"
    command_id = told.authorisation.command_id
    if command_id is None or message.causation_id != command_id:
        yield f"{message.id} names the act {command_id}, its cause is {message.causation_id}"
    party = terms.payer.party if told.to == "payee" else terms.payee.party
    sent = sent_by(party, wire_type, command_id, trail, terms, trail.commands)
    if not sent:
        yield f"{message.id}: the {told.authorisation.signer} never sent {command_id}"
        return
    present, begin = deadlines.before(message), deadlines.effective.effective_at
    ends = [present[part.tranche] for part in told.parts if part.tranche in present]
    # One record of the id that bears the attribution is enough.
    flaws = [_flaw(command, asked, told, ends, begin) for command, asked in sent]
    if all(flaws):
        yield f"{message.id}: the act {command_id} {flaws[0]}"


def _flaw(
    command: Message,
    asked: MoveFunds,
    told: FundsAttributed,
    ends: list[datetime],
    effective_at: datetime,
) -> str | None:
    late = out_of_time(command, told.judged_at, effective_at, ends, "chain period")
    if late is not None:
        return late
    if isinstance(asked.amount, Money) and asked.amount != told.money:
        return f"gives up {asked.amount}, {told.money} moved"
    if asked.amount == "ALL" and any(part.after.free for part in told.parts):
        return "gives up all, and something is left"
    return None
