"""Commands against which reasons are planted, in every combination that the kind allows."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from .asking import (
    Accept,
    Act,
    Agree,
    Asker,
    Command,
    Decline,
    Lower,
    Offer,
    Open,
    Propose,
    Revoke,
    Rule,
    Shift,
    Withdraw,
)
from .deal import HOUR, OTHER, Deal, Terms
from .order import FLAWS

CODES = {
    "Offer": """NOT_A_PARTY WRONG_ROLE IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT TERMS_MISMATCH
        SAME_PARTY CURRENCY_UNKNOWN EXPONENT_WRONG AMOUNT_INVALID PERIOD_INVALID
        RAIL_CANNOT_HONOUR CONSENT_MISSING DECLINED OFFER_LAPSED NOT_ON_OFFER""",
    "Accept": """UNKNOWN_CONTRACT NOT_A_PARTY IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT TERMS_MISMATCH
        CONSENT_MISSING DECLINED OFFER_LAPSED NOT_ON_OFFER""",
    "Decline": """UNKNOWN_CONTRACT NOT_A_PARTY IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT DECLINED
        OFFER_LAPSED NOT_ON_OFFER""",
    "Revoke": """UNKNOWN_CONTRACT NOT_A_PARTY IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT DECLINED
        OFFER_LAPSED NO_CHANGE""",
    "Act": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY WRONG_ROLE IDEMPOTENCY_CONFLICT
        ACT_BUDGET_SPENT CURRENCY_UNKNOWN EXPONENT_WRONG CURRENCY_MISMATCH AMOUNT_INVALID
        RAIL_CANNOT_HONOUR DECLINED OFFER_LAPSED NOT_EFFECTIVE ALREADY_ARRIVED CHAIN_PERIOD_ENDED
        IN_DISPUTE NOTHING_LEFT INSUFFICIENT_REMAINDER PRECONDITION_FAILED DUST_REMAINDER
        NO_CHANGE""",
    "Shift": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY WRONG_ROLE IDEMPOTENCY_CONFLICT
        ACT_BUDGET_SPENT DECLINED OFFER_LAPSED NOT_EFFECTIVE CHAIN_PERIOD_ENDED IN_DISPUTE
        NOTHING_LEFT DEADLINE_PAST DEADLINE_ONLY_LATER DEADLINE_ONLY_EARLIER BEYOND_CAP
        NO_CHANGE""",
    "Open": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY WRONG_ROLE IDEMPOTENCY_CONFLICT
        ACT_BUDGET_SPENT CURRENCY_UNKNOWN EXPONENT_WRONG CURRENCY_MISMATCH AMOUNT_INVALID
        RAIL_CANNOT_HONOUR DECLINED OFFER_LAPSED NOT_EFFECTIVE CHAIN_PERIOD_ENDED
        DISPUTE_BUDGET_SPENT NOTHING_LEFT DUST_REMAINDER CLAIM_OUT_OF_BOUNDS NO_CHANGE""",
    "Lower": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT
        CURRENCY_UNKNOWN EXPONENT_WRONG CURRENCY_MISMATCH AMOUNT_INVALID RAIL_CANNOT_HONOUR
        DECLINED OFFER_LAPSED NOT_EFFECTIVE NOT_IN_DISPUTE DISPUTE_PERIOD_ENDED NOTHING_LEFT
        DUST_REMAINDER CLAIM_MAY_ONLY_FALL CLAIM_OUT_OF_BOUNDS NO_CHANGE""",
    "Propose": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT
        CURRENCY_UNKNOWN EXPONENT_WRONG CURRENCY_MISMATCH AMOUNT_INVALID RAIL_CANNOT_HONOUR
        DECLINED OFFER_LAPSED NOT_EFFECTIVE NOT_IN_DISPUTE DISPUTE_PERIOD_ENDED NOTHING_LEFT
        DUST_REMAINDER PROPOSAL_NAME_USED PROPOSAL_STALE PROPOSAL_EXPIRED""",
    "Agree": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY WRONG_ROLE IDEMPOTENCY_CONFLICT
        ACT_BUDGET_SPENT DECLINED OFFER_LAPSED NOT_EFFECTIVE NOT_IN_DISPUTE DISPUTE_PERIOD_ENDED
        PROPOSAL_SUPERSEDED PROPOSAL_UNKNOWN PROPOSAL_STALE PROPOSAL_EXPIRED""",
    "Withdraw": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY WRONG_ROLE IDEMPOTENCY_CONFLICT
        ACT_BUDGET_SPENT DECLINED OFFER_LAPSED NOT_EFFECTIVE NOT_IN_DISPUTE DISPUTE_PERIOD_ENDED
        NOTHING_LEFT PROPOSAL_UNKNOWN PROPOSAL_STALE PROPOSAL_EXPIRED""",
    "Rule": """MALFORMED UNKNOWN_CONTRACT NOT_A_PARTY WRONG_ROLE SIGNATURE_REQUIRED
        SIGNATURE_INVALID IDEMPOTENCY_CONFLICT ACT_BUDGET_SPENT CURRENCY_UNKNOWN EXPONENT_WRONG
        CURRENCY_MISMATCH AMOUNT_INVALID RAIL_CANNOT_HONOUR DECLINED OFFER_LAPSED NOT_EFFECTIVE
        NOT_IN_DISPUTE DISPUTE_PERIOD_ENDED NOTHING_LEFT DUST_REMAINDER CLAIM_OUT_OF_BOUNDS""",
}
"""By command, every code that the rules of contracts or disputes may refuse it with."""

MANY = Terms(
    amounts=(6, 5), periods=(10 * HOUR, 20 * HOUR), minimum=2, acts=1, extend=HOUR, advance=HOUR,
    dispute_period=30 * HOUR, silence_rule=False, ending=5_000, proposals=1,
)  # fmt: skip
SCARCE = replace(MANY, max_parts=3, ending="to_payee")
WHOLE = replace(MANY, amounts=(6,), periods=(10 * HOUR,), partial="none", ending="to_payee")
RULED = replace(MANY, ruling=20 * HOUR)
RULED_WHOLE = replace(WHOLE, amounts=(4,), ruling=20 * HOUR)
PLAYED = {
    "effective": (MANY, SCARCE, WHOLE, replace(MANY, extend=None)),
    "acts spent": (MANY, SCARCE),
    "disputed": (MANY, SCARCE),
    "disputed with an admission": (RULED,),
    "answered": (RULED,),
    "proposed by the payer": (MANY, SCARCE),
    "proposed by both, then less contested": (MANY, RULED),
}
"""By state, the terms under which it is played; ``MANY`` where nothing is said."""
STATEMENTS = {"Lower", "Propose", "Agree", "Withdraw", "Rule"}


def played(kind: str, name: str) -> tuple[Terms, ...]:
    """Return the terms under which a command is tried in a state."""
    if kind == "Offer":
        return (MANY,)
    if kind == "Rule":
        return (MANY, RULED, RULED_WHOLE) if name == "disputed" else (RULED,)
    return PLAYED.get(name, (MANY,))


USED = "used before"
STRANGERS = ("mallory", "shop")


def merits(kind: str, name: str, deal: Deal | None, t: int, terms: Terms) -> Iterator[Command]:
    """Commands from whom they may come, of a tranche that is there."""
    payer, payee = Asker(terms.parties[0], "new"), Asker(terms.parties[1], "new")
    numbers = range(1, len(terms.amounts) + 1)
    claims = (*range(max(terms.amounts) + 2), *FLAWS)
    match kind:
        case "Offer":
            yield from offers(deal, t, terms)
        case "Accept":
            for asker, same, consents in product((payer, payee), (True, False), (True, False)):
                yield Accept(asker, same, consents)
        case "Decline" | "Revoke":
            yield from ({"Decline": Decline, "Revoke": Revoke}[kind](x) for x in (payer, payee))
        case "Act":
            stated = [(x, None) for x in (0, 1, 2, 3, 5, 6, 7, "ALL", *FLAWS)]
            stated += [(None, x) for x in (0, 2, 3, 6, 99, *FLAWS)]
            flawed = FLAWS if name in PLAYED else ()
            for to, (amount, total), expected, tranche in product(
                OTHER, stated, (None, 99, *flawed), (None, *numbers)
            ):
                signer = payer if to == "payee" else payee
                yield Act(signer, to, amount, total, tranche, expected)
        case "Shift":
            known = {x + step for x in _instants(deal, t) for step in (-1, 0, 1)}
            for by, to, tranche in product(OTHER, sorted(known), numbers):
                yield Shift(payer if by == "payer" else payee, by, to, tranche)
        case "Open":
            yield from (Open(payer, x, tranche) for x in claims for tranche in numbers)
        case _:
            yield from statements(kind, deal, t, terms)


def statements(kind: str, deal: Deal | None, t: int, terms: Terms) -> Iterator[Command]:
    """What may be said in a dispute, whether there is one or not."""
    parties, adjudicator = [Asker(p, "new") for p in terms.parties], Asker("adjudicator", "new")
    numbers = range(1, len(terms.amounts) + 1)
    totals = (*range(max(terms.amounts) + 2), *FLAWS)
    match kind:
        case "Lower":
            for asker, x, tranche in product(parties, totals, numbers):
                yield Lower(asker, x, tranche)
        case "Propose":
            yield from proposals(deal, t, parties, numbers)
        case "Rule":
            for x, tranche, signature in product(totals, numbers, ("valid", "wrong", None)):
                yield Rule(adjudicator, x, tranche, signature)
        case _:
            answer = {"Agree": Agree, "Withdraw": Withdraw}[kind]
            for asker, name, tranche in product(parties, ("p", "q", "new"), numbers):
                yield answer(asker, name, tranche)


def proposals(deal: Deal | None, t: int, parties: list[Asker], numbers: range) -> Iterator[Propose]:
    shares = [(4, 0), (3, 1), (3, 3), (0, 0), *product((*FLAWS, 2), (*FLAWS, 2))]
    disputes = [each.dispute for each in deal.tranches if each.dispute] if deal else []
    until = [t, t + 1, *(each.deadline + 1 for each in disputes)]
    for asker, name, each, expires, tranche in product(
        parties, ("p", "new"), shares, until, numbers
    ):
        yield Propose(asker, name, *each, expires, tranche)


def offers(deal: Deal | None, t: int, terms: Terms) -> Iterator[Command]:
    expires = deal.expires if deal else 24 * HOUR
    whole = [(party, True, True) for party in terms.parties]
    acceptances = [whole, [*whole, whole[0]], [(terms.parties[0], False, True)]]
    acceptances += [[(terms.parties[0], True, False)], [(terms.parties[0], False, False)]]
    for parties, asset, amount, period, hold, signed, until, is_command in product(
        (terms.parties, (terms.parties[0],) * 2), (terms.asset, "CURRENCY_UNKNOWN",
        "EXPONENT_WRONG"), (6, 0), (10 * HOUR, 0), (None, 1), acceptances, (expires, t),
        (False, True),
    ):  # fmt: skip
        offered = replace(
            terms, parties=parties, asset=asset, amounts=(amount, *terms.amounts[1:]),
            periods=(period, *terms.periods[1:]), max_hold_hours=hold,
        )  # fmt: skip
        yield Offer(Asker("shop", "new"), offered, until, tuple(signed), is_command)


def asked_otherwise(command: Command) -> Iterator[Command]:
    """The same command from each who may not ask it, under a used id, of no tranche, and both."""
    party = command.asker.party
    is_offer = isinstance(command, Offer)
    other = {"alice": "bob", "bob": "alice"}.get(party, party)
    sides = ("alice", "bob") if isinstance(command, Rule) else ()
    whose = [(p, up) for up in ("shop", "rival") for p in (party, other, *sides, *STRANGERS)]
    if is_offer:
        whose += [("alice", "shop"), ("bob", "shop"), ("alice", "rival"), ("rival", "rival")]
    for (who, upstream), used in product(whose, (False, True)):
        asker = Asker(who, USED if used else "new", "body", upstream)
        asked = replace(command, asker=asker)
        yield asked
        if not isinstance(command, Offer | Accept | Decline | Revoke):
            yield replace(asked, tranche="t9")
        if is_offer:
            stranger = (*command.acceptances, ("mallory", True, True))
            yield replace(asked, acceptances=stranger)


def _instants(deal: Deal | None, t: int) -> set[int]:
    known = {t, t + HOUR}
    if deal is not None and deal.effective_at is not None:
        for tranche in deal.tranches:
            first = tranche.first_deadline
            known |= {tranche.deadline, first - HOUR, first + HOUR, first + 2 * HOUR}
    return known
