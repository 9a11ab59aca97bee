"""Apply one event to the state; conservation is asserted before and after each."""

from dataclasses import replace

from services.contracts.domain.contract import Buckets, Contract, Role, Status, Tranche
from services.contracts.domain.events import (
    BecameEffective,
    ContractClosed,
    ContractReopened,
    Event,
    FundsAttributed,
    OfferAccepted,
    OfferDeclined,
    OfferLapsed,
    OfferMade,
    Part,
    ReceiptCounted,
    ReceiptRefused,
    ReceiptReturned,
)
from services.contracts.domain.invariants import assert_conserved, assert_loser_signed


def evolve(contract: Contract | None, event: Event) -> Contract:
    """Return the contract after ``event``; AssertionError when an invariant would break."""
    if isinstance(event, OfferMade):
        assert contract is None
        after = _offered(event)
    else:
        assert contract is not None
        after = _next(contract, event)
    assert_conserved(contract, after)
    return after


def _offered(event: OfferMade) -> Contract:
    return Contract(
        upstream=event.upstream,
        order_id=event.order_id,
        terms_digest=event.terms_digest,
        clauses=event.clauses,
        offer_expires_at=event.offer_expires_at,
        accepted_by=event.accepted_by,
        status=_offer_status(event.accepted_by),
        tranches=event.tranches,
    )


def _next(contract: Contract, event: Event) -> Contract:
    match event:
        case OfferAccepted(by):
            accepted_by = contract.accepted_by | {by}
            return replace(contract, accepted_by=accepted_by, status=_offer_status(accepted_by))
        case OfferDeclined():
            return replace(contract, status=Status.DECLINED, receipts=())
        case OfferLapsed():
            return replace(contract, status=Status.OFFER_LAPSED, receipts=())
        case ReceiptCounted(share):
            return replace(contract, receipts=(*contract.receipts, share))
        case BecameEffective():
            return _effective(contract, event)
        case FundsAttributed():
            return _attributed(contract, event)
        case ContractClosed():
            return replace(contract, status=Status.CLOSED)
        case ContractReopened():
            return replace(contract, status=Status.ATTRIBUTED)
        case ReceiptRefused() | ReceiptReturned():
            return contract  # That money never was the contract's.
        case OfferMade():
            raise AssertionError("a contract is offered once")


def _offer_status(accepted_by: frozenset[Role]) -> Status:
    return Status.ACCEPTED if accepted_by == set(Role) else Status.OFFERED


def _effective(contract: Contract, event: BecameEffective) -> Contract:
    deadlines = {deadline.tranche: deadline.deadline_at for deadline in event.deadlines}
    tranches = tuple(
        replace(
            tranche,
            buckets=Buckets(free=tranche.amount),
            deadline_at=deadlines[tranche.number],
            generation=1,
        )
        for tranche in contract.tranches
    )
    return replace(
        contract,
        status=Status.EFFECTIVE,
        effective_at=event.effective_at,
        tranches=tranches,
        receipts=(),
    )


def _attributed(contract: Contract, event: FundsAttributed) -> Contract:
    assert_loser_signed(event)
    moved = {part.tranche: part for part in event.parts}
    assert len(moved) == len(event.parts)
    tranches = tuple(
        _moved(tranche, moved[tranche.number], event) if tranche.number in moved else tranche
        for tranche in contract.tranches
    )
    left = any(t.buckets.free or t.buckets.contested for t in tranches)
    return replace(
        contract,
        tranches=tranches,
        parts=contract.parts + 1,
        status=contract.status if left else Status.ATTRIBUTED,
    )


def _moved(tranche: Tranche, part: Part, event: FundsAttributed) -> Tranche:
    assert part.before == tranche.buckets
    tranche = replace(tranche, buckets=part.after)
    if event.cause == "arrival":
        return replace(tranche, arrived=tranche.arrived + part.amount)
    if event.authorisation.signer is Role.PAYER:
        return replace(tranche, payer_acts=tranche.payer_acts + 1)
    return replace(tranche, payee_acts=tranche.payee_acts + 1)
