"""Moving a deadline: later by the payee, earlier by the payer (SPEC section 4)."""

from .asking import Shift
from .deal import Deal, Tranche
from .money import before_effect
from .offering import Said


def against_shift(deal: Deal, command: Shift, t: int) -> set[str]:
    (tranche,) = deal.meant(command.tranche)
    reasons = before_effect(deal, t)
    if tranche.acts[command.by] >= deal.terms.acts:
        reasons.add("ACT_BUDGET_SPENT")
    if command.to <= t:
        reasons.add("DEADLINE_PAST")
    if before_effect(deal, t):
        return reasons  # There is no deadline yet.
    if tranche.disputed:
        reasons.add("IN_DISPUTE")
    elif t >= tranche.deadline:
        reasons.add("CHAIN_PERIOD_ENDED")
    if not tranche.free:
        reasons.add("NOTHING_LEFT")
    if command.to == tranche.deadline:
        reasons.add("NO_CHANGE")
    return reasons | against_the_way(deal, tranche, command)


def against_the_way(deal: Deal, tranche: Tranche, command: Shift) -> set[str]:
    """Each moves it one way only, and so far in all from the first deadline."""
    extend, advance, first = deal.terms.extend, deal.terms.advance, tranche.first_deadline
    if command.by == "payee":
        backwards = {"DEADLINE_ONLY_LATER"} if command.to < tranche.deadline else set()
        beyond = extend is None or command.to > first + extend
    else:
        backwards = {"DEADLINE_ONLY_EARLIER"} if command.to > tranche.deadline else set()
        beyond = advance is not None and command.to < first - advance
    return backwards | ({"BEYOND_CAP"} if beyond else set())


def shift(deal: Deal, command: Shift, t: int) -> list[Said]:
    (tranche,) = deal.meant(command.tranche)
    before, tranche.deadline = tranche.deadline, command.to
    tranche.generation += 1
    tranche.acts[command.by] += 1
    return [("deadline", command.by, tranche.number, before, command.to, t)]
