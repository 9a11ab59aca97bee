"""I3 in rulings: both named the adjudicator, who must have signed, and nobody else can rule.

What was conceded stands: a ruling divides only what is still contested (SPEC section 6).
"""

from collections.abc import Iterator
from typing import Final

from crps.audit.authorship import named, out_of_time
from crps.audit.cases import Case, Promise
from crps.audit.fold import standing_of
from crps.audit.messages import Message
from crps.audit.trail import Trail
from schemas.contracts_v1 import Authorisation, Role
from schemas.rulings_v1 import RulingMade, SubmitRuling
from schemas.terms_v1 import Terms
from schemas.values import Money

RULE_TYPE: Final = "crps.ruling.submit.v1"
CLAUSE: Final = "dispute.ending"


def ruled(
    trail: Trail, terms: Terms, message: Message, told: RulingMade, case: Case
) -> Iterator[str]:
    """Follow a ruling; yield a sentence for each breach, and note what must be attributed."""
    yield from _signed(trail, terms, message, told, case)
    contested, opening = case.contested, case.opening
    # Of the tranche, what is neither contested nor the payer's is the payee's.
    payee = opening.amount - contested - _payers(case)
    to_payee = min(max(told.payee_total - payee, 0), contested)
    if (told.to_payee, told.to_payer) != (to_payee, contested - to_payee):
        yield f"{message.id} divides {told.to_payee} to {told.to_payer}, ruled was {to_payee}"
    if told.payee_total > opening.amount:
        yield f"{message.id} rules on {told.payee_total}, there are {opening.amount}"
    if any(0 < share < terms.rail.minimum for share in (told.to_payee, told.to_payer)):
        yield f"{message.id} has a share that the rail cannot pay"
    case.void(told.judged_at)
    shares: tuple[tuple[Role, Role, int], ...] = (
        ("payee", "payer", told.to_payee),
        ("payer", "payee", told.to_payer),
    )
    case.promised = [
        Promise(
            (to, amount),
            "ruling",
            "automatic",
            Authorisation(signer=loser, basis="clause", clause=CLAUSE),
            told.command_id,
            told.judged_at,
        )
        for to, loser, amount in shares
        if amount
    ]
    case.agreed, case.contested = "ruling", 0


def _payers(case: Case) -> int:
    """Return what is the payer's: what was returned before, and what the payee no longer claims."""
    if case.payee_claim is None:
        return case.opening.before.payer
    return case.opening.amount - case.payee_claim


def _signed(
    trail: Trail, terms: Terms, message: Message, told: RulingMade, case: Case
) -> Iterator[str]:
    judge, until = terms.dispute.adjudicator, case.opening.ruling_deadline_at
    if judge is None or until is None or told.adjudicator != judge.party:
        yield f"{message.id}: nobody signed that {told.adjudicator} may rule"
        return
    if message.causation_id != told.command_id:
        yield f"{message.id} names {told.command_id}, its cause is {message.causation_id}"
    standing = standing_of(trail)
    sent = [
        (command, command.data)
        for command in trail.statements
        if (command.id, command.type) == (told.command_id, RULE_TYPE)
        and command.data.party == judge.party
        and standing is not None
        and command.upstream == standing.upstream
        and command.proof is not None
        and command.proof(judge.key)
    ]
    if not sent:
        yield f"{message.id}: {judge.party} never signed {told.command_id}"
        return
    flaws = [
        out_of_time(command, told.judged_at, case.opening.opened_at, (until,), "ruling's bound")
        or _flaw(asked, told, terms)
        for command, asked in sent
    ]
    if all(flaws):
        yield f"{message.id}: the ruling {told.command_id} {flaws[0]}"


def _flaw(asked: SubmitRuling, told: RulingMade, terms: Terms) -> str | None:
    if asked.payee_total != Money(told.payee_total, told.asset):
        return f"gives the payee {asked.payee_total}, {told.payee_total} was recorded"
    if named(terms, asked.tranche) != told.tranche:
        return f"is about tranche {asked.tranche}, not {told.tranche}"
    return None
