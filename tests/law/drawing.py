"""What the machine draws: small numbers at every boundary, resolved against where the deal stands.

An amount is an anchor and a step beside it, an instant likewise; so a shrunk story reads well.
"""

from hypothesis import strategies as st

from .deal import HOUR, Deal, Terms, Tranche
from .order import FLAWS

STEPS = st.sampled_from([0, 0, -1, 1])

SIDES = st.sampled_from(["payer", "payee"])

SOMETIMES = st.sampled_from([False] * 7 + [True])

FAULTS = st.sampled_from(
    [None] * 40 + ["other", "other", "mallory", "shop", "rival", "unnamed", "t9", *FLAWS, *FLAWS]
)
"""What is wrong with a command, beside its merits: who asks, on whose word, of what, how much."""

NAMED = st.tuples(st.sampled_from([0, 0, 1, 2]), st.sampled_from(["number", "name", "unnamed"]))
"""The n-th tranche, by its number or name, or all of them."""

WHEN = st.sampled_from(
    [None] * 150 + [(nth, step) for nth in (0, 0, 0, 1, 2) for step in (0, 0, -1, -1, 1)]
)
"""None: no time passes; else the n-th instant to come, or a microsecond beside it."""
WHEN_DUE = st.sampled_from([None, (0, 0), (0, 0), (0, -1), (0, 1), (1, 0)])
LATE = st.sampled_from([0, 0, 0, 0, 0, 1, HOUR, 30 * HOUR, -1])
"""How much later than appended a message is read; the broker may be ahead by a little."""


ACT_AMOUNTS = st.one_of(
    st.tuples(st.sampled_from(["free", "minimum", "free - minimum"]), STEPS),
    st.tuples(st.just("zero"), st.integers(1, 12)),
    st.just("ALL"),
)
TOTALS = st.tuples(st.sampled_from(["given", "amount", "given + minimum", "zero"]), STEPS)
CLAIMS = st.one_of(
    st.tuples(st.sampled_from(["own", "claim", "most", "own + minimum", "claim - minimum"]), STEPS),
    st.tuples(st.just("zero"), st.integers(0, 25)),
)
SHARES = st.tuples(
    st.sampled_from(["zero", "half", "half", "contested", "minimum", "contested - minimum"]), STEPS
)
MISSED = st.sampled_from([0] * 6 + [1, -1])
"""By how much the shares of a proposal miss what is contested."""
AT_ITS_END = st.sampled_from([None] * 4 + [0, 0, -1, 1])
EXPIRIES = st.sampled_from(
    [("t", x) for x in (0, 1, HOUR, 3 * HOUR)] + [("deadline", x) for x in (-1, 0, 0, 1, 1)]
)
RULED = st.tuples(
    st.sampled_from(["half ruled", "given", "given + minimum", "most", "amount", "amount"]), STEPS
)
SIGNATURES = st.sampled_from(["valid"] * 10 + ["wrong", None])
EXPECTED = st.sampled_from([None] * 4 + [("free", step) for step in (0, -1, 1)])
RECEIPTS = st.tuples(st.sampled_from(["missing", "missing", "one"]), st.sampled_from([0, -1, 1, 4]))
NEW_DEADLINES = st.one_of(
    st.tuples(st.sampled_from(["deadline", "cap", "cap", "t", "first"]), STEPS),
    st.tuples(st.just("deadline"), st.sampled_from([-2 * HOUR, 2 * HOUR])),
)


def named(drawn: tuple[int, str], deal: Deal, fault: str | None, *, one: bool) -> int | str | None:
    """Return how a command names the tranche that is meant, of which it must name ``one``."""
    nth, how = drawn
    number = nth % len(deal.tranches) + 1
    if one and how == "unnamed" and len(deal.tranches) > 1:
        how = "number"
    if fault in {"unnamed", "t9"}:
        how = fault
    return {"number": number, "name": f"t{number}", "unnamed": None, "t9": "t9"}[how]


def amount(
    stated: tuple[str, int] | str | None,
    deal: Deal,
    scope: list[Tranche],
    side: str,
    fault: str | None = None,
) -> int | str | None:
    """Return the amount that is meant where the deal stands now, or the flaw in its place."""
    if not isinstance(stated, tuple):
        return stated
    if fault in FLAWS:
        return fault
    anchor, step = stated
    free, least = sum(t.free for t in scope), deal.terms.least
    given, total = sum(getattr(t, side) for t in scope), sum(t.amount for t in scope)
    most = sum(t.amount - (t.payer if side == "payee" else t.payee) for t in scope)
    disputes = [t.dispute for t in scope if t.dispute]
    present = (disputes[0].claims[side] if disputes else None) or most
    received = sum(x for _, x in deal.waiting)
    contested = sum(t.contested for t in scope)
    anchors = {
        "zero": 0,
        "one": 1,
        "free": free,
        "minimum": least,
        "free - minimum": free - least,
        "given": given,
        "given + minimum": given + least,
        "amount": total,
        "own": given,
        "own + minimum": given + least,
        "claim": present,
        "claim - minimum": present - least,
        "most": most,
        "contested": contested,
        "contested - minimum": contested - least,
        "half": contested // 2,
        "half ruled": given + contested // 2,
        "missing": deal.terms.total - received,
    }
    return max(anchors[anchor] + step, 0)


def instants(deal: Deal | None, after: int) -> list[int]:
    """Return the instants that mean something to the deal, after ``after``."""
    if deal is None:
        return []
    known = {deal.expires} if deal.on_offer else set()
    if deal.effective_at is not None:
        known |= {deal.effective_at, *(t.deadline for t in deal.tranches)}
        disputes = [t.dispute for t in deal.tranches if t.dispute]
        known |= {x for d in disputes for x in (d.opened_at, d.deadline, d.ruling_deadline or 0)}
        known |= {made.expires for d in disputes for made in d.proposals.values()}
    return sorted(each for each in known if each > after)


def new_deadline(stated: tuple[str, int], terms: Terms, tranche: Tranche, t: int) -> int:
    """Return the instant to which a deadline should move; for the cap, whichever lies that way."""
    anchor, step = stated
    first = tranche.first_deadline
    cap = first + (terms.extend or 0) if step >= 0 else first - (terms.advance or 0)
    anchors = {"deadline": tranche.deadline, "cap": cap, "t": t, "first": first}
    return anchors[anchor] + step


def expiry(stated: tuple[str, int], tranche: Tranche, t: int) -> int:
    """Return the instant until which a proposal should live."""
    anchor, step = stated
    return {"t": t, "deadline": tranche.dispute.deadline}[anchor] + step
