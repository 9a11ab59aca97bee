"""I3 where a dispute opens: the payer's own act, and the clauses that both signed.

The opening moves nothing by itself, but it ends the payee's arrival: so it must be the payer's
command, in time, and what it hands over must be what the terms say (SPEC section 6).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from crps.audit.authorship import named, out_of_time, sent_by
from crps.audit.deadlines import Deadlines
from crps.audit.messages import Message
from crps.audit.trail import Trail
from schemas.contracts_v1 import FundsAttributed
from schemas.openings_v1 import DisputeClause, DisputeOpened, OpenDispute
from schemas.terms_v1 import RatioEnding, Terms
from schemas.values import Money

OPEN_TYPE: Final = "crps.dispute.open.v1"
_CLOCKS_APART: Final = timedelta(seconds=2)
"""What the broker's clock and a database's may differ by (SPEC section 5)."""


def admission_signed(trail: Trail, message: Message, told: FundsAttributed) -> Iterator[str]:
    """Yield a sentence for each way in which a payer's admission is none.

    The command itself is held against the opening that must follow at once.
    """
    signed = told.authorisation
    if told.to != "payee" or told.kind != "subjective" or signed.basis != "live":
        yield f"{message.id}: an admission at the opening is a live act that pays the payee"
    if signed.command_id is None or message.causation_id != signed.command_id:
        yield f"{message.id} names the act {signed.command_id}, its cause is {message.causation_id}"
    follows = [
        opened.tranche
        for other, opened in trail.events_of(DisputeOpened)
        if other.sequence == (message.sequence or 0) + 1
        and other.causation_id == message.causation_id
    ]
    if follows != [part.tranche for part in told.parts]:
        yield f"{message.id} admits, and no dispute opens with it"


def openings_signed(trail: Trail, terms: Terms, deadlines: Deadlines) -> Iterator[str]:
    """Yield a sentence for each opening that the payer did not send, or that both did not sign."""
    for message, told in trail.events_of(DisputeOpened):
        present = deadlines.before(message)
        if told.tranche not in present:
            yield f"{message.id} disputes tranche {told.tranche}, which does not exist"
            continue
        yield from _claimed(message, told)
        yield from _clauses_agreed(message, told, terms)
        command_id = message.causation_id
        sent = sent_by(terms.payer.party, OPEN_TYPE, command_id, trail, terms, trail.commands)
        if not sent:
            yield f"{message.id}: the payer never sent {command_id}"
            continue
        flaws = [
            out_of_time(
                command,
                told.judged_at,
                deadlines.effective.effective_at,
                (present[told.tranche],),
                "chain period",
            )
            or _flaw(command, asked, told, terms)
            for command, asked in sent
        ]
        if all(flaws):
            yield f"{message.id}: the opening {command_id} {flaws[0]}"


def _claimed(message: Message, told: DisputeOpened) -> Iterator[str]:
    """SPEC section 6: ``S := T - P*`` is settled at once, the rest, ``P* - R``, becomes D."""
    if told.before.payee != told.amount - told.claim:
        admitted = told.amount - told.claim
        yield f"{message.id}: the payee has {told.before.payee}, the claim admits {admitted}"
    if told.after.contested != told.claim - told.before.payer or told.after.contested <= 0:
        contested = told.claim - told.before.payer
        yield f"{message.id}: {told.after.contested} is contested, the claim contests {contested}"


def _clauses_agreed(message: Message, told: DisputeOpened, terms: Terms) -> Iterator[str]:
    if told.clause != _clause_of(terms):
        yield f"{message.id} states another ending than was signed"
    rail, granted = terms.rail, told.rail.parts
    if rail.max_parts is None:
        counted = granted is None
    else:
        counted = granted is not None and granted <= rail.max_parts
    signed = (rail.minimum, rail.partial != "many")
    if (told.rail.minimum, told.rail.whole_only) != signed or not counted:
        yield f"{message.id} states another rail than was signed"
    if (told.asset, told.amount) != (terms.asset, terms.tranches[told.tranche - 1].amount):
        yield f"{message.id} disputes {told.amount} {told.asset}, another amount was signed"
    until = told.opened_at + timedelta(milliseconds=terms.dispute.period_ms)
    bound = terms.dispute.ruling_ms
    ruling_until = None if bound is None else until + timedelta(milliseconds=bound)
    if (told.deadline_at, told.ruling_deadline_at) != (until, ruling_until):
        yield f"{message.id}: the dispute deadline is not the one that was signed"
    judge = terms.dispute.adjudicator if bound is not None else None
    if told.adjudicator != (judge and judge.party):
        yield f"{message.id} names the adjudicator {told.adjudicator}, another was signed"
    if told.proposals_budget != terms.budget.proposals:
        yield f"{message.id} states another budget of proposals than was signed"


def _flaw(command: Message, asked: OpenDispute, told: DisputeOpened, terms: Terms) -> str | None:
    if asked.claim != Money(told.claim, told.asset):
        return f"claims {asked.claim}, {told.claim} was recorded"
    if named(terms, asked.tranche) != told.tranche:
        return f"disputes tranche {asked.tranche}, not {told.tranche}"
    if (asked.reason, list(asked.evidence)) != (told.reason, told.evidence):
        return "gives another reason or other evidence than was recorded"
    if told.opened_at < command.appended_at - _CLOCKS_APART:
        return f"came at {command.appended_at} and was recorded as of {told.opened_at}"
    return None


def _clause_of(terms: Terms) -> DisputeClause:
    signed = terms.dispute
    divisions = [each for each in (signed.ending, signed.fallback) if isinstance(each, RatioEnding)]
    return DisputeClause(
        silence_rule=signed.silence_rule,
        ending="ratio" if isinstance(signed.ending, RatioEnding) else signed.ending,
        fallback="ratio" if isinstance(signed.fallback, RatioEnding) else signed.fallback,
        ratio_to_payee_bp=divisions[0].ratio_to_payee_bp if divisions else None,
        odd_unit=terms.odd_unit,
    )
