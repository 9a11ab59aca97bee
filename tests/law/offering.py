"""Offers, acceptances, declines and receipts (SPEC sections 3 and 10)."""

from .asking import Accept, Decline, Offer, Receipt, Revoke
from .deal import HOUR, Deal, Terms, Tranche
from .order import MONEY_FLAWS

CENTURY = 100 * 366 * 24 * HOUR
MARGIN_HOURS = 24
Said = tuple


def against_offer(deal: Deal | None, offer: Offer, t: int) -> set[str]:
    reasons = against_terms(offer.terms)
    parties = [party for party, *_ in offer.acceptances]
    if not all(same for _, same, _ in offer.acceptances):
        reasons.add("TERMS_MISMATCH")
    if not all(consents for *_, consents in offer.acceptances):
        reasons.add("CONSENT_MISSING")
    if deal is not None and deal.ended:
        reasons.add(deal.ended)
    if t >= offer.expires:
        reasons.add("OFFER_LAPSED")
    if deal is not None or len(set(parties)) < len(parties):
        reasons.add("NOT_ON_OFFER")
    return reasons


def against_terms(terms: Terms) -> set[str]:
    reasons = {terms.asset} & MONEY_FLAWS
    if len(set(terms.parties)) < 2 or len(set(terms.accounts)) < 2:
        reasons.add("SAME_PARTY")
    sound = all(isinstance(x, int) and x > 0 for x in terms.amounts)
    if not sound or isinstance(terms.minimum, str) or terms.total >= 10**18:
        reasons.add("AMOUNT_INVALID")
    lengths = [*terms.periods, terms.dispute_period]
    lengths += [terms.extend] if terms.extend is not None else []
    lengths += [terms.advance] if terms.advance else []
    lengths += [terms.ruling] if terms.ruling is not None else []
    if not all(0 < length <= CENTURY for length in lengths):
        reasons.add("PERIOD_INVALID")
    if "AMOUNT_INVALID" not in reasons and rail_cannot(terms):
        reasons.add("RAIL_CANNOT_HONOUR")
    return reasons


def rail_cannot(terms: Terms) -> bool:
    """Whether the rail could ever be asked for what it cannot do."""
    divisible = terms.total >= 2 * terms.least
    splits = isinstance(terms.ending, int) and 0 < terms.ending < 10_000
    latest = max(terms.periods) + (terms.extend or 0)
    longest = latest + terms.dispute_period + (terms.ruling or 0)
    return (
        min(terms.amounts) < terms.least
        or (terms.max_parts is not None and terms.max_parts < len(terms.amounts))
        or (terms.partial != "many" and len(terms.amounts) > 1)
        or (terms.partial == "single_shot" and divisible)
        or (terms.partial == "none" and divisible and splits)
        or (
            terms.max_hold_hours is not None
            and longest + MARGIN_HOURS * HOUR > terms.max_hold_hours * HOUR
        )
    )


def offered(offer: Offer) -> tuple[Deal, list[Said]]:
    accepted = {offer.terms.role(party) for party, *_ in offer.acceptances}
    tranches = [Tranche(n, amount) for n, amount in enumerate(offer.terms.amounts, start=1)]
    deal = Deal(offer.asker.upstream, offer.terms, offer.expires, accepted, tranches)
    return deal, [("offered", tuple(sorted(accepted)))]


def against_acceptance(deal: Deal, command: Accept) -> set[str]:
    reasons = {deal.ended} if deal.ended else set()
    if not command.same_terms:
        reasons.add("TERMS_MISMATCH")
    if not command.consents:
        reasons.add("CONSENT_MISSING")
    by = deal.terms.role(command.asker.party)
    if by in deal.accepted or deal.effective_at is not None:
        reasons.add("NOT_ON_OFFER")
    return reasons


def accept(deal: Deal, command: Accept, now: int) -> list[Said]:
    by = deal.terms.role(command.asker.party)
    deal.accepted.add(by)
    return [("accepted", by), *take_effect(deal, now)]


def against_decline(deal: Deal) -> set[str]:
    if deal.effective_at is not None:
        return {"NOT_ON_OFFER"}
    return {deal.ended} if deal.ended else set()


def decline(deal: Deal, command: Decline) -> list[Said]:
    return [("declined", deal.terms.role(command.asker.party), send_home(deal, "DECLINED"))]


def against_revocation(deal: Deal, command: Revoke) -> set[str]:
    reasons = {deal.ended} if deal.ended else set()
    is_again = deal.terms.role(command.asker.party) in deal.revoked
    return reasons | ({"NO_CHANGE"} if is_again else set())


def revoke(deal: Deal, command: Revoke) -> list[Said]:
    """It binds the future: what was accepted stays, and an acceptance to come is a new consent."""
    by = deal.terms.role(command.asker.party)
    deal.revoked.add(by)
    return [("revoked", by)]


def lapse(deal: Deal, instant: int) -> list[Said]:
    """Execute the end of the offer, if it has come."""
    if not deal.on_offer or instant < deal.expires:
        return []
    return [("lapsed", send_home(deal, "OFFER_LAPSED"))]


def send_home(deal: Deal, ended: str) -> tuple:
    """All that was received goes back, one return per receipt, in their order."""
    returns, deal.waiting, deal.ended = tuple(deal.waiting), [], ended
    return returns


def receive(deal: Deal, receipt: Receipt, now: int) -> list[Said]:
    """What a receipt is, once a lapse that is due was executed."""
    named = receipt.name, receipt.amount
    if receipt.account != deal.terms.accounts[0]:
        return [("foreign", *named, "foreign_account")]
    if receipt.asset != deal.terms.asset:
        return [("foreign", *named, "foreign_currency")]
    if not deal.on_offer:
        return [("sent back", *named, "late_funding" if deal.ended else "over_funding")]
    deal.waiting.append(named)
    return take_effect(deal, now) or [("counted", *named)]


def take_effect(deal: Deal, now: int) -> list[Said]:
    """Exactly T enters, if both accepted and it is there; the excess is one return."""
    received = sum(amount for _, amount in deal.waiting)
    if len(deal.accepted) < 2 or received < deal.terms.total:
        return []
    excess, reached = None, 0
    for name, amount in deal.waiting:
        reached += amount
        if reached > deal.terms.total and excess is None:
            excess = name, received - deal.terms.total
    receipts = len(deal.waiting), received
    deal.waiting, deal.effective_at = [], now
    for tranche, period in zip(deal.tranches, deal.terms.periods, strict=True):
        tranche.free, tranche.generation = tranche.amount, 1
        tranche.deadline = tranche.first_deadline = now + period
    return [("effective", now, receipts, excess, tuple(t.deadline for t in deal.tranches))]
