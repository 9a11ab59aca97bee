"""Rulings by the adjudicator that both signed, if any (SPEC sections 4, 6 and 10)."""

from .asking import Rule
from .deal import Deal, Tranche
from .disputing import not_open, over
from .dividing import divide, unpayable
from .money import flaws
from .offering import Said

UNSIGNED = {None: {"SIGNATURE_REQUIRED"}, "wrong": {"SIGNATURE_INVALID"}, "valid": set()}


def against_ruling(deal: Deal, command: Rule, t: int) -> set[str]:
    (tranche,), total = deal.meant(command.tranche), command.total
    closed = not_open(deal, tranche, t)
    reasons = UNSIGNED[command.signature] | flaws(total) | closed
    if closed or deal.terms.ruling is None:
        return reasons
    ended = over(tranche, t, tranche.dispute.ruling_deadline)
    reasons |= ended
    if not isinstance(total, int):
        return reasons
    if total > tranche.amount:
        reasons.add("CLAIM_OUT_OF_BOUNDS")
    elif not ended:
        reasons |= unpayable(deal, tranche, shares(tranche, total).values())
    return reasons


def shares(tranche: Tranche, total: int) -> dict[str, int]:
    """Concessions beyond the ruling stand, the rest of what is contested goes as ruled."""
    payee = min(max(total - tranche.payee, 0), tranche.contested)
    return {"payee": payee, "payer": tranche.contested - payee}


def rule(deal: Deal, command: Rule, t: int) -> list[Said]:
    (tranche,) = deal.meant(command.tranche)
    ruled, asker = shares(tranche, command.total), command.asker
    said = [("ruled", tranche.number, asker.party, command.total, *ruled.values(), asker.id, t)]
    signed = dict.fromkeys(("payee", "payer"), "dispute.ending")
    return [*said, *divide(tranche, ruled, "ruling", signed, t)]
