"""Disputes: opening, claims that only fall, and the ending both signed (SPEC section 6)."""

from .asking import Lower, Open
from .deal import OTHER, Deal, Dispute, Terms, Tranche
from .money import before_effect, flaws
from .offering import Said


def against_opening(deal: Deal, command: Open, t: int) -> set[str]:
    (tranche,), claim, terms = deal.meant(command.tranche), command.claim, deal.terms
    early = before_effect(deal, t)
    reasons = flaws(claim) | early
    if early:
        return reasons  # There is nothing to dispute yet.
    if t >= tranche.deadline and not tranche.disputed:
        reasons.add("CHAIN_PERIOD_ENDED")
    if tranche.dispute:
        reasons.add("DISPUTE_BUDGET_SPENT")
    if not tranche.free:
        reasons.add("NOTHING_LEFT")
    if not isinstance(claim, int):
        return reasons
    admitted, contested = tranche.amount - tranche.payee - claim, claim - tranche.payer
    if admitted < 0 or contested < 0:
        return reasons | {"CLAIM_OUT_OF_BOUNDS"}
    if contested == 0:
        return reasons | {"NO_CHANGE"}
    if contested < terms.least or 0 < admitted < terms.least:
        reasons.add("DUST_REMAINDER")
    scarce = terms.max_parts is not None and granted(deal, tranche, admitted) is None
    if tranche.free and ((admitted and terms.partial != "many") or scarce):
        reasons.add("RAIL_CANNOT_HONOUR")
    return reasons


def granted(deal: Deal, tranche: Tranche, admitted: int) -> int | None:
    """A dispute gets what its ending needs and its share of the parts to spare; None if too few."""
    others = len([t for t in deal.tranches if t.free and t is not tranche])
    left = deal.terms.max_parts - deal.parts - (1 if admitted else 0)
    spare = left - deal.terms.ending_parts - others
    return None if spare < 0 else deal.terms.ending_parts + spare // (others + 1)


def open_dispute(deal: Deal, command: Open, t: int, now: int) -> list[Said]:
    (tranche,), claim = deal.meant(command.tranche), command.claim
    admitted, said = tranche.amount - tranche.payee - claim, []
    parts = granted(deal, tranche, admitted) if deal.terms.max_parts is not None else None
    if admitted:
        tranche.give("free", "payee", admitted)
        deal.parts += 1
        part = ((tranche.number, admitted),)
        said.append(("moved", "payee", "admission", "payer", command.asker.id, part, t, None))
    deal.parts += parts or 0
    tranche.give("free", "contested", tranche.free)
    stood = {k: getattr(tranche, k) for k in ("contested", "payee", "payer")}
    deadline, ruling = now + deal.terms.dispute_period, deal.terms.ruling
    bounds = deadline, None if ruling is None else deadline + ruling
    tranche.dispute = Dispute(now, *bounds, {"payer": claim, "payee": None}, stood, parts)
    return [*said, ("opened", tranche.number, claim, tranche.contested, parts, now, *bounds, t)]


def not_open(deal: Deal, tranche: Tranche, t: int) -> set[str]:
    """Why at ``t`` there is no dispute of which anything could be said."""
    dispute, early = tranche.dispute, before_effect(deal, t)
    return early or ({"NOT_IN_DISPUTE"} if dispute is None or t < dispute.opened_at else set())


def over(tranche: Tranche, t: int, bound: int) -> set[str]:
    """Why a statement that may come until ``bound`` finds a dispute that is over."""
    reasons = {"DISPUTE_PERIOD_ENDED"} if t >= bound else set()
    return reasons if tranche.contested else reasons | {"NOTHING_LEFT"}


def against_statement(deal: Deal, command: Lower, t: int) -> set[str]:
    (tranche,), claim = deal.meant(command.tranche), command.claim
    by, dispute = deal.terms.role(command.asker.party), tranche.dispute
    closed = not_open(deal, tranche, t)
    reasons = flaws(claim) | closed
    if closed:
        return reasons
    ended = over(tranche, t, dispute.deadline)
    reasons |= ended
    if not isinstance(claim, int):
        return reasons
    present = dispute.claims[by]
    own, others = getattr(tranche, by), getattr(tranche, OTHER[by])
    if not own <= claim <= tranche.amount - others:
        reasons.add("CLAIM_OUT_OF_BOUNDS")
    if present is not None and claim > present:
        reasons.add("CLAIM_MAY_ONLY_FALL")
    if present is not None and claim == present:
        reasons.add("NO_CHANGE")
    cut, least = cut_of(tranche, by, claim), deal.terms.least
    if not ended and 0 < cut <= tranche.contested:
        rest = tranche.contested - cut
        if cut < least or 0 < rest < least:
            reasons.add("DUST_REMAINDER")
        scarce = dispute.parts is not None and dispute.parts - 1 < deal.terms.ending_parts
        if rest and (deal.terms.partial != "many" or scarce):
            reasons.add("RAIL_CANNOT_HONOUR")
    return reasons


def cut_of(tranche: Tranche, by: str, claim: int) -> int:
    """What no longer is claimed: a silent payee could have claimed all but what is the payer's."""
    present = tranche.dispute.claims[by]
    return (tranche.amount - tranche.payer if present is None else present) - claim


def state(deal: Deal, command: Lower, t: int) -> list[Said]:
    (tranche,), claim = deal.meant(command.tranche), command.claim
    by, dispute = deal.terms.role(command.asker.party), tranche.dispute
    cut, is_answer = cut_of(tranche, by, claim), dispute.claims[by] is None
    dispute.claims[by], dispute.spoke = claim, dispute.spoke or by == "payee"
    dead = live(tranche, t)
    said = [("stated", tranche.number, by, claim, tranche.contested - cut, t)]
    if cut:
        cause = "admission" if is_answer else "concession"
        said.append(move(tranche, OTHER[by], cause, command.asker.id, cut, t, None))
        said += voided(tranche, dead, t)
    if not tranche.contested:
        dispute.ended = "settled"
        said.append(("ended", tranche.number, "settled", t))
    return said


def live(tranche: Tranche, t: int) -> list[str]:
    """The proposals that could be accepted at ``t``: each lives on the D that it divides."""
    return [
        name
        for name, made in tranche.dispute.proposals.items()
        if not made.withdrawn
        and t < made.expires
        and sum(made.shares.values()) == tranche.contested
    ]


def voided(tranche: Tranche, names: list[str], t: int) -> list[Said]:
    return [("voided", tranche.number, tuple(sorted(names)), t)] if names else []


def move(
    tranche: Tranche, to: str, cause: str, authority: str, amount: int, t: int, due: int | None
) -> Said:
    tranche.give("contested", to, amount)
    if tranche.dispute.parts is not None:
        tranche.dispute.parts -= 1
    return ("moved", to, cause, OTHER[to], authority, ((tranche.number, amount),), t, due)


def end(deal: Deal, t: int) -> list[Said]:
    """Execute every ending due by ``t``, in deadline order, in the order of the terms on ties."""
    open_ = [tr for tr in deal.tranches if tr.contested and tr.dispute.known]
    due = [(timer(deal.terms, tr.dispute)[1], tr.number, tr) for tr in open_]
    said = []
    for instant, _, tranche in sorted(each for each in due if each[0] <= t):
        dispute, terms = tranche.dispute, deal.terms
        silent = is_silence(terms, dispute)
        own = "dispute.ending" if terms.ruling is None else "dispute.fallback"
        clause = "dispute.silence_rule" if silent else own
        how = "ratio" if isinstance(terms.ending, int) else terms.ending
        for to, share in ending_shares(terms, tranche.contested, silent).items():
            if share:
                said.append(move(tranche, to, "dispute_default", clause, share, t, instant))
        dispute.ended = "silence" if silent else how
        said.append(("ended", tranche.number, dispute.ended, t))
    return said


def is_silence(terms: Terms, dispute: Dispute) -> bool:
    return terms.silence_rule and not dispute.spoke


def timer(terms: Terms, dispute: Dispute) -> tuple[int, int]:
    """The instant of its ending as things stand, and the generation of the message that says so.

    Silence is held against the payee at the dispute deadline; a fallback waits for a ruling.
    """
    if dispute.ruling_deadline is None or is_silence(terms, dispute):
        return 1, dispute.deadline
    return 2, dispute.ruling_deadline


def ending_shares(terms: Terms, contested: int, silent: bool) -> dict[str, int]:
    """Floors, the odd unit where the terms say, and no share below the minimum (SPEC 2, 4, 10)."""
    if silent or terms.ending == "to_payer":
        return {"payer": contested}
    if terms.ending == "to_payee":
        return {"payee": contested}
    payee = contested * terms.ending // 10_000
    payer = contested * (10_000 - terms.ending) // 10_000
    odd = contested - payee - payer
    payee, payer = (payee + odd, payer) if terms.odd_unit == "payee" else (payee, payer + odd)
    small = [role for role, x in (("payee", payee), ("payer", payer)) if 0 < x < terms.least]
    if len(small) == 2:
        return {terms.odd_unit: contested}
    return {OTHER[small[0]]: contested} if small else {"payee": payee, "payer": payer}
