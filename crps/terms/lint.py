"""All that is to be said of terms before anybody signs them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crps.calendars.document import china
from crps.terms.rules import RULES
from crps.terms.rules.rule import Draft, Severity
from schemas.refusals import Code
from schemas.terms_v1 import Terms
from services.chassis.answers import Refusal
from services.chassis.documents import Document
from services.contracts.domain.calendars import Calendar
from services.contracts.domain.horizons import Starts
from services.contracts.domain.offers import flaws_of
from services.contracts.errors import REMEDY
from services.contracts.messages.incoming import read_terms

_IMMEASURABLE: Final = {Code.AMOUNT_INVALID, Code.PERIOD_INVALID, Code.CALENDAR_NOT_PUBLISHED}
"""With one of these there is nothing yet that the rules could weigh."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about terms: which clause, what happens and to whom, what to write instead."""

    severity: Severity
    name: str
    """A rule's, or the code of the refusal."""
    clause: str
    """Where it stands; empty where it concerns the document as a whole."""
    what: str
    instead: str


def lint(document: Document, at: datetime) -> list[Finding]:
    """Return what is found, the worst first; empty where nothing is.

    What would be refused is found by the code that judges an offer, of each kind the first: one
    that is made, accepted and paid at ``at``. Of calendars it knows those that a library publishes.
    """
    read = read_terms(document.members, is_plain=document.is_plain)
    if isinstance(read, Refusal):
        return [_refused(read)]
    claimed, _ = read
    starts, calendars = Starts(at, at), {each.id: each for each in (_china(),)}
    flaws = list(flaws_of(claimed, starts, calendars))
    found = [_refused(flaw) for flaw in flaws]
    if not _IMMEASURABLE & {flaw.code for flaw in flaws}:
        draft = Draft(Terms.model_validate(document.members), claimed, at, calendars)
        found += [
            Finding(rule.severity, rule.name, clause, what, rule.instead)
            for rule in RULES
            for clause, what in rule.find(draft)
        ]
    ranks = list(Severity)
    return sorted(found, key=lambda finding: ranks.index(finding.severity))


def _china() -> Calendar:
    told = china()
    holidays, workdays = frozenset(told.holidays), frozenset(told.workdays)
    return Calendar(told.id, told.version, told.first_day, told.last_day, holidays, workdays)


def _refused(refusal: Refusal) -> Finding:
    what = f"The offer is refused: {refusal.detail}."
    clause = refusal.facts.get("clause", "")
    return Finding(Severity.REFUSED, refusal.code, clause, what, REMEDY[refusal.code])
