"""What is said in disputes, drawn from one seed: statements, proposals, rulings."""

import random
from datetime import datetime, timedelta
from typing import Any

from . import wire
from .claims import OTHER, Dispute
from .disputes import Docket
from .model import Case
from .said import instant
from .story import draw_act, draw_move, draw_opening, number_of, perhaps_flawed
from .wire import Deal, Letter


def draw(
    rng: random.Random, deal: Deal, case: Case, docket: Docket, number: int, at: datetime
) -> Letter:
    """Draw whatever somebody asks: mostly what can count now, and everything else now and then."""
    free = [t for t in case.tranches if t.free and t.deadline_at is not None]
    if contested(case, docket, at):
        weights = (2, 2, 3, 8, 14, 5)
    elif any(t.deadline_at >= at for t in free):
        weights = (6, 8, 13, 1, 1, 1)
    else:
        weights = (8, 2, 2, 1, 1, 1)
    chosen = rng.choices(range(6), weights)[0]
    if chosen < 3:
        return (draw_act, draw_opening, draw_move)[chosen](rng, deal, case, number, at)
    return (draw_claim, draw_proposal, draw_ruling)[chosen - 3](rng, deal, case, docket, number, at)


def contested(case: Case, docket: Docket, at: datetime) -> list[int]:
    """Return the tranches in which a statement may still count, as the outside sees it."""
    opened = {t.number: t.opening for t in case.tranches if t.opening is not None}
    over = {number for number, dispute in docket.disputes.items() if dispute.ending}
    until = {n: o.data.get("ruling_deadline_at", o.data["deadline_at"]) for n, o in opened.items()}
    return [n for n in opened if n not in over and instant(until[n]) >= at]


def draw_claim(
    rng: random.Random, deal: Deal, case: Case, docket: Docket, number: int, at: datetime
) -> Letter:
    """Draw a statement: by either side, on a disputed tranche or not, with every kind of total."""
    role = rng.choice(("payer", "payee"))
    party = deal.party(role) if rng.random() < 0.95 else "stranger"
    disputed = [t.number for t in case.tranches if t.opening is not None]
    waiting = contested(case, docket, at)
    count = len(deal.amounts)
    tranche = rng.choice(waiting or disputed or [1])
    if rng.random() < 0.15:
        tranche = rng.randint(1, count)
    amount = deal.amounts[tranche - 1]
    least, most = 0, amount
    if dispute := docket.disputes.get(tranche):
        least, most = dispute.given[role], dispute.most(role)
    edges = (most, most + 1, most - 1, most - deal.minimum, least, least - 1, least + 1,
             least + deal.minimum)  # fmt: skip
    inside = [rng.randint(least, max(least, most)) for _ in range(8)]
    how = {"claim": perhaps_flawed(rng, max(0, rng.choice((*edges, *inside))))}
    if count > 1 or rng.random() < 0.5:
        how["tranche"] = tranche if rng.random() < 0.97 else count + 1
    if count > 1 and rng.random() < 0.04:
        del how["tranche"]
    upstream = "rival" if rng.random() < 0.03 else wire.UPSTREAM
    command_id = f"claim-{number_of(rng, number)}"
    return wire.lower_claim(deal, party, command_id, at, upstream, **how)


def draw_proposal(
    rng: random.Random, deal: Deal, case: Case, docket: Docket, number: int, at: datetime
) -> Letter:
    """Draw what is made of proposals: by either side, of names that are new, known or nobody's."""
    tranche, how = _draw_disputed(rng, deal, case, docket, at)
    dispute = docket.disputes.get(tranche)
    known = sorted(dispute.proposals) if dispute else []
    kind = rng.choices(("make", "accept", "withdraw"), (6, 3, 3))[0]
    if not known and rng.random() < 0.9:
        kind = "make"
    # Of one that ends at this very instant nobody may be left unasked.
    at_its_end = [name for name in known if dispute and dispute.proposals[name].expires_at == at]
    if at_its_end:
        kind, known = "accept", at_its_end
    new = f"p{number}"
    how["proposal"] = rng.choice(known) if known and rng.random() < 0.9 else new
    role = rng.choice(("payer", "payee"))
    if kind == "make":
        how["proposal"] = new if rng.random() < 0.9 else how["proposal"]
        contested = dispute.contested if dispute else deal.amounts[tranche - 1]
        low, whole = deal.minimum, contested + rng.choice((0, 0, 0, 0, 0, 0, 1))
        inside = [rng.randint(0, contested) for _ in range(3)]
        to_payee = rng.choice((0, contested, low, max(0, contested - low), 1, *inside))
        how["to_payee"] = perhaps_flawed(rng, to_payee)
        how["to_payer"] = max(0, whole - to_payee)
        how["expires_at"] = wire.written(_draw_expiry(rng, dispute, at))
    elif dispute and how["proposal"] in dispute.proposals and rng.random() < 0.8:
        maker = dispute.proposals[how["proposal"]].by
        role = maker if kind == "withdraw" else OTHER[maker]
    party = deal.party(role) if rng.random() < 0.95 else "stranger"
    upstream = "rival" if rng.random() < 0.02 else wire.UPSTREAM
    command_id = f"claim-{number_of(rng, number)}"
    return wire.speak(deal, f"proposal.{kind}", party, command_id, at, upstream, **how)


def _draw_expiry(rng: random.Random, dispute: Dispute | None, at: datetime) -> datetime:
    tick = timedelta(milliseconds=1)
    soon = at + rng.choice((0, 1, 10, 1_000, 5_000, 20_000)) * tick
    if dispute is None:
        return soon
    edge = dispute.deadline_at + rng.choice((-1, 0, 0, 0, 1)) * tick
    return rng.choice((soon, edge, edge, at + rng.random() * (dispute.deadline_at - at)))


def draw_ruling(
    rng: random.Random, deal: Deal, case: Case, docket: Docket, number: int, at: datetime
) -> Letter:
    """Draw a ruling: mostly by the adjudicator, with totals in and out of the bounds."""
    tranche, how = _draw_disputed(rng, deal, case, docket, at)
    party = wire.JUDGE if rng.random() < 0.85 else rng.choice((deal.payer, deal.payee, "stranger"))
    dispute, amount = docket.disputes.get(tranche), deal.amounts[tranche - 1]
    given = dispute.given["payee"] if dispute else 0
    edges = (0, amount, amount + 1, given, given + 1, given + deal.minimum)
    total = rng.choice((*edges, *(rng.randint(0, amount) for _ in range(6))))
    how["payee_total"] = perhaps_flawed(rng, total)
    command_id = f"claim-{number_of(rng, number)}"
    return wire.speak(deal, "ruling.submit", party, command_id, at, **how)


def _draw_disputed(
    rng: random.Random, deal: Deal, case: Case, docket: Docket, at: datetime
) -> tuple[int, dict[str, Any]]:
    """Draw a tranche, mostly one in dispute, and how a command names it."""
    disputed = [t.number for t in case.tranches if t.opening is not None]
    tranche = rng.choice(contested(case, docket, at) or disputed or [1])
    count = len(deal.amounts)
    if count == 1 and rng.random() < 0.5:
        return tranche, {}
    if rng.random() < 0.03:
        return tranche, {} if count > 1 else {"tranche": 2}
    return tranche, {"tranche": tranche}
