"""Who gets how much by the data alone: the yardstick that every replay of the same orders shares.

So two replays whose contracts all compare with it agree to the last unit, however time passed in
them. Pure.
"""

from collections.abc import Iterable

from crps.replay.measures import Money
from crps.replay.plan import ContractPlan, expected_outcome


def planned_split(plan: ContractPlan) -> tuple[int, int]:
    """Return what the payee and what the payer gets of the total, in minor units.

    Both are 0 of an offer that lapses: nothing enters T. Otherwise they sum to the total.
    """
    outcome = expected_outcome(plan)
    if outcome == "lapsed":
        return 0, 0
    if outcome == "disputed":
        assert plan.dispute is not None
        kept = plan.dispute.answer_minor
        payee = plan.total_minor - plan.dispute.claim_minor if kept is None else kept
        return payee, plan.total_minor - payee
    free, payer = plan.total_minor, 0
    for act in plan.acts:
        if act.after < plan.chain_period:
            amount = free if act.amount == "ALL" else act.amount
            free -= amount
            payer += amount if act.kind == "return" else 0
    return plan.total_minor - payer, payer


def planned_money(plans: Iterable[ContractPlan]) -> dict[str, Money]:
    """Return the money of each asset as the data has it: money that comes too late goes back."""
    sums: dict[str, Money] = {}
    for plan in plans:
        before = sums.get(plan.asset, Money(0, 0, 0, 0))
        funded = 0 if plan.funded_at is None else plan.total_minor
        payee, _ = planned_split(plan)
        sums[plan.asset] = Money(
            before.funded + funded,
            before.settled + payee,
            before.returned + funded - payee,
            before.open,
        )
    return dict(sorted(sums.items()))
