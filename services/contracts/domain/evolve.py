"""Apply one event to the state; conservation is asserted before and after each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from services.contracts.domain.contract import (
    Buckets,
    Contract,
    Opening,
    Role,
    Status,
    Tranche,
)
from services.contracts.domain.events import (
    BecameEffective,
    ConsentRevoked,
    ContractClosed,
    ContractReopened,
    DeadlineMoved,
    DisputeOpened,
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
    TrancheAttributed,
)
from services.contracts.domain.invariants import (
    assert_conserved,
    assert_loser_moved,
    assert_loser_signed,
)

_LEADS_TO: Final = {
    OfferDeclined: Status.DECLINED,
    OfferLapsed: Status.OFFER_LAPSED,
    ContractClosed: Status.CLOSED,
    ContractReopened: Status.ATTRIBUTED,
}


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
        case OfferDeclined() | OfferLapsed() | ContractClosed() | ContractReopened():
            return replace(contract, status=_LEADS_TO[type(event)], receipts=())
        case ConsentRevoked(by):
            return replace(contract, revoked_by=contract.revoked_by | {by})
        case ReceiptCounted(share):
            return replace(contract, receipts=(*contract.receipts, share))
        case BecameEffective():
            return _effective(contract, event)
        case FundsAttributed():
            return _attributed(contract, event)
        case DeadlineMoved():
            return _deadline_moved(contract, event)
        case DisputeOpened():
            return _opened(contract, event)
        case TrancheAttributed():
            return _dispute_over(contract, event)
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
    return _with_tranches(replace(contract, parts=contract.parts + 1), tranches)


def _deadline_moved(contract: Contract, event: DeadlineMoved) -> Contract:
    def moved(tranche: Tranche) -> Tranche:
        assert tranche.deadline_at == event.before
        later = replace(
            tranche,
            deadline_at=event.after,
            generation=tranche.generation + 1,
            first_deadline_at=tranche.first_deadline_at or event.before,
        )
        return _act_counted(later, event.by)

    assert_loser_moved(event)
    return replace(contract, tranches=_changed(contract, event.tranche, moved))


def _opened(contract: Contract, event: DisputeOpened) -> Contract:
    def opened(tranche: Tranche) -> Tranche:
        assert tranche.buckets == event.before
        assert tranche.opening is None
        given = event.after.payee, event.after.payer
        opening = Opening(event.opened_at, event.deadline_at, *given)
        return replace(tranche, buckets=event.after, opening=opening)

    granted = replace(contract, parts=contract.parts + (event.parts or 0))
    return _with_tranches(granted, _changed(contract, event.tranche, opened))


def _dispute_over(contract: Contract, event: TrancheAttributed) -> Contract:
    def over(tranche: Tranche) -> Tranche:
        assert tranche.in_dispute
        return replace(tranche, buckets=Buckets(payee=event.payee, payer=event.payer))

    return _with_tranches(contract, _changed(contract, event.tranche, over))


def _changed(
    contract: Contract, number: int, change: Callable[[Tranche], Tranche]
) -> tuple[Tranche, ...]:
    assert 1 <= number <= len(contract.tranches)
    return tuple(change(t) if t.number == number else t for t in contract.tranches)


def _with_tranches(contract: Contract, tranches: tuple[Tranche, ...]) -> Contract:
    left = any(t.buckets.free or t.buckets.contested for t in tranches)
    status = contract.status if left else Status.ATTRIBUTED
    return replace(contract, tranches=tranches, status=status)


def _moved(tranche: Tranche, part: Part, event: FundsAttributed) -> Tranche:
    assert part.before == tranche.buckets
    tranche = replace(tranche, buckets=part.after)
    if event.cause == "arrival":
        return replace(tranche, arrived=tranche.arrived + part.amount)
    if event.cause == "admission":
        return tranche  # An opening counts against no budget (SPEC section 10).
    return _act_counted(tranche, event.authorisation.signer)


def _act_counted(tranche: Tranche, signer: Role) -> Tranche:
    if signer is Role.PAYER:
        return replace(tranche, payer_acts=tranche.payer_acts + 1)
    return replace(tranche, payee_acts=tranche.payee_acts + 1)
