"""What every command on a dispute is held against, whatever it asks: standing, time, what is left.

Each ground is a rung of the one ladder of refusals (SPEC section 4); None where it does not hold.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas.refusals import Code, rank
from schemas.values import Money, MoneyFlaw, written
from services.chassis.answers import Refusal
from services.disputes.domain.docket import Dispute, Docket, Role, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command on one tranche, laid out; the endings due by ``t`` are already executed."""

    docket: Docket
    tranche: int
    dispute: Dispute | None
    t: datetime

    @property
    def until(self) -> datetime | None:
        """The end of the period in which such a command counts, if there is a dispute."""
        return None if self.dispute is None else self.dispute.deadline_at

    @property
    def live(self) -> Dispute | None:
        """The dispute, if it is open and such a command counts at ``t``."""
        dispute, until = self.dispute, self.until
        if dispute is None or until is None or not dispute.opened_at <= self.t < until:
            return None
        return dispute if dispute.is_open else None

    def facts(self, **more: object) -> dict[str, str]:
        """Return what the answer rests on."""
        named: dict[str, object] = {"tranche": self.tranche}
        if (dispute := self.dispute) is not None:
            named["contested"] = dispute.buckets.contested
            named["payer_claim"] = dispute.payer_claim
            if dispute.payee_claim is not None:
                named["payee_claim"] = dispute.payee_claim
            named["opened_at"] = written(dispute.opened_at)
            named["deadline_at"] = written(dispute.deadline_at)
            if dispute.ruling_deadline_at is not None:
                named["ruling_deadline_at"] = written(dispute.ruling_deadline_at)
        return {name: str(fact) for name, fact in (named | more).items()}


def flawed_money(docket: Docket, **stated: Money | MoneyFlaw) -> Refusal | None:
    """Refuse the first flaw, in the order of precedence, of the amounts that a command states."""
    flaws: list[tuple[Code, str]] = []
    for name, amount in stated.items():
        if isinstance(amount, MoneyFlaw):
            flaws.append((Code(amount), f"{name} is no amount"))
        elif amount.asset != docket.asset:
            detail = f"{name} is in {amount.asset}, not {docket.asset}"
            flaws.append((Code.CURRENCY_MISMATCH, detail))
    if not flaws:
        return None
    code, detail = min(flaws, key=lambda flaw: rank(flaw[0]))
    return Refusal(code, detail, {"asset": docket.asset})


def whole_only(case: Case) -> Refusal:
    """Return the refusal of what would move a part over a rail that moves the whole."""
    return Refusal(
        Code.RAIL_CANNOT_HONOUR,
        "the rail settles the whole or nothing",
        case.facts(clause="rail.partial"),
    )


def before_effect(case: Case) -> Refusal | None:
    """Refuse what was asked before the contract took effect, or of one that never did."""
    docket, t = case.docket, case.t
    if docket.standing is Standing.DECLINED:
        return Refusal(Code.DECLINED, "the contract was declined before it took effect")
    if docket.standing is Standing.OFFER_LAPSED:
        return Refusal(Code.OFFER_LAPSED, "the offer lapsed before the contract took effect")
    if docket.effective_at is None or t < docket.effective_at:
        return Refusal(
            Code.NOT_EFFECTIVE,
            "the contract was not effective when the command was appended",
            {"standing": docket.standing, "t": written(t)},
        )
    return None


def not_in_dispute(case: Case) -> Refusal | None:
    """Refuse what concerns a tranche that was never disputed, or not yet when it was sent."""
    dispute, t = case.dispute, case.t
    if dispute is None:
        detail = f"tranche {case.tranche} was never disputed"
    elif t < dispute.opened_at:
        detail = f"tranche {case.tranche} was not disputed yet at {written(t)}"
    else:
        return None
    return Refusal(Code.NOT_IN_DISPUTE, detail, case.facts(t=written(t)))


def period_ended(case: Case) -> Refusal | None:
    """Refuse what comes when its period is over, however the dispute ended."""
    dispute, until = case.dispute, case.until
    if dispute is None or until is None or case.t < until:
        return None
    ending = {} if dispute.ending is None else {"ending": dispute.ending}
    return Refusal(
        Code.DISPUTE_PERIOD_ENDED,
        f"in the dispute of tranche {case.tranche} this could be said until {written(until)}",
        case.facts(t=written(case.t), **ending),
    )


def nothing_left(case: Case) -> Refusal | None:
    """Refuse what comes after an early end."""
    dispute = case.dispute
    if dispute is None or dispute.is_open:
        return None
    return Refusal(
        Code.NOTHING_LEFT,
        f"the dispute of tranche {case.tranche} ended before its deadline",
        case.facts(ending=dispute.ending),
    )


def role_asking(docket: Docket, party: str) -> Role:
    """Return the side of a party that was admitted as one."""
    role = docket.role_of(party)
    assert role is not None
    return role
