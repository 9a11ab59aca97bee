"""What the people outside do: random deals, payments and acts, drawn from one seed."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from . import wire
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
    number = rng.getrandbits(32)
    deal = Deal(
        contract_id=UUID(int=rng.getrandbits(128), version=4),
        payer=f"payer-{number}",
        payee=f"payee-{number}",
        payer_account=f"{'auto-' if paying == 'auto' else ''}account-{number}",
        amounts=tuple(rng.randint(minimum, 500) for _ in range(count)),
        periods_ms=tuple(rng.choice((400, 5_000, 5_000, 30_000, 60_000)) for _ in range(count)),
        minimum=minimum,
        acts=rng.choice((1, 2, 100)),
        offer_expires_at=now + timedelta(milliseconds=rng.choice((300, 20_000, *[300_000] * 6))),
        accepted_by=rng.choice(((), ("payer",), ("payee",), roles, roles, roles)),
    )
    as_command = rng.random() < 0.2
    order: Writer = lambda at: wire.order_placed(deal, at, as_command=as_command)  # noqa: E731
    rest: list[Writer] = []
    for role in roles:
        if role not in deal.accepted_by and rng.random() < 0.9:
            other = rng.choice(MISTAKES) if rng.random() < 0.05 else {}
            rest.append(
                lambda at, role=role, other=other: wire.accept(
                    deal, role, f"accept-{role}", at, **other
                )
            )
    if rng.random() < 0.12:
        party = rng.choice((deal.payer, deal.payee, "stranger"))
        rest.append(lambda at: wire.decline(deal, party, "decline", at))
    rest += _payments(rng, deal, paying)
    rng.shuffle(rest)
    at = 0 if rng.random() < 0.8 else rng.randint(0, len(rest))
    rest.insert(at, order)
    return deal, rest


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
    if number > 1 and rng.random() < 0.05:
        number -= 1  # An id that was used before, for something else.
    if rng.random() < 0.03:
        how["to_total" if "amount" in how else "amount"] = 1  # One too many.
    if rng.random() < 0.04:
        data = {"party": party, "amount": "ALL"}
        return wire.command(deal, f"crps.funds.{verb}.v1", f"act-{number}", data, at, "rival")
    return wire.move(deal, verb, party, f"act-{number}", at, **how)


def draw_due(rng: random.Random, deal: Deal, at: datetime) -> Letter:
    """Forge a due message: of any timer, tranche and generation."""
    tranche = rng.randint(1, len(deal.amounts) + 1)
    generation = rng.choice((1, 1, 2))
    return wire.forged_due(deal, rng.choice(("chain", "chain", "offer")), tranche, generation, at)
