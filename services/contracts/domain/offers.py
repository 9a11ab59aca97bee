"""Offer, acceptance and decline: how a contract comes to stand (SPEC section 3)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from schemas.refusals import Code
from schemas.values import MAX_DIGITS, MoneyFlaw, written
from services.chassis.answers import Applied, Refusal
from services.contracts.domain.calendars import Calendars
from services.contracts.domain.commands import (
    TERMS_VERSION,
    Accept,
    Acceptance,
    At,
    ClaimedTerms,
    Decline,
    Offer,
)
from services.contracts.domain.contract import (
    Clauses,
    Contract,
    Rail,
    Role,
    Status,
    Tranche,
)
from services.contracts.domain.events import Event, OfferAccepted, OfferMade
from services.contracts.domain.funding import effect
from services.contracts.domain.grounds import ended
from services.contracts.domain.horizons import Starts, longest_chain, not_published, period_invalid
from services.contracts.domain.periods import Exact, Period
from services.contracts.domain.rails import beyond_declared
from services.contracts.domain.returns import decline

_HOUR: Final = timedelta(hours=1)
_MS: Final = timedelta(milliseconds=1)


def judge_offer(contract: Contract | None, offer: Offer, at: At) -> Applied[Event] | Refusal:
    """Judge an offer: its acceptances, its terms, whether the rail can honour them, its time."""
    terms = offer.terms
    return (
        _mismatch(offer)
        or next(flaws_of(terms, Starts.of(offer, at), at.calendars), None)
        or _consent_missing(offer.acceptances)
        or _too_late(contract, offer, at)
        or Applied((_offer_made(offer),))
    )


def judge_acceptance(contract: Contract, command: Accept, at: At) -> Applied[Event] | Refusal:
    """Judge one party's acceptance; the last one makes effective what is already funded."""
    acceptance, by = command.acceptance, contract.role_of(command.asked.party)
    assert by is not None
    if (acceptance.terms_version, acceptance.terms_digest) != (
        TERMS_VERSION,
        contract.terms_digest,
    ):
        return _other_terms(acceptance, contract.terms_digest)
    if refusal := _consent_missing((acceptance,)):
        return refusal
    if refusal := ended(contract):
        return refusal
    if contract.status is not Status.OFFERED or by in contract.accepted_by:
        return Refusal(Code.NOT_ON_OFFER, f"{by} has accepted already; it is {contract.status}")
    events: tuple[Event, ...] = (OfferAccepted(by),)
    is_last = contract.accepted_by | {by} == set(Role)
    if is_last:
        events += effect(contract, Status.ACCEPTED, contract.receipts, at)
    return Applied(events)


def judge_decline(contract: Contract, command: Decline) -> Applied[Event] | Refusal:
    """Judge a decline: either party may, until the contract is effective."""
    by = contract.role_of(command.asked.party)
    assert by is not None
    if refusal := ended(contract):
        return refusal
    if contract.effective_at is not None:
        return Refusal(
            Code.NOT_ON_OFFER,
            "the contract is effective; the payer can release, the payee return",
            {"status": contract.status},
        )
    return Applied(decline(contract.receipts, by))


def _mismatch(offer: Offer) -> Refusal | None:
    terms = offer.terms
    for acceptance in offer.acceptances:
        if (acceptance.terms_version, acceptance.terms_digest) != (terms.version, terms.digest):
            return _other_terms(acceptance, terms.digest)
    return None


def _other_terms(acceptance: Acceptance, digest: str) -> Refusal:
    return Refusal(
        Code.TERMS_MISMATCH,
        f"{acceptance.party} accepts other terms than those on offer",
        {"terms_digest": digest, "accepted_digest": acceptance.terms_digest},
    )


def _consent_missing(acceptances: tuple[Acceptance, ...]) -> Refusal | None:
    for acceptance in acceptances:
        if not acceptance.consents:
            return Refusal(
                Code.CONSENT_MISSING,
                f"{acceptance.party} does not consent that the bank executes subjective and"
                " automatic instructions",
            )
    return None


def _too_late(contract: Contract | None, offer: Offer, at: At) -> Refusal | None:
    if contract is not None and (refusal := ended(contract)):
        return refusal
    if at.t >= offer.offer_expires_at:
        return Refusal(
            Code.OFFER_LAPSED,
            "the offer period was over when the offer came",
            {"offer_expires_at": written(offer.offer_expires_at), "t": written(at.t)},
        )
    if contract is not None:
        return Refusal(
            Code.NOT_ON_OFFER, "this contract was offered already", {"status": contract.status}
        )
    if len({acceptance.party for acceptance in offer.acceptances}) < len(offer.acceptances):
        return Refusal(Code.NOT_ON_OFFER, "the order carries one party's acceptance twice")
    return None


def flaws_of(terms: ClaimedTerms, starts: Starts, calendars: Calendars) -> Iterator[Refusal]:
    """Yield why terms are refused, in the order of precedence, of each kind the first.

    ``starts``: when they might take effect; ``calendars``: what is published.
    """
    flaws = (
        _same_party(terms),
        _asset_flawed(terms),
        _amounts_invalid(terms),
        period_invalid(_periods(terms)),
    )
    yield from filter(None, flaws)
    if not any(flaws[1:]):
        of_the_rail = (
            beyond_declared(terms.rail, str(terms.asset)),
            _rail_cannot(terms, starts, calendars),
            not_published(terms, starts, calendars),
        )
        yield from filter(None, of_the_rail)


def _same_party(terms: ClaimedTerms) -> Refusal | None:
    payer, payee = terms.payer, terms.payee
    if payer.party == payee.party or payer.account == payee.account:
        return _same("party" if payer.party == payee.party else "account")
    if payer.key is not None and payer.key == payee.key:
        return _same("key")
    judge = terms.adjudicator
    for side in (payer, payee):
        if judge is not None and (judge.party == side.party or judge.key == side.key):
            return Refusal(
                Code.SAME_PARTY,
                f"{side.party} would be its own adjudicator",
                {"same": "adjudicator", "clause": "dispute.adjudicator"},
            )
    return None


def _asset_flawed(terms: ClaimedTerms) -> Refusal | None:
    if isinstance(terms.asset, MoneyFlaw):
        detail = "the asset of the terms is not of ISO 4217"
        return Refusal(Code(terms.asset), detail, {"clause": "asset"})
    return None


def _periods(terms: ClaimedTerms) -> Iterator[tuple[str, Period]]:
    yield "dispute.period_ms", Exact(terms.dispute.period_ms)
    if terms.dispute.ruling_ms is not None:
        yield "dispute.ruling_ms", Exact(terms.dispute.ruling_ms)
    for index, tranche in enumerate(terms.tranches):
        yield f"tranches[{index}].period", tranche.period
    if terms.caps.extend_ms is not None:
        yield "caps.extend_ms", Exact(terms.caps.extend_ms)
    if terms.caps.advance_ms:  # Zero is a cap: no advance at all.
        yield "caps.advance_ms", Exact(terms.caps.advance_ms)


def _same(what: str) -> Refusal:
    facts = {"same": what, "clause": f"payee.{what}"}
    return Refusal(Code.SAME_PARTY, f"payer and payee name the same {what}", facts)


def _amounts_invalid(terms: ClaimedTerms) -> Refusal | None:
    for index, tranche in enumerate(terms.tranches):
        if isinstance(tranche.amount, MoneyFlaw) or tranche.amount == 0:
            clause = f"tranches[{index}].amount"
            return Refusal(Code.AMOUNT_INVALID, f"{clause} moves nothing", {"clause": clause})
    if isinstance(terms.rail.minimum, MoneyFlaw):
        return Refusal(
            Code.AMOUNT_INVALID, "rail.minimum is not minor units", {"clause": "rail.minimum"}
        )
    if sum(_minor(tranche.amount) for tranche in terms.tranches) >= 10**MAX_DIGITS:
        return Refusal(
            Code.AMOUNT_INVALID,
            f"the tranches add up to more than {MAX_DIGITS} digits",
            {"clause": "tranches"},
        )
    return None


def _rail_cannot(terms: ClaimedTerms, starts: Starts, calendars: Calendars) -> Refusal | None:
    rail, minimum = terms.rail, max(_minor(terms.rail.minimum), 1)
    amounts = [_minor(tranche.amount) for tranche in terms.tranches]

    def refuse(clause: str, detail: str) -> Refusal:
        return Refusal(Code.RAIL_CANNOT_HONOUR, detail, {"clause": clause, "rail": rail.name})

    if min(amounts) < minimum:
        return refuse("rail.minimum", f"a tranche is below the rail's minimum of {minimum}")
    if rail.max_parts is not None and len(amounts) > rail.max_parts:
        return refuse("rail.max_parts", f"{len(amounts)} tranches need as many parts")
    if rail.partial != "many" and len(amounts) > 1:
        return refuse("rail.partial", "the rail cannot settle tranches apart")
    if rail.partial == "single_shot" and sum(amounts) >= 2 * minimum:
        return refuse("rail.partial", "a part could move, and the rail would send back the rest")
    ratio = terms.dispute.ratio_bp
    if rail.partial == "none" and ratio not in (None, 0, 10_000) and sum(amounts) >= 2 * minimum:
        clause = "dispute.ending" if terms.dispute.fallback is None else "dispute.fallback"
        return refuse(clause, "a ratio splits what the rail moves only whole")
    if rail.max_hold_hours is not None:
        needed = hold_needed(terms, starts, calendars)
        if needed > rail.max_hold_hours * _HOUR:
            hours = -(-needed // _HOUR)
            return refuse("rail.max_hold_hours", f"the money may have to be held for {hours} h")
    return None


def hold_needed(terms: ClaimedTerms, starts: Starts, calendars: Calendars) -> timedelta:
    """Return how long the rail may have to hold the money, its margin included."""
    dispute_ms = terms.dispute.period_ms + (terms.dispute.ruling_ms or 0)
    added = ((terms.caps.extend_ms or 0) + dispute_ms) * _MS
    return longest_chain(terms, starts, calendars) + added + terms.rail.margin_hours * _HOUR


def _offer_made(offer: Offer) -> OfferMade:
    terms = offer.terms
    assert isinstance(terms.asset, str)
    roles = {terms.payer.party: Role.PAYER, terms.payee.party: Role.PAYEE}
    return OfferMade(
        upstream=offer.asked.upstream,
        order_id=offer.order_id,
        terms_digest=terms.digest,
        clauses=Clauses(
            payer=terms.payer,
            payee=terms.payee,
            asset=terms.asset,
            rail=Rail(
                terms.rail.name,
                _minor(terms.rail.minimum),
                terms.rail.partial,
                terms.rail.max_parts,
            ),
            acts_budget=terms.acts_budget,
            proposals_budget=terms.proposals_budget,
            odd_unit=terms.odd_unit,
            dispute=terms.dispute,
            caps=terms.caps,
            proof_required=terms.proof_required,
        ),
        tranches=tuple(
            Tranche(number, tranche.name, _minor(tranche.amount), tranche.period)
            for number, tranche in enumerate(terms.tranches, start=1)
        ),
        offer_expires_at=offer.offer_expires_at,
        accepted_by=frozenset(roles[acceptance.party] for acceptance in offer.acceptances),
    )


def _minor(amount: int | MoneyFlaw) -> int:
    assert isinstance(amount, int)
    return amount
