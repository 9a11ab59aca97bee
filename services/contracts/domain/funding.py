"""Receipts: what enters the total, what waits, what goes back (SPEC section 3, funding)."""

from itertools import accumulate

from schemas.values import MAX_DIGITS
from services.chassis.answers import Applied, Decision
from services.contracts.domain.arrivals import lapse_by
from services.contracts.domain.commands import At, FundingReceived
from services.contracts.domain.contract import ON_OFFER, Contract, ReceiptShare, Status, Tranche
from services.contracts.domain.events import (
    BecameEffective,
    Deadline,
    Event,
    ReceiptCounted,
    ReceiptRefused,
    ReceiptReturned,
)
from services.contracts.domain.periods import Days, derive
from services.contracts.domain.returns import lapse


def receive(contract: Contract, report: FundingReceived, at: At) -> Decision[Event]:
    """Decide what a bank receipt is; first the lapse, if the offer is over by our own clock."""
    lapsed = lapse_by(contract, at.now)
    status = Status.OFFER_LAPSED if lapsed else contract.status
    return Decision(Applied(_receipt(contract, status, report, at)), due=lapsed)


def _receipt(
    contract: Contract, status: Status, report: FundingReceived, at: At
) -> tuple[Event, ...]:
    share = ReceiptShare(report.receipt, report.amount)
    if report.account != contract.clauses.payer.account:
        return (ReceiptRefused(share, "foreign_account"),)
    if report.asset != contract.clauses.asset:
        return (ReceiptRefused(share, "foreign_currency"),)
    if status in ON_OFFER:
        waiting = (*contract.receipts, share)
        if effective := effect(contract, status, waiting, at):
            return effective
        return (ReceiptCounted(share),)
    if status in {Status.DECLINED, Status.OFFER_LAPSED}:
        return (ReceiptReturned(share, "late_funding"),)
    return (ReceiptReturned(share, "over_funding"),)


def effect(
    contract: Contract, status: Status, receipts: tuple[ReceiptShare, ...], at: At
) -> tuple[Event, ...]:
    """Return the effectiveness that ``receipts`` bring at ``at.now``, if accepted and whole.

    What comes beyond T is one excess, cited by the receipt that brought the sum over it; if no
    amount can write that, the receipts after this one go back whole, each on its own. Where a
    period has run past the published days the offer lapses instead (SPEC section 10, offers).
    """
    total = contract.total
    if status is not Status.ACCEPTED or sum(share.amount for share in receipts) < total:
        return ()
    sums = list(accumulate(share.amount for share in receipts))
    excess, apart = None, receipts[:0]
    if sums[-1] > total:
        first_over = next(i for i, reached in enumerate(sums) if reached > total)
        if sums[-1] - total >= 10**MAX_DIGITS:
            apart = receipts[first_over + 1 :]
        beyond = sums[len(sums) - 1 - len(apart)] - total
        excess = ReceiptShare(receipts[first_over].receipt, beyond)
    deadlines = tuple(found for tranche in contract.tranches if (found := _deadline(tranche, at)))
    if len(deadlines) < len(contract.tranches):
        return lapse(receipts, "calendar_not_published")
    returns = (ReceiptReturned(share, "over_funding") for share in apart)
    return (BecameEffective(at.now, len(receipts), sums[-1], excess, deadlines), *returns)


def _deadline(tranche: Tranche, at: At) -> Deadline | None:
    period = tranche.period
    name = period.calendar if isinstance(period, Days) else None
    derived = derive(period, at.now, at.calendars.get(name) if name else None)
    return derived and Deadline(tranche.number, *derived)
