"""What can be wrong with an amount, and which amounts a rail can pay (SPEC sections 2 and 4)."""

from collections.abc import Sequence

from .asking import Accept, Act, Amount, Command, Lower, Open, Propose, Rule, Shift
from .deal import Deal
from .order import MONEY_FLAWS, OTHER_CURRENCY


def flaws(*stated: Amount) -> set[str]:
    return {each for each in stated if each in MONEY_FLAWS or each == OTHER_CURRENCY}


def leaves_dust(x: int, frees: Sequence[int], least: int) -> bool:
    """Whether drawing ``x`` from ``frees`` in order would move or leave less than ``least``."""
    rests, left = [], x
    for free in frees:
        rests.append(max(free - left, 0))
        left = max(left - free, 0)
    return 0 < x < least or any(0 < rest < least for rest in rests)


def payable_around(x: int, frees: Sequence[int], least: int) -> tuple[int | None, int]:
    """The legal amounts next below and next above, by trying every one."""
    legal = [y for y in range(1, sum(frees) + 1) if not leaves_dust(y, frees, least)]
    return max((y for y in legal if y < x), default=None), min(y for y in legal if y > x)


def before_effect(deal: Deal, t: int) -> set[str]:
    """Reasons against what needs an effective contract, by append time (SPEC section 10)."""
    reasons = {deal.ended} if deal.ended else set()
    if deal.effective_at is None or t < deal.effective_at:
        reasons.add("NOT_EFFECTIVE")
    return reasons


def uninformed(command: Command, t: int) -> set[str]:
    """Reasons that hold whatever deal and tranche are meant."""
    match command:
        case Accept(consents=False):
            return {"CONSENT_MISSING"}
        case Act(amount=amount, total=total, expected=expected):
            nothing = {"AMOUNT_INVALID"} if amount == 0 else set()
            return flaws(amount, total, expected) | nothing
        case Shift(to=to) if to <= t:
            return {"DEADLINE_PAST"}
        case Open(claim=claim) | Lower(claim=claim) | Rule(total=claim):
            return flaws(claim)
        case Propose(to_payee=to_payee, to_payer=to_payer, expires=expires):
            past = {"PROPOSAL_EXPIRED"} if expires <= t else set()
            return flaws(to_payee, to_payer) | past
        case _:
            return set()
