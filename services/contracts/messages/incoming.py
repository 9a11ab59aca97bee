"""From the wire: what parties, the clock and the ledger say, as the domain's commands."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, time
from typing import Any, Final

import rfc8785
from pydantic import ValidationError

from schemas import (
    consents_v1,
    contracts_v1,
    deadlines_v1,
    ledger_v1,
    openings_v1,
    orders_v1,
    periods_v1,
    terms_v1,
    topics,
)
from schemas.envelope import Envelope
from schemas.rails import RAILS
from schemas.refusals import Code
from schemas.values import MoneyFlaw
from services.chassis.answers import Asked, Refusal
from services.chassis.canonical import canonicalize
from services.contracts.domain import commands
from services.contracts.domain.contract import Buckets, Caps, DisputeClause, Party, Role
from services.contracts.domain.periods import Days, Exact, Period

Message = Envelope[Any]

DUE: Final = "crps.deadline.reached.v1"
WANTED_OF_DISPUTES: Final = frozenset({"crps.funds.attributed.v1"})
"""Of disputes' events, those that may end a dispute: which act found the end is not our affair."""

_CALENDAR: Final = re.compile(periods_v1.CALENDAR_ID)

TRANCHES_MAX: Final = 100
"""More would not fit the 64 KiB of one event (``contract.effective`` names every deadline)."""

CLAUSE_MAX: Final = 200
"""Characters of a clause's name that an answer repeats: a stranger may invent a longer one."""


def is_offer(message: Message) -> bool:
    """Tell whether ``message`` offers a contract, as an order event or as a command."""
    return isinstance(message.data, orders_v1.OrderPlaced)


def is_acceptance(message: Message) -> bool:
    """Tell whether ``message`` accepts an offer, so that the terms may have to be told."""
    return isinstance(message.data, contracts_v1.AcceptContract)


def is_revocation(message: Message) -> bool:
    """Tell whether ``message`` revokes a consent, so that earlier ones must be known."""
    return isinstance(message.data, consents_v1.RevokeConsent)


def calendars_offered(message: Message) -> set[str]:
    """Return what may be calendars of those that an offer names; nobody has read its terms yet."""
    if not is_offer(message):
        return set()
    tranches = message.data.terms.get("tranches")
    periods = [t.get("period") for t in _mappings(tranches)]
    named = (period.get("calendar") for period in _mappings(periods))
    return {name for name in named if isinstance(name, str) and _CALENDAR.fullmatch(name)}


def _mappings(found: Any) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Read:
    """A command of the domain, with the canonical terms if it is an offer."""

    command: commands.PartyCommand
    terms: bytes | None = None


def read_command(message: Message, asked: Asked, *, topic: str, is_plain: bool) -> Read | Refusal:
    """Return what a party or upstream asks; ``MALFORMED`` where the language is broken.

    ``is_plain``: what ``canonical.read_body`` said of the message.
    """
    told = message.data
    match told:
        case orders_v1.OrderPlaced():
            is_command = topic == topics.CONTRACTS_COMMANDS.name
            return _offer(told, asked, is_command=is_command, is_plain=is_plain)
        case contracts_v1.AcceptContract():
            return Read(commands.Accept(asked, _acceptance(told)))
        case contracts_v1.DeclineContract():
            return Read(commands.Decline(asked))
        case consents_v1.RevokeConsent():
            return Read(commands.RevokeConsent(asked))
        case contracts_v1.MoveFunds():
            to = Role.PAYEE if message.type == "crps.funds.release.v1" else Role.PAYER
            return _move(told, asked, to)
        case deadlines_v1.MoveDeadline():
            signer = Role.PAYEE if message.type == "crps.deadline.extend.v1" else Role.PAYER
            return Read(commands.MoveDeadline(asked, signer, told.to, told.tranche))
        case openings_v1.OpenDispute():
            return Read(
                commands.OpenDispute(asked, told.claim, told.reason, told.evidence, told.tranche)
            )
        case _:
            raise TypeError(f"{message.type} is no command of a party")


def read_due(message: Message) -> commands.Due:
    """Return a due message; its ``due_at`` is ignored, since we know our own deadlines."""
    told: contracts_v1.DeadlineReached = message.data
    return commands.Due(told.timer, told.tranche, told.generation)


def read_report(message: Message) -> commands.Report:
    """Return what the ledger or disputes report."""
    told = message.data
    match told:
        case contracts_v1.FundsAttributed():
            (part,) = told.parts
            after = Buckets(
                part.after.free, part.after.contested, part.after.payee, part.after.payer
            )
            return commands.ContestedAttributed(part.tranche, after)
        case ledger_v1.FundingReceived():
            return commands.FundingReceived(told.receipt, told.amount, told.asset, told.account)
        case ledger_v1.BooksEmptied():
            return commands.BooksEmptied()
        case ledger_v1.BooksReopened():
            return commands.BooksReopened()
        case _:
            raise TypeError(f"{message.type} is no report of the ledger")


def read_terms(
    document: dict[str, Any], *, is_plain: bool
) -> tuple[commands.ClaimedTerms, bytes] | Refusal:
    """Return terms that nobody has judged yet, and their canonical bytes; or ``MALFORMED``.

    What their rail declares comes with them. ``is_plain``: as ``read_command`` has it.
    """
    try:
        canonical = canonicalize(document, is_plain=is_plain)
        terms = terms_v1.Terms.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        clause = ".".join(str(part) for part in first["loc"])[:CLAUSE_MAX]
        return Refusal(Code.MALFORMED, f"terms.{clause}: {first['msg']}", {"clause": clause})
    except rfc8785.CanonicalizationError as error:
        return Refusal(Code.MALFORMED, f"the terms cannot be written canonically: {error}")
    names = [tranche.name for tranche in terms.tranches if tranche.name is not None]
    if len(set(names)) < len(names):
        detail = "two tranches have the same name"
        return Refusal(Code.MALFORMED, detail, {"clause": "tranches"})
    if len(terms.tranches) > TRANCHES_MAX:
        detail = f"at most {TRANCHES_MAX} tranches fit one contract"
        return Refusal(Code.MALFORMED, detail, {"clause": "tranches"})
    return _claimed(terms, hashlib.sha256(canonical).hexdigest()), canonical


def _move(told: contracts_v1.MoveFunds, asked: Asked, to: Role) -> Read | Refusal:
    amount, to_total = _sum_given(told, "amount"), _sum_given(told, "to_total")
    # A null says no sum, so that it does not contradict the other; yet it is there, and flawed.
    both = told.amount is not None and told.to_total is not None
    if both or (amount is None and to_total is None):
        return Refusal(Code.MALFORMED, "give exactly one of amount and to_total")
    expected = _sum_given(told, "expected_remaining")
    return Read(commands.Move(asked, to, amount, to_total, told.tranche, expected))


def _sum_given(told: contracts_v1.MoveFunds, name: str) -> Any:
    value = getattr(told, name)
    is_null = value is None and name in told.model_fields_set
    return MoneyFlaw.AMOUNT_INVALID if is_null else value


def _offer(
    told: orders_v1.OrderPlaced, asked: Asked, *, is_command: bool, is_plain: bool
) -> Read | Refusal:
    read = read_terms(told.terms, is_plain=is_plain)
    if isinstance(read, Refusal):
        return read
    terms, canonical = read
    return Read(
        commands.Offer(
            asked=asked,
            order_id=told.order_id,
            terms=terms,
            offer_expires_at=told.offer_expires_at.astimezone(UTC),
            acceptances=tuple(_acceptance(each) for each in told.acceptances),
            is_command=is_command,
        ),
        canonical,
    )


def _acceptance(told: orders_v1.Acceptance | contracts_v1.AcceptContract) -> commands.Acceptance:
    consents = told.consent == "subjective_and_automatic"
    return commands.Acceptance(told.party, told.terms_version, told.terms_digest, consents)


def _period(told: terms_v1.Period) -> Period:
    if isinstance(told, terms_v1.ExactPeriod):
        return Exact(told.duration_ms)
    calendar = told.calendar if isinstance(told, periods_v1.BusinessDaysPeriod) else None
    return Days(told.days, told.zone, time.fromisoformat(told.cutoff), calendar)


def _claimed(terms: terms_v1.Terms, digest: str) -> commands.ClaimedTerms:
    rail, declared = terms.rail, RAILS.get(terms.rail.name)
    return commands.ClaimedTerms(
        version=terms.version,
        digest=digest,
        payer=Party(terms.payer.party, terms.payer.account, terms.payer.key),
        payee=Party(terms.payee.party, terms.payee.account, terms.payee.key),
        asset=terms.asset,
        tranches=tuple(
            commands.ClaimedTranche(t.name, t.amount, _period(t.period)) for t in terms.tranches
        ),
        odd_unit=Role(terms.odd_unit),
        dispute=_dispute_clause(terms.dispute),
        caps=Caps() if terms.caps is None else Caps(terms.caps.extend_ms, terms.caps.advance_ms),
        acts_budget=terms.budget.acts,
        proposals_budget=terms.budget.proposals,
        rail=_claimed_rail(rail, None if declared is None else _claimed_rail(declared, None)),
        proof_required=terms.proof == "signature",
        adjudicator=None
        if terms.dispute.adjudicator is None
        else commands.Adjudicator(terms.dispute.adjudicator.party, terms.dispute.adjudicator.key),
    )


def _dispute_clause(terms: terms_v1.DisputeTerms) -> DisputeClause:
    ending, fallback = terms.ending, terms.fallback
    # At most one of the two is a ratio: there is a fallback only where the ending is external.
    ratio = next((e for e in (ending, fallback) if isinstance(e, terms_v1.RatioEnding)), None)
    return DisputeClause(
        period_ms=terms.period_ms,
        silence_rule=terms.silence_rule,
        ending="ratio" if isinstance(ending, terms_v1.RatioEnding) else ending,
        ratio_bp=None if ratio is None else ratio.ratio_to_payee_bp,
        ruling_ms=terms.ruling_ms,
        fallback="ratio" if isinstance(fallback, terms_v1.RatioEnding) else fallback,
        adjudicator=terms.adjudicator.party if terms.adjudicator and ending == "external" else None,
    )


def _claimed_rail(
    rail: terms_v1.RailTerms, declared: commands.ClaimedRail | None
) -> commands.ClaimedRail:
    return commands.ClaimedRail(
        name=rail.name,
        minimum=rail.minimum,
        partial=rail.partial,
        max_parts=rail.max_parts,
        max_hold_hours=rail.max_hold_hours,
        margin_hours=rail.margin_hours,
        currencies=None if rail.currencies is None else frozenset(rail.currencies),
        declared=declared,
    )
