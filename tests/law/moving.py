"""Release, return and arrival: whose the free money becomes (SPEC sections 4 and 5)."""

from .asking import Act
from .deal import OTHER, Deal, Tranche
from .money import before_effect, flaws, leaves_dust
from .offering import Said
from .order import first, last


def drawn_on(deal: Deal, act: Act) -> list[Tranche]:
    """Releases take the earliest deadline first, returns the latest."""
    order = [t for t in deal.in_deadline_order() if t in deal.meant(act.tranche)]
    return order if act.to == "payee" else order[::-1]


def wanted(deal: Deal, act: Act) -> int | None:
    """What it would move; None where the amount is flawed."""
    scope = drawn_on(deal, act)
    if act.amount == "ALL":
        return sum(t.free for t in scope)
    if act.total is not None:
        given = sum(t.given(act.to) for t in scope)
        return act.total - given if isinstance(act.total, int) else None
    return act.amount if isinstance(act.amount, int) else None


def taken(deal: Deal, act: Act) -> list[tuple[Tranche, int]]:
    """What it takes from each tranche, if it can be had."""
    scope, left, plan = drawn_on(deal, act), wanted(deal, act), []
    if left is None or left > sum(t.free for t in scope):
        return []
    for tranche in scope:
        take = min(max(left, 0), tranche.free)
        plan += [(tranche, take)] if take else []
        left -= take
    return plan


def against_act(deal: Deal, act: Act, t: int) -> set[str]:
    reasons = flaws(act.amount, act.total, act.expected) | before_effect(deal, t)
    if act.amount == 0:
        reasons.add("AMOUNT_INVALID")
    scope, x, plan = drawn_on(deal, act), wanted(deal, act), taken(deal, act)
    free = sum(tranche.free for tranche in scope)
    if act.amount != "ALL" and budget_spent(deal, act, scope, plan):
        reasons.add("ACT_BUDGET_SPENT")
    if plan and not before_effect(deal, t) and rail_cannot(deal, plan):
        reasons.add("RAIL_CANNOT_HONOUR")
    if not before_effect(deal, t) and not free:
        reasons |= why_nothing(scope, act.to, t)
    if x is not None and x > free:
        reasons.add("INSUFFICIENT_REMAINDER")
    if isinstance(act.expected, int) and act.expected != free:
        reasons.add("PRECONDITION_FAILED")
    if plan and leaves_dust(x, [tranche.free for tranche in scope], deal.terms.least):
        reasons.add("DUST_REMAINDER")
    if x is not None and x <= 0:
        reasons.add("NO_CHANGE")
    return reasons


def budget_spent(
    deal: Deal, act: Act, scope: list[Tranche], plan: list[tuple[Tranche, int]]
) -> bool:
    """What ends a tranche always passes; one that cannot be had counts on all it speaks of."""
    if plan:
        touched = [tranche for tranche, x in plan if x < tranche.free]
    else:
        touched = scope if len(scope) == 1 else [tranche for tranche in scope if tranche.free]
    return any(tranche.acts[OTHER[act.to]] >= deal.terms.acts for tranche in touched)


def rail_cannot(deal: Deal, plan: list[tuple[Tranche, int]]) -> bool:
    terms = deal.terms
    if terms.partial != "many" and sum(x for _, x in plan) != terms.total:
        return True
    emptied = [tranche for tranche, x in plan if x == tranche.free]
    still_open = [t for t in deal.tranches if t.free and t not in emptied]
    return terms.max_parts is not None and deal.parts + 1 + len(still_open) > terms.max_parts


def why_nothing(scope: list[Tranche], to: str, t: int) -> set[str]:
    """Each tranche has its own reasons; where the answers differ, the last one is given."""
    each = []
    for tranche in scope:
        reasons = {"NOTHING_LEFT"}
        if tranche.disputed:
            reasons.add("IN_DISPUTE")
        elif t >= tranche.deadline:
            reasons.add("CHAIN_PERIOD_ENDED")
            if to == "payee" and tranche.arrived:
                reasons.add("ALREADY_ARRIVED")
        each.append(reasons)
    answer = last(first(reasons) for reasons in each)
    return next(reasons for reasons in each if first(reasons) == answer)


def act(deal: Deal, command: Act, t: int) -> list[Said]:
    signer, parts = OTHER[command.to], []
    for tranche, x in taken(deal, command):
        tranche.give("free", command.to, x)
        tranche.acts[signer] += 1
        parts.append((tranche.number, x))
    deal.parts += 1
    cause = {"payee": "release", "payer": "return"}[command.to]
    return [("moved", command.to, cause, signer, command.asker.id, tuple(parts), t, None)]


def arrive(deal: Deal, t: int) -> list[Said]:
    """Execute every arrival due by ``t``, in deadline order."""
    said = []
    for tranche in deal.in_deadline_order() if deal.effective_at is not None else []:
        if tranche.deadline <= t and tranche.free:
            x, deal.parts = tranche.free, deal.parts + 1
            tranche.give("free", "payee", x)
            tranche.arrived += x
            part = ((tranche.number, x),)
            said.append(
                ("moved", "payee", "arrival", "payer", "arrival", part, t, tranche.deadline)
            )
    return said
