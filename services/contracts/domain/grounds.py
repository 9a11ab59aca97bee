"""Grounds on which more than one command is refused (SPEC section 4)."""

from collections.abc import Mapping
from datetime import datetime

from schemas.refusals import Code, rank
from schemas.values import Money, MoneyFlaw, written
from services.chassis.answers import Refusal
from services.contracts.domain.contract import Contract, Status


def flawed_money(
    stated: Mapping[str, object], asset: str, *, must_move: str | None = None
) -> Refusal | None:
    """Refuse the first flaw, in the order of precedence, of the amounts that a command states.

    Other values than money are passed over. ``must_move`` names the one that may not be zero;
    totals may be (SPEC section 2).
    """
    flaws: list[tuple[Code, str]] = []
    for name, money in stated.items():
        if isinstance(money, MoneyFlaw):
            flaws.append((Code(money), f"{name} is no amount"))
        elif isinstance(money, Money) and money.asset != asset:
            flaws.append((Code.CURRENCY_MISMATCH, f"{name} is in {money.asset}, not {asset}"))
        elif isinstance(money, Money) and money.minor == 0 and name == must_move:
            flaws.append((Code.AMOUNT_INVALID, "zero is never a movement"))
    if not flaws:
        return None
    code, detail = min(flaws, key=lambda flaw: rank(flaw[0]))
    return Refusal(code, detail, {"asset": asset})


def ended(contract: Contract) -> Refusal | None:
    """Refuse what comes after a decline or a lapse (SPEC section 3)."""
    if contract.status is Status.DECLINED:
        return Refusal(Code.DECLINED, "the contract was declined before it took effect")
    if contract.status is Status.OFFER_LAPSED:
        return Refusal(
            Code.OFFER_LAPSED,
            "the offer period ended before the contract took effect",
            {"offer_expires_at": written(contract.offer_expires_at)},
        )
    return None


def not_in_effect(contract: Contract, t: datetime) -> Refusal | None:
    """Refuse what needs an effective contract at ``t`` (SPEC section 10, offers)."""
    if refusal := ended(contract):
        return refusal
    if contract.effective_at is None or t < contract.effective_at:
        return Refusal(
            Code.NOT_EFFECTIVE,
            "the contract was not effective when the command was appended",
            {"status": contract.status, "t": written(t)},
        )
    return None
