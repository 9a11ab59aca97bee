"""To the wire: the domain's events and answers, each in its released version."""

import json
from typing import Any

from pydantic import BaseModel

from schemas import consents_v1, contracts_v1, deadlines_v1, openings_v1, periods_v1
from schemas.values import Money
from services.contracts.domain import events
from services.contracts.domain.contract import (
    Buckets,
    Contract,
    ReceiptShare,
    Role,
    Status,
    waiting_timers,
)
from services.contracts.domain.periods import Derivation, Exact


def say(event: events.Event, after: Contract, terms: bytes | None) -> tuple[str, BaseModel]:
    """Return the wire type and body of ``event``; ``after`` is the contract it led to.

    ``terms`` are the canonical terms, needed where an event tells them.
    """
    match event:
        case events.OfferMade() | events.OfferAccepted():
            return _standing(event, after, terms)
        case events.OfferDeclined() | events.OfferLapsed():
            return _offer_ended(event, after)
        case events.ConsentRevoked(by):
            return "crps.consent.revoked.v1", consents_v1.ConsentRevoked(by=by.value)
        case events.BecameEffective():
            return "crps.contract.effective.v1", _effective(event, after)
        case events.FundsAttributed():
            return "crps.funds.attributed.v1", _attributed(event, after)
        case events.DeadlineMoved():
            return "crps.deadline.moved.v1", _deadline_moved(event, after)
        case events.DisputeOpened():
            return "crps.dispute.opened.v1", _opened(event, after)
        case events.TrancheAttributed(tranche, payee, payer):
            body: BaseModel = contracts_v1.TrancheAttributed(
                tranche=tranche, asset=_asset(after), payee=payee, payer=payer
            )
            return "crps.tranche.attributed.v1", body
        case events.ContractClosed():
            buckets = after.buckets
            body = contracts_v1.ContractClosed(
                asset=_asset(after), payee=buckets.payee, payer=buckets.payer
            )
            return "crps.contract.closed.v1", body
        case events.ContractReopened():
            return "crps.contract.reopened.v1", contracts_v1.ContractReopened()
        case events.ReceiptCounted() | events.ReceiptRefused() | events.ReceiptReturned():
            return _receipt(event, _asset(after))


def _standing(
    event: events.OfferMade | events.OfferAccepted, after: Contract, terms: bytes | None
) -> tuple[str, BaseModel]:
    if after.status is Status.ACCEPTED:
        return "crps.contract.accepted.v1", contracts_v1.ContractAccepted(
            **_offer_told(after, terms)
        )
    if isinstance(event, events.OfferMade):
        accepted_by = [role.value for role in Role if role in after.accepted_by]
        return "crps.contract.offered.v1", contracts_v1.ContractOffered(
            **_offer_told(after, terms), accepted_by=accepted_by
        )
    body = contracts_v1.OfferAccepted(by=event.by.value, timers=_timers(after))
    return "crps.offer.accepted.v1", body


def _offer_ended(
    event: events.OfferDeclined | events.OfferLapsed, after: Contract
) -> tuple[str, BaseModel]:
    asset, returns, timers = _asset(after), _shares(event.returns), _timers(after)
    if isinstance(event, events.OfferDeclined):
        return "crps.contract.declined.v1", contracts_v1.ContractDeclined(
            by=event.by.value, asset=asset, returns=returns, timers=timers
        )
    return "crps.offer.lapsed.v1", contracts_v1.OfferLapsed(
        asset=asset, returns=returns, reason=event.reason, timers=timers
    )


def _offer_told(after: Contract, terms: bytes | None) -> dict[str, Any]:
    assert terms is not None, "terms are loaded wherever an offer is made or accepted"
    return {
        "upstream": after.upstream,
        "order_id": after.order_id,
        "terms": json.loads(terms),
        "terms_digest": after.terms_digest,
        "offer_expires_at": after.offer_expires_at,
        "timers": _timers(after),
    }


def _receipt(
    event: events.ReceiptCounted | events.ReceiptRefused | events.ReceiptReturned, asset: str
) -> tuple[str, BaseModel]:
    receipt, amount = event.share.receipt, event.share.amount
    match event:
        case events.ReceiptCounted():
            body: BaseModel = contracts_v1.ReceiptCounted(
                receipt=receipt, asset=asset, amount=amount
            )
            return "crps.receipt.counted.v1", body
        case events.ReceiptRefused():
            body = contracts_v1.ReceiptRefused(receipt=receipt, reason=event.reason)
            return "crps.receipt.refused.v1", body
        case events.ReceiptReturned():
            body = contracts_v1.ReceiptReturned(
                receipt=receipt, asset=asset, amount=amount, cause=event.cause
            )
            return "crps.receipt.returned.v1", body


def _effective(event: events.BecameEffective, after: Contract) -> contracts_v1.ContractEffective:
    return contracts_v1.ContractEffective(
        effective_at=event.effective_at,
        asset=_asset(after),
        total=after.total,
        receipts=event.receipts,
        received=event.received,
        excess=None if event.excess is None else _share(event.excess),
        tranches=[
            contracts_v1.EffectiveTranche(
                tranche=tranche.number,
                name=tranche.name,
                amount=tranche.amount,
                deadline_at=deadline.deadline_at,
                generation=tranche.generation,
                derivation=_derivation(deadline.derivation),
            )
            for tranche, deadline in zip(after.tranches, event.deadlines, strict=True)
        ],
        timers=_timers(after),
    )


def _derivation(derivation: Derivation) -> periods_v1.Derivation:
    period = derivation.period
    if isinstance(period, Exact):
        return periods_v1.Derivation(unit=period.unit, duration_ms=period.duration_ms)
    return periods_v1.Derivation(
        unit=period.unit,
        days=period.days,
        zone=period.zone,
        cutoff=f"{period.cutoff:%H:%M}",
        effective_day=derivation.effective_day,
        last_day=derivation.last_day,
        calendar=period.calendar,
        calendar_version=derivation.calendar_version,
        tz_version=derivation.tz_version,
        met=derivation.met,
    )


def _attributed(event: events.FundsAttributed, after: Contract) -> contracts_v1.FundsAttributed:
    authorisation = event.authorisation
    return contracts_v1.FundsAttributed(
        to=event.to.value,
        cause=event.cause,
        kind="subjective" if authorisation.basis == "live" else "automatic",
        money=Money(event.amount, _asset(after)),
        parts=[
            contracts_v1.Part(
                tranche=part.tranche,
                amount=part.amount,
                before=_buckets(part.before),
                after=_buckets(part.after),
            )
            for part in event.parts
        ],
        authorisation=contracts_v1.Authorisation(
            signer=authorisation.signer.value,
            basis=authorisation.basis,
            clause=authorisation.clause,
            command_id=authorisation.command_id,
        ),
        judged_at=event.judged_at,
        due_at=event.due_at,
        timers=_timers(after),
    )


def _deadline_moved(event: events.DeadlineMoved, after: Contract) -> deadlines_v1.DeadlineMoved:
    return deadlines_v1.DeadlineMoved(
        by=event.by.value,
        command_id=event.command_id,
        tranche=event.tranche,
        before=event.before,
        after=event.after,
        generation=after.tranches[event.tranche - 1].generation,
        first_deadline_at=event.first_deadline_at,
        judged_at=event.judged_at,
        timers=_timers(after),
    )


def _opened(event: events.DisputeOpened, after: Contract) -> openings_v1.DisputeOpened:
    clauses = after.clauses
    return openings_v1.DisputeOpened(
        tranche=event.tranche,
        asset=clauses.asset,
        amount=after.tranches[event.tranche - 1].amount,
        claim=event.claim,
        reason=event.reason,
        evidence=list(event.evidence),
        before=_buckets(event.before),
        after=_buckets(event.after),
        clause=openings_v1.DisputeClause(
            silence_rule=clauses.dispute.silence_rule,
            ending=clauses.dispute.ending,
            fallback=clauses.dispute.fallback,
            ratio_to_payee_bp=clauses.dispute.ratio_bp,
            odd_unit=clauses.odd_unit.value,
        ),
        rail=openings_v1.DisputeRail(
            minimum=clauses.rail.minimum,
            whole_only=clauses.rail.partial != "many",
            parts=event.parts,
        ),
        proposals_budget=clauses.proposals_budget,
        opened_at=event.opened_at,
        deadline_at=event.deadline_at,
        ruling_deadline_at=event.ruling_deadline_at,
        adjudicator=clauses.dispute.adjudicator,
        judged_at=event.judged_at,
        timers=_timers(after),
    )


def _asset(contract: Contract) -> str:
    return contract.clauses.asset


def _buckets(buckets: Buckets) -> contracts_v1.Buckets:
    return contracts_v1.Buckets(
        free=buckets.free,
        contested=buckets.contested,
        payee=buckets.payee,
        payer=buckets.payer,
    )


def _shares(shares: tuple[ReceiptShare, ...]) -> list[contracts_v1.ReceiptShare]:
    return [_share(share) for share in shares]


def _share(share: ReceiptShare) -> contracts_v1.ReceiptShare:
    return contracts_v1.ReceiptShare(receipt=share.receipt, amount=share.amount)


def _timers(contract: Contract) -> list[contracts_v1.Timer]:
    return [
        contracts_v1.Timer(
            timer=timer.timer,
            tranche=timer.tranche,
            generation=timer.generation,
            due_at=timer.due_at,
        )
        for timer in waiting_timers(contract)
    ]
