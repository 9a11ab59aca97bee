"""The mapping from a real order to chain payment contracts and to what their parties will do.

Pure: orders in, plans out, no clock and no I/O. Times are data time, that is the time of the
dataset, which the replay compresses later. The same order always gives the same plans (shares are
drawn by `shares`). Every rule that the data needs and the mapping leaves open is written down at
the function that applies it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from crps.replay.local_time import end_of_day, local_day
from crps.replay.olist import Consignment, Order
from crps.replay.shares import draw

ASSET: Final = "BRL/2"
DAY: Final = timedelta(days=1)
OFFER_PERIOD: Final = timedelta(days=7)
INSPECTION_DAYS: Final = 3
DISPUTE_PERIOD: Final = timedelta(days=3)
RETURN_DELAY: Final = timedelta(days=2)
GOOD_SCORES: Final = frozenset({4, 5})
BAD_SCORES: Final = frozenset({1, 2})
CALLED_OFF: Final = frozenset({"canceled", "unavailable"})

ActKind = Literal["release", "return"]
ClaimKind = Literal["freight", "half", "all"]
Reaction = Literal["concede", "contest", "silent"]
Outcome = Literal["arrived", "released", "returned", "disputed", "lapsed"]

# Four faces, an even draw: a quarter, a half, a quarter; and a half, a quarter, a quarter.
_CLAIMS: Final[tuple[ClaimKind, ...]] = ("freight", "half", "half", "all")
_REACTIONS: Final[tuple[Reaction, ...]] = ("concede", "concede", "contest", "silent")


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """A release by the payer or a return by the payee, `after` so much data time since funding.

    `amount` is in minor units, or ``ALL``. `held` says that the data dates the act before its
    contract's funding, and that it was therefore moved to the moment of funding.
    """

    kind: ActKind
    after: timedelta
    amount: int | Literal["ALL"]
    held: bool = False


@dataclass(frozen=True, slots=True)
class PlannedDispute:
    """A dispute over the whole contract; claims are totals in minor units (SPEC section 6).

    `claim_minor` is all that the payer should end with. `answer_minor` is all that the payee says
    it should end with, `answer_after` the opening; both are None for a payee who stays silent. The
    ending both signed is ``to_payee`` after `period`, with the silence rule. `held` as in
    `PlannedAct`.
    """

    after: timedelta
    claim: ClaimKind
    claim_minor: int
    reaction: Reaction
    answer_minor: int | None
    answer_after: timedelta | None
    period: timedelta = DISPUTE_PERIOD
    held: bool = False


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """One contract to be: one seller's part of one order. Amounts in minor units of `asset`.

    `chain_period` is exact and begins at funding. A plan whose customer was dissatisfied carries
    a `dispute` and no acts.
    """

    order_id: str
    seller_id: str
    payer: str
    payee: str
    total_minor: int
    freight_minor: int
    offered_at: datetime
    funded_at: datetime | None
    chain_period: timedelta
    acts: tuple[PlannedAct, ...]
    dispute: PlannedDispute | None
    offer_period: timedelta = OFFER_PERIOD
    asset: str = ASSET

    @property
    def held(self) -> bool:
        """Whether the data dates an act or the dispute before the funding."""
        return any(act.held for act in self.acts) or bool(self.dispute and self.dispute.held)


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """What became of the orders in planning; nothing is left out without being counted here."""

    orders: int
    contracts: int
    orders_without_items: int
    zero_totals: int
    """Consignments that cost nothing; they make no contract."""
    disputes: int
    held: int
    """Plans with an act or a dispute that the data dates before the funding."""
    late_funded: int
    """Plans whose money comes when the offer has lapsed; it goes back."""


def plan_orders(orders: Iterable[Order]) -> tuple[tuple[ContractPlan, ...], PlanCounts]:
    """Return the plans of all contracts, in the order of `orders`, and what was counted."""
    plans: list[ContractPlan] = []
    order_count = without_items = zero_totals = 0
    for order in orders:
        order_count += 1
        without_items += not order.consignments
        zero_totals += sum(part.total_minor == 0 for part in order.consignments)
        plans.extend(plan_order(order))
    counts = PlanCounts(
        orders=order_count,
        contracts=len(plans),
        orders_without_items=without_items,
        zero_totals=zero_totals,
        disputes=sum(plan.dispute is not None for plan in plans),
        held=sum(plan.held for plan in plans),
        late_funded=sum(plan.funded_at is not None and _lapses(plan) for plan in plans),
    )
    return tuple(plans), counts


def plan_order(order: Order) -> tuple[ContractPlan, ...]:
    """Return one plan a seller, sorted by seller; a seller whose total is 0 gets none."""
    return tuple(
        _plan_consignment(order, consignment)
        for consignment in order.consignments
        if consignment.total_minor > 0
    )


def expected_outcome(plan: ContractPlan) -> Outcome:
    """Return how the contract ends as far as the data alone decides.

    ``lapsed``: not funded before the offer's end. ``disputed``: a dispute was opened before the
    deadline. ``released`` or ``returned``: acts of that kind before the deadline moved the whole
    total. ``arrived``: all else, also where a first part was released or returned and the deadline
    paid the rest. An act or an opening at or after the deadline does not count (SPEC section 5:
    periods are half-open).
    """
    if _lapses(plan):
        return "lapsed"
    if plan.dispute is not None and plan.dispute.after < plan.chain_period:
        return "disputed"
    free = plan.total_minor
    kind: ActKind | None = None
    for act in plan.acts:
        if act.after < plan.chain_period:
            free -= free if act.amount == "ALL" else act.amount
            kind = act.kind
    if free > 0 or kind is None:
        return "arrived"
    return "released" if kind == "release" else "returned"


def margin(plan: ContractPlan) -> timedelta | None:
    """Return the distance, in data time, of the act nearest to the deadline, before or after it.

    The opening of a dispute is one of them; None without any. Where it is small, a compressed
    replay may end the contract otherwise than `expected_outcome` says.
    """
    moments = [act.after for act in plan.acts]
    if plan.dispute is not None:
        moments.append(plan.dispute.after)
    return min((abs(plan.chain_period - after) for after in moments), default=None)


def offer_margin(plan: ContractPlan) -> timedelta | None:
    """Return the distance, in data time, of the funding from the offer's end; None if unfunded."""
    if plan.funded_at is None:
        return None
    return abs(plan.offered_at + plan.offer_period - plan.funded_at)


def _lapses(plan: ContractPlan) -> bool:
    return plan.funded_at is None or plan.funded_at >= plan.offered_at + plan.offer_period


def _plan_consignment(order: Order, consignment: Consignment) -> ContractPlan:
    # A receipt counts from the offer on, so one that the data dates earlier comes with the offer.
    funded_at = order.approved_at and max(order.approved_at, order.purchased_at)
    acts: tuple[PlannedAct, ...] = ()
    dispute: PlannedDispute | None = None
    if funded_at is not None:
        acts = _plan_acts(order, consignment.total_minor, funded_at)
        dispute = _plan_dispute(order, consignment, funded_at)
    return ContractPlan(
        order_id=order.order_id,
        seller_id=consignment.seller_id,
        payer=order.customer_id,
        payee=consignment.seller_id,
        total_minor=consignment.total_minor,
        freight_minor=consignment.freight_minor,
        offered_at=order.purchased_at,
        funded_at=funded_at,
        chain_period=_chain_period(funded_at or order.purchased_at, order.estimated_delivery_at),
        acts=acts,
        dispute=dispute,
    )


def _chain_period(begin: datetime, estimated_delivery_at: datetime) -> timedelta:
    """Return the time from `begin` to the end of the third local day after the estimated day.

    "The end of the local day plus 3 inspection days" is read as the midnight that ends the third
    calendar day after the estimated day, by the clocks of Sao Paulo: delivery due on the 10th ends
    with the 13th. An order that is never funded has no funding to count from; its period counts
    from the purchase, and no one ever sees it.
    """
    last_day = local_day(estimated_delivery_at) + timedelta(days=INSPECTION_DAYS)
    return max(end_of_day(last_day) - begin, DAY)


def _plan_acts(order: Order, total_minor: int, funded_at: datetime) -> tuple[PlannedAct, ...]:
    if order.status in CALLED_OFF:
        return _in_parts("return", order.order_id, total_minor, RETURN_DELAY, held=False)
    if order.status == "delivered" and order.review and order.review.score in GOOD_SCORES:
        after, held = _not_before_funding(order.review.created_at, funded_at)
        return _in_parts("release", order.order_id, total_minor, after, held=held)
    return ()


def _in_parts(
    kind: ActKind, order_id: str, total_minor: int, after: timedelta, *, held: bool
) -> tuple[PlannedAct, ...]:
    """Return one act over everything, or for a tenth of the orders half and, a day later, the rest.

    The half is rounded down; a total of one minor unit has no half and moves in one act.
    """
    half = total_minor // 2
    if half == 0 or draw("parts", order_id, 10) != 0:
        return (PlannedAct(kind, after, "ALL", held),)
    return (PlannedAct(kind, after, half, held), PlannedAct(kind, after + DAY, "ALL"))


def _not_before_funding(instant: datetime, funded_at: datetime) -> tuple[timedelta, bool]:
    """Return the time since funding, at the earliest 0, and whether the data dates it earlier.

    A few reviews are older than the approval of their payment. Nobody can act on money that is
    not there, so such an act comes at the moment of funding.
    """
    after = instant - funded_at
    return (after, False) if after >= timedelta() else (timedelta(), True)


def _plan_dispute(
    order: Order, consignment: Consignment, funded_at: datetime
) -> PlannedDispute | None:
    if order.status != "delivered" or not order.review or order.review.score not in BAD_SCORES:
        return None
    after, held = _not_before_funding(order.review.created_at, funded_at)
    claim, claim_minor = _draw_claim(order.order_id, consignment)
    reaction = _REACTIONS[draw("reaction", order.order_id, len(_REACTIONS))]
    # "Within a day" is a whole number of hours, 1 to 23, drawn like the shares.
    hours = 1 + draw("answer", order.order_id, 23)
    answer_minor: int | None = None
    if reaction == "concede":
        # Nothing moved before the opening, so the contested part is the whole claim.
        answer_minor = consignment.total_minor - claim_minor // 2
    elif reaction == "contest":
        answer_minor = consignment.total_minor
    return PlannedDispute(
        after=after,
        claim=claim,
        claim_minor=claim_minor,
        reaction=reaction,
        answer_minor=answer_minor,
        answer_after=None if answer_minor is None else timedelta(hours=hours),
        held=held,
    )


def _draw_claim(order_id: str, consignment: Consignment) -> tuple[ClaimKind, int]:
    """Return the kind of claim and its total in minor units, always at least 1.

    A claim of nothing would be no dispute (SPEC section 6), so where the freight was free the payer
    claims half instead. Half is rounded down, but of one minor unit it is that unit.
    """
    claim = _CLAIMS[draw("claim", order_id, len(_CLAIMS))]
    if claim == "freight" and consignment.freight_minor > 0:
        return "freight", consignment.freight_minor
    if claim == "all":
        return "all", consignment.total_minor
    return "half", max(consignment.total_minor // 2, 1)
