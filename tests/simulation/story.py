"""What the people outside do: random deals, payments and acts, drawn from one seed."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from . import wire
from .disputes import Docket
from .model import Case
from .wire import Deal, Letter

Writer = Callable[[datetime], Letter]

PAYMENTS = ("exact", "exact", "auto", "auto", "split", "under", "over", "twice", "contradicting",
            "foreign_account", "foreign_currency", "none")  # fmt: skip


MISTAKES = ({"consent": "none"}, {"terms_digest": "f" * 64}, {"party": "stranger"})


def draw_deal(rng: random.Random, now: datetime) -> tuple[Deal, list[Writer]]:
    """Draw a deal, and what its people will write about it sooner or later."""
    minimum = rng.choice((1, 1, 1, 50))
    count = rng.choice((1, 1, 2, 3, 5))
    roles = ("payer", "payee")
    paying = rng.choice(PAYMENTS)
    amounts = tuple(rng.randint(minimum, 500) for _ in range(count))
    number = rng.getrandbits(32)
    accepted_by = rng.choice(((), ("payer",), ("payee",), roles, roles, roles))
    is_signed = number % 4 == 0
    if is_signed and number % 32:
        accepted_by = ()  # An order cannot bring along what they sign themselves.
    deal = Deal(
        contract_id=UUID(int=rng.getrandbits(128), version=4),
        payer=f"payer-{number}",
        payee=f"payee-{number}",
        payer_account=f"{'auto-' if paying == 'auto' else ''}account-{number}",
        amounts=amounts,
        periods_ms=tuple(rng.choice((400, 5_000, 30_000, 60_000, 60_000)) for _ in range(count)),
        minimum=minimum,
        acts=rng.choice((1, 2, 100)),
        offer_expires_at=now + timedelta(milliseconds=rng.choice((300, 20_000, *[300_000] * 6))),
        accepted_by=accepted_by,
        signed=is_signed,
        **_draw_clauses(rng, amounts, minimum),
    )
    as_command = rng.random() < 0.2
    order: Writer = lambda at: wire.order_placed(deal, at, as_command=as_command)  # noqa: E731
    rest: list[Writer] = []
    for role in roles:
        if role not in deal.accepted_by and rng.random() < 0.9:
            other = rng.choice(MISTAKES) if rng.random() < 0.1 else {}
            rest.append(
                lambda at, role=role, other=other: wire.accept(
                    deal, role, f"accept-{role}", at, **other
                )
            )
    if rng.random() < 0.3:
        party = rng.choice((deal.payer, deal.payee, "stranger"))
        rest.append(lambda at: wire.decline(deal, party, "decline", at))
    rest += _payments(rng, deal, paying)
    rng.shuffle(rest)
    at = 0 if rng.random() < 0.8 else rng.randint(0, len(rest))
    rest.insert(at, order)
    for writer in _aside(random.Random(number), deal):
        rest.insert(number % (len(rest) + 1), writer)
    return deal, rest


def _aside(rng: random.Random, deal: Deal) -> list[Writer]:
    """Draw what moves no money: consents that are revoked, and offers that are not theirs to make.

    Of a seed of its own, so that the rest of the history stays as it was drawn.
    """
    parties = deal.payer, deal.payee, "stranger"
    writers: list[Writer] = []
    for number in range(rng.choice((0, 0, 0, 1, 2, 3))):
        by = rng.choice((parties[0], parties[0], *parties[1:]))
        writers.append(
            lambda at, by=by, number=number: wire.revoke(deal, by, f"revoke-{number}", at)
        )
    if rng.random() < 0.1:
        acting = rng.choice(parties)
        writers.append(lambda at: wire.order_placed(deal, at, as_command=True, acting=acting))
    return writers


def _draw_clauses(rng: random.Random, amounts: tuple[int, ...], minimum: int) -> dict[str, Any]:
    """Draw how a dispute would end, and what the rail leaves it."""
    ratios = (0, 10_000, 5_000, 3_333, 9_999, rng.randint(1, 9_999))
    ending = rng.choice(("to_payee", "to_payer", rng.choice(ratios), rng.choice(ratios)))
    bound = rng.choice((None, None, None, len(amounts) + rng.choice((0, 1, 2, 5))))
    can_split = isinstance(ending, int) and 0 < ending < 10_000 and amounts[0] >= 2 * minimum
    is_whole = len(amounts) == 1 and not can_split and rng.random() < 0.35
    return {
        "dispute_ms": rng.choice((400, 30_000, 60_000, 600_000, 600_000)),
        "silence_rule": rng.random() < 0.4,
        "ending": ending,
        "odd_unit": rng.choice(("payee", "payer")),
        "partial": "none" if is_whole else "many",
        "max_parts": bound,
        "caps": _draw_caps(rng),
        "ruling_ms": rng.choice((None, 1, 5_000, 60_000, 60_000)),
        "has_adjudicator": rng.random() < 0.9,
        "proposals": rng.choice((1, 2, 8)),
    }


def _draw_caps(rng: random.Random) -> tuple[tuple[str, int], ...] | None:
    """Draw how far deadlines may be moved."""
    caps = (("extend_ms", rng.choice((None, 1, 1_000, 30_000, 90_000, 90_000))),
            ("advance_ms", rng.choice((None, None, None, 0, 5_000, 50_000))))  # fmt: skip
    offered = tuple((name, cap) for name, cap in caps if cap is not None)
    return offered or rng.choice((None, ()))


def _payments(rng: random.Random, deal: Deal, paying: str) -> list[Writer]:
    part = rng.randint(1, deal.total)

    def pay(receipt: str, amount: int, **how: str) -> Writer:
        order_id = f"order-{rng.getrandbits(32)}"
        return lambda at: wire.payment(
            deal, f"{deal.payer}/{receipt}", amount, at, order_id=order_id, **how
        )

    rest = [pay("rest", deal.total - part)] if part < deal.total else []
    return {
        "exact": [pay("all", deal.total)],
        "split": [pay("first", part), *rest],
        "under": [pay("first", max(1, deal.total - 1))] if deal.total > 1 else [],
        "over": [pay("first", part), pay("second", deal.total)],
        "twice": [pay("all", deal.total), pay("all", deal.total), pay("again", deal.total)],
        "contradicting": [pay("all", deal.total), pay("all", deal.total + 1)],
        "foreign_account": [pay("all", deal.total), pay("gift", 7, account="account-of-another")],
        "foreign_currency": [pay("all", deal.total), pay("euro", 7, asset="EUR/2")],
    }.get(paying, [])


def draw_act(rng: random.Random, deal: Deal, case: Case, number: int, at: datetime) -> Letter:
    """Draw a release or return: every form, mostly by the right party, often near the edges."""
    verb = rng.choice(("release", "return"))
    right, wrong = (deal.payer, deal.payee) if verb == "release" else (deal.payee, deal.payer)
    party = right if rng.random() < 0.85 else rng.choice((wrong, wrong, "stranger"))
    tranche = rng.choice((None, rng.randint(1, len(deal.amounts))))
    scope = [t for t in case.tranches if tranche in (None, t.number)]
    free = sum(t.free for t in scope) or deal.total
    how: dict[str, object] = {}
    form = rng.choice(("all", "amount", "amount", "amount", "total"))
    if form == "all":
        how["amount"] = "ALL"
    else:
        edges = (1, free, free + 1, max(1, free - 1), rng.randint(1, free), rng.randint(1, free), 0)
        how["amount" if form == "amount" else "to_total"] = rng.choice(edges)
    if tranche is not None:
        how["tranche"] = tranche
    if rng.random() < 0.15:
        how["expected_remaining"] = rng.choice((free, free, free + 1))
    number = number_of(rng, number)
    if rng.random() < 0.03:
        how["to_total" if "amount" in how else "amount"] = 1  # One too many.
    if rng.random() < 0.02:
        return wire.decline(deal, party, f"act-{number}", at)
    if rng.random() < 0.04:
        data = {"party": party, "amount": "ALL"}
        return wire.command(deal, f"crps.funds.{verb}.v1", f"act-{number}", data, at, "rival")
    return wire.move(deal, verb, party, f"act-{number}", at, **how)


def draw_move(rng: random.Random, deal: Deal, case: Case, number: int, at: datetime) -> Letter:
    """Draw a moved deadline: by either side, mostly its own way, often near the edges."""
    verb = rng.choice(("extend", "advance"))
    right, wrong = (deal.payee, deal.payer) if verb == "extend" else (deal.payer, deal.payee)
    party = right if rng.random() < 0.85 else rng.choice((wrong, wrong, "stranger"))
    open_ones = [t for t in case.tranches if t.free and t.deadline_at is not None]
    count = len(deal.amounts)
    tick = timedelta(milliseconds=1)
    caps = dict(deal.caps or ())
    how: dict[str, Any] = {}
    if open_ones and rng.random() < 0.9:
        known = rng.choice(open_ones)
        present, first = known.deadline_at, known.first_deadline_at
        assert present is not None
        assert first is not None
        bounds = [first + caps.get("extend_ms", 0) * tick, first - caps.get("advance_ms", 0) * tick]
        edge = rng.choice((present, at, *bounds)) + rng.choice((-1, 0, 0, 1)) * tick
        later = present + rng.randint(1, 1 + caps.get("extend_ms", 0)) * tick
        sooner = at + rng.random() * (present - at)
        inside = later if verb == "extend" else sooner
        to = rng.choice((edge, inside, inside, inside))
        named: int = known.number
    else:
        to, named = at + rng.randint(-5, 5_000) * tick, rng.randint(1, count + 1)
    if count > 1 or rng.random() < 0.5:
        how["tranche"] = named
    if count > 1 and rng.random() < 0.05:
        del how["tranche"]
    return wire.move_deadline(deal, verb, party, f"act-{number_of(rng, number)}", at, to, **how)


def draw_opening(rng: random.Random, deal: Deal, case: Case, number: int, at: datetime) -> Letter:
    """Draw the opening of a dispute: mostly by the payer, with claims in and out of the bounds."""
    party = deal.payer if rng.random() < 0.9 else rng.choice((deal.payee, "stranger"))
    open_ones = [t for t in case.tranches if t.free]
    known = rng.choice(open_ones) if open_ones and rng.random() < 0.85 else None
    count = len(deal.amounts)
    number_named = known.number if known else rng.randint(1, count + (rng.random() < 0.2))
    amount = deal.amounts[min(number_named, count) - 1]
    payee, payer = (known.payee, known.payer) if known else (0, 0)
    edges = (payer, payer - 1, payer + 1, payer + deal.minimum, amount - payee, amount - payee + 1,
             amount - payee - 1, amount - payee - deal.minimum)  # fmt: skip
    inside = [rng.randint(payer, amount - payee) for _ in range(6)] + [amount - payee] * 3
    claim: Any = max(0, rng.choice((*edges, *inside, *inside)))
    how: dict[str, Any] = {"reason": rng.choice(("not_as_described", "late")), "evidence": []}
    if rng.random() < 0.3:
        how["evidence"] = ["9" * 64]
    if count > 1 or rng.random() < 0.5:
        how["tranche"] = number_named
    how["claim"] = perhaps_flawed(rng, claim)
    if count > 1 and rng.random() < 0.05:
        del how["tranche"]
    return wire.open_dispute(deal, party, f"act-{number_of(rng, number)}", at, **how)


def perhaps_flawed(rng: random.Random, claim: int) -> Any:
    """Return ``claim``, seldom as money with a flaw."""
    if rng.random() < 0.95:
        return claim
    amount = str(claim)
    return rng.choice((
        {"amount": amount, "asset": "EUR/2"},
        {"amount": amount, "asset": "CNY/3"},
        {"amount": amount, "asset": "QQQ/2"},
        {"amount": f"0{amount}", "asset": wire.ASSET},
    ))  # fmt: skip


def number_of(rng: random.Random, number: int) -> int:
    """Return ``number``, or one that was used before, for something else."""
    return number - 1 if number > 1 and rng.random() < 0.08 else number


def draw_due(rng: random.Random, deal: Deal, case: Case, docket: Docket, at: datetime) -> Letter:
    """Forge a due message: of any timer, tranche and generation, for either service; often of
    what is due, or would be a moment later."""
    soon = at + timedelta(milliseconds=1)
    due = [("chain", t.number) for t in case.tranches
           if t.free and t.deadline_at is not None and t.deadline_at <= soon]  # fmt: skip
    due += [("dispute", d.number) for d in docket.disputes.values()
            if d.ending is None and d.deadline_at <= soon]  # fmt: skip
    timer = rng.choice(("chain", "chain", "chain", "offer", "dispute", "dispute"))
    tranche = rng.randint(1, len(deal.amounts) + 1)
    if due and rng.random() < 0.8:
        timer, tranche = rng.choice(due)
    to = "disputes" if (timer == "dispute") == (rng.random() < 0.8) else "contracts"
    generation = rng.choice((1, 2, 3))
    if tranche <= len(case.tranches) and rng.random() < 0.5:
        # The present one, or the one that was just moved.
        generation = max(1, case.tranches[tranche - 1].generation - rng.choice((0, 0, 1)))
    return wire.forged_due(deal, timer, tranche, generation, at, to=to)
