"""The opening of a dispute by contracts, computed once more: when, how much, and what it tells.

Functions over a contract's case. What was refused is judged at rest, when all is known.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from . import proofs
from .acts import Tranche
from .asked import claimed, named
from .said import Message, buckets, demand, instant, minor

OVER = {"IN_DISPUTE", "CHAIN_PERIOD_ENDED", "NOTHING_LEFT"}
"""What an act on a disputed tranche hears; which of them depends on how far the end was read."""
BEFORE_OVER = {
    "MALFORMED", "WRONG_PARTITION", "UNKNOWN_CONTRACT", "NOT_A_PARTY", "WRONG_ROLE",
    "SIGNATURE_REQUIRED", "SIGNATURE_INVALID", "IDEMPOTENCY_CONFLICT", "ACT_BUDGET_SPENT",
    "CURRENCY_UNKNOWN", "EXPONENT_WRONG", "CURRENCY_MISMATCH", "AMOUNT_INVALID",
}  # fmt: skip
DISPUTES_EVENTS = "crps.disputes.events.v1"


def expect_after_admission(admission: Message | None, message: Message) -> None:
    """Demand that an admission is followed by the opening it belongs to, and by nothing else."""
    if admission is None:
        return
    (part,) = admission.data["parts"]
    demand(message.kind == "dispute.opened", "an admission without a dispute")
    demand(message.cause == admission.cause, "an admission of another command")
    demand(message.data["tranche"] == part["tranche"], "an admission of another tranche")
    demand(message.data["judged_at"] == admission.data["judged_at"], "judged at two instants")


def expect_admission(message: Message) -> None:
    """Demand that what is admitted is the payer's own live act, in one tranche, to the payee."""
    told, signed = message.data, message.data["authorisation"]
    demand(told["to"] == "payee" and len(told["parts"]) == 1, "no admission")
    demand((signed["basis"], told["kind"]) == ("live", "subjective"), "an act that is not live")
    demand(signed["command_id"] == message.cause, "another command than it cites")


def expect_opening(case: Any, message: Message, commands: Sequence[Message]) -> None:
    """Demand that the dispute is as one of the payer's ``commands`` and the law have it."""
    told, t = message.data, instant(message.data["judged_at"])
    tranche: Tranche = case.tranches[told["tranche"] - 1]
    claim = minor(told["claim"])
    fits = any(
        named(c.data, len(case.tranches)) == tranche.number
        and claimed(c.data["claim"], case.terms["asset"]) == (claim, None)
        and (c.data["reason"], c.data.get("evidence", [])) == (told["reason"], told["evidence"])
        for c in commands
    )
    demand(fits, "nobody claimed this")
    demand(t >= case.effective_at, "an opening from before the effect")
    for other in case.tranches:
        demand(not (other.deadline_at <= t and other.free), "it went before an arrival")
    assert tranche.deadline_at is not None
    demand(t < tranche.deadline_at, f"disputed at {t}, the deadline was {tranche.deadline_at}")
    demand(tranche.opening is None, "disputed twice")
    admitted = 0 if case.admission is None else minor(case.admission.data["money"]["amount"])
    demand(tranche.amount - tranche.payee == claim, f"{admitted} was admitted, {claim} claimed")
    demand(claim - tranche.payer == tranche.free > 0, "the rest is not what is contested")
    minimum = least(case.terms)
    demand(tranche.free >= minimum and admitted in (0, max(admitted, minimum)), "dust")
    demand(not (admitted and case.terms["rail"]["partial"] != "many"), "a part was admitted")
    _expect_told(case, tranche, message)


def _expect_told(case: Any, tranche: Tranche, message: Message) -> None:
    told, clause, rail = message.data, case.terms["dispute"], case.terms["rail"]
    free, _, payee, payer = tranche.buckets()
    demand(buckets(told["before"]) == (free, 0, payee, payer), "before is not what was")
    demand(buckets(told["after"]) == (0, free, payee, payer), "F is not what is contested")
    demand(minor(told["amount"]) == tranche.amount, "another tranche's total")
    demand(instant(told["opened_at"]) == message.time, "it was recorded at another instant")
    period = timedelta(milliseconds=clause["period_ms"])
    demand(instant(told["deadline_at"]) == message.time + period, "another period than signed")
    signed = {"silence_rule": clause["silence_rule"], "odd_unit": case.terms["odd_unit"]}
    for name in {"ending", "fallback"} & set(clause):
        is_ratio = isinstance(clause[name], dict)
        signed |= {name: "ratio", **clause[name]} if is_ratio else {name: clause[name]}
    demand(told["clause"] == signed, f"{told['clause']} was never signed")
    demand(told["proposals_budget"] == case.terms["budget"]["proposals"], "another budget")
    bound = told.get("ruling_deadline_at")
    if clause["ending"] == "external":
        until = message.time + period + timedelta(milliseconds=clause["ruling_ms"])
        demand(bound is not None and instant(bound) == until, "another bound than signed")
        judge = clause.get("adjudicator", {}).get("party")
        demand(told.get("adjudicator") == judge, "another adjudicator than signed")
    else:
        demand(bound is None and "adjudicator" not in told, "nobody may rule on this")
    demand(minor(told["rail"]["minimum"]) == minor(rail["minimum"]), "another minimum")
    demand(told["rail"]["whole_only"] == (rail["partial"] != "many"), "another rail")
    parts = told["rail"].get("parts")
    demand((parts is None) == ("max_parts" not in rail), "parts are counted, or not, wrongly")
    demand(parts is None or parts >= to_end(told), "it could not be ended")


def expect_end(tranche: Tranche, message: Message, end: Message) -> None:
    """Demand that contracts takes from disputes what ``end`` tells, and says what it rests on."""
    told = message.data
    demand(end.topic == DISPUTES_EVENTS, f"the end of a dispute because of {end.kind}")
    demand(message.rests_on == (end.topic, end.sequence), "it does not say what it rests on")
    demand(tranche.contested > 0, "its dispute has ended, or never was")
    sides = minor(told["payee"]), minor(told["payer"])
    if end.kind == "funds.attributed":
        (part,) = end.data["parts"]
        number, after = part["tranche"], buckets(part["after"])
    else:
        number, after = (
            end.data["tranche"],
            (0, 0, minor(end.data["payee"]), minor(end.data["payer"])),
        )
    demand(number == tranche.number, "the end of another tranche's dispute")
    demand((0, 0, *sides) == after, f"{sides} is not what disputes decided: {after}")
    demand(sum(sides) == tranche.amount, "I0")


def expect_refusals(case: Any) -> None:
    """Demand that every opening got the answer that the law gives it, and every other act on a
    disputed tranche one of those that it may hear."""
    for record in case.records:
        code = case.code(record)
        if record.kind == "dispute.open" and code != "WRONG_PARTITION" and case.stood is not None:
            allowed, answer = _answers(case, record), case.answers.get(record.place)
            given = "applied" if answer is None else code or "duplicate"
            demand(given in allowed, f"{record.place}: {given}, the law says {sorted(allowed)}")
        elif record.kind in {"funds.release", "funds.return"} and code is not None:
            _expect_over(case, record, code)


def _expect_over(case: Any, record: Message, code: str) -> None:
    """``IN_DISPUTE`` needs a dispute, and a disputed tranche is never merely short of money."""
    named_one = record.data.get("tranche")
    scope = [t for t in case.tranches if named_one in (None, t.number)]
    disputed = [t for t in scope if is_opened_before(case, t, record)]
    demand(code != "IN_DISPUTE" or bool(disputed), f"{record.place}: no dispute, yet {code}")
    if disputed and len(scope) == 1:
        demand(code in OVER | BEFORE_OVER, f"{record.place}: {code} of a disputed tranche")


def _answers(case: Any, record: Message) -> set[str]:
    """Return what the law can answer to an opening; more than one where reading decides."""
    early, answer = before_merits(case, record, "payer")
    if answer is not None:
        return early | answer
    claim, _ = claimed(record.data["claim"], case.terms["asset"])
    number = named(record.data, len(case.tranches))
    assert claim is not None
    assert number is not None
    return early | _on_merits(case, record, case.tranches[number - 1], claim)


def before_merits(case: Any, record: Message, signer: str) -> tuple[set[str], set[str] | None]:
    """Return what may be answered if the record came early, and the answers that the law gives a
    party's command on one tranche before its merits are looked at; None if it comes to those."""
    told, t = record.data, record.appended_at
    # Whoever came before the offer may have been judged without it.
    early = {"UNKNOWN_CONTRACT"} if case.offer.order > record.order else set()
    number = named(told, len(case.tranches))
    if number is None:
        return early, {"MALFORMED"}
    role = case.role(told["party"])
    if record.upstream != case.offer.upstream or role is None:
        return early, {"NOT_A_PARTY"}
    if role != signer:
        return early, {"WRONG_ROLE"}
    if unproven := proofs.why_not(record, case.terms):
        return early, {unproven}
    if first := case.same_id_before(record):
        return set(), {"duplicate" if is_same(first, record) else "IDEMPOTENCY_CONFLICT"}
    _, flaw = claimed(told["claim"], case.terms["asset"]) if "claim" in told else (None, None)
    if flaw is not None:
        return early, {flaw}
    if case.effective_at is None or t < case.effective_at:
        return early, {"NOT_EFFECTIVE", "DECLINED", "OFFER_LAPSED"}
    if case.left_offer.order > record.order:
        early |= {"NOT_EFFECTIVE"}
    return early, None


def _on_merits(case: Any, record: Message, tranche: Tranche, claim: int) -> set[str]:
    rail, stood = case.terms["rail"], standing(case, tranche, record)
    assert stood.deadline_at is not None
    is_over = record.appended_at >= stood.deadline_at
    if is_opened_before(case, tranche, record):
        return {"DISPUTE_BUDGET_SPENT"} | ({"CHAIN_PERIOD_ENDED"} if is_over else set())
    if is_over:
        return {"CHAIN_PERIOD_ENDED"}
    free, _, payee, payer = stood.buckets()
    if free == 0:
        return {"NOTHING_LEFT"}
    admitted, contested, minimum = tranche.amount - payee - claim, claim - payer, least(case.terms)
    if admitted < 0 or contested < 0:
        return {"CLAIM_OUT_OF_BOUNDS"}
    if contested == 0:
        return {"NO_CHANGE"}
    if admitted and rail["partial"] != "many":
        return {"RAIL_CANNOT_HONOUR"}
    # How many parts the others need is not computed once more.
    scarce = {"RAIL_CANNOT_HONOUR"} if "max_parts" in rail else set()
    if 0 < admitted < minimum or contested < minimum:
        return scarce | {"DUST_REMAINDER"}
    return scarce | {"applied"}


def standing(case: Any, tranche: Tranche, record: Message) -> Tranche:
    """Return the tranche as it stood when ``record`` was judged, arrivals due by then included."""
    stood = tranche.at_effect()
    for event, each in case.course:
        offset = _offset(case, event)
        # What it moved itself is not what it was judged by.
        is_own = offset == record.offset and record.place not in case.answers
        if offset <= record.offset and not is_own:
            stood = each[tranche.number - 1]
    return stood


def is_opened_before(case: Any, tranche: Tranche, record: Message) -> bool:
    if tranche.opening is None:
        return False
    return _offset(case, tranche.opening) < record.offset


def _offset(case: Any, event: Message) -> int:
    """Return where the record stands that led to ``event``; others may bear the same id."""
    t, why = instant(event.data["judged_at"]), event.data.get("cause", "admission")
    kind = "dispute.open" if why == "admission" else f"funds.{why}"
    if event.kind == "deadline.moved":
        kind = {"payee": "deadline.extend", "payer": "deadline.advance"}[event.data["by"]]
    record = case.cause(
        event, lambda c: c.appended_at == t and (why == "arrival" or c.kind == kind)
    )
    return int(record.offset)


def is_same(first: Message, second: Message) -> bool:
    """Tell whether two commands of one asker have the same body."""
    return (first.wire_type, first.data) == (second.wire_type, second.data)


def least(terms: Any) -> int:
    """Return the least that the rail moves."""
    return max(minor(terms["rail"]["minimum"]), 1)


def to_end(opened: Any) -> int:
    """Return how many instructions the signed ending may need."""
    is_external = opened["clause"]["ending"] == "external"
    splits = is_external or 0 < opened["clause"].get("ratio_to_payee_bp", 0) < 10_000
    return 2 if splits and not opened["rail"]["whole_only"] else 1
