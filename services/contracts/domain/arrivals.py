"""What the clock alone decides: offers that lapse, and the money that arrives at a deadline."""

from dataclasses import replace
from datetime import datetime

from services.contracts.domain.commands import Due
from services.contracts.domain.contract import ON_OFFER, Contract, Role, Tranche, by_deadline
from services.contracts.domain.events import (
    Authorisation,
    Event,
    FundsAttributed,
    Part,
)
from services.contracts.domain.returns import lapse


def due_by(contract: Contract | None, t: datetime) -> tuple[Event, ...]:
    """Return everything due at ``t``, in the order of its instants (SPEC section 5).

    Intervals are half-open: what ends at ``t`` is over at ``t``.
    """
    if contract is None:
        return ()
    if contract.status in ON_OFFER:
        return lapse_by(contract, t)
    return tuple(
        _arrival(tranche, deadline_at, t)
        for deadline_at, tranche in by_deadline(contract)
        if deadline_at <= t and tranche.buckets.free > 0
    )


def lapse_by(contract: Contract, instant: datetime) -> tuple[Event, ...]:
    """Return the lapse of an offer whose period is over at ``instant``."""
    if contract.status in ON_OFFER and instant >= contract.offer_expires_at:
        return lapse(contract.receipts)
    return ()


def fire(contract: Contract | None, due: Due, t: datetime) -> tuple[Event, ...]:
    """Return what a due message sets off: of the present generation and not early, else nothing.

    One that counts executes all that is due by ``t``, in deadline order (SPEC section 10).
    """
    if contract is None:
        return ()
    if due.timer == "offer":
        is_present = contract.status in ON_OFFER and (due.tranche, due.generation) == (1, 1)
        return lapse_by(contract, t) if is_present else ()
    if due.timer == "dispute":
        return ()
    for deadline_at, tranche in by_deadline(contract):
        if (tranche.number, tranche.generation) == (due.tranche, due.generation):
            return due_by(contract, t) if t >= deadline_at else ()
    return ()


def _arrival(tranche: Tranche, deadline_at: datetime, t: datetime) -> FundsAttributed:
    before = tranche.buckets
    after = replace(before, free=0, payee=before.payee + before.free)
    return FundsAttributed(
        to=Role.PAYEE,
        cause="arrival",
        parts=(Part(tranche.number, before.free, before, after),),
        authorisation=Authorisation(Role.PAYER, "clause", clause="arrival"),
        judged_at=t,
        due_at=deadline_at,
    )
