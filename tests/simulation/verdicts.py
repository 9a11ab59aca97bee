"""What the commands alone lead to: every statement by its append time, whatever was read when.

Once all is known, the parties' records are gone through in the order of the log. The law gives
each its answer, and the accepted ones give the buckets: no crash, delay or restart may have led
to others. Where reading itself decides (a fact that came to the log only after the record), the
answers that the law leaves open are allowed, and no others.
"""

from typing import Any

from . import proofs
from .asked import asker, claimed, named
from .claims import OTHER, Dispute
from .disputes import Docket
from .model import Case
from .openings import is_same
from .said import Message, demand


def expect_verdicts(docket: Docket, case: Case) -> None:
    """Demand of every statement its verdict, and of every dispute the end that comes of them."""
    openings = [t.opening for t in case.tranches if t.opening is not None]
    disputes = {d.number: d for d in map(Dispute.opened_by, openings)}
    partition = None if case.stood is None else case.stood.partition
    for record in docket.records:
        if case.stood is not None and record.partition != partition:
            demand(docket.code(record) == "WRONG_PARTITION", f"{record.place} was taken there")
            continue
        for dispute in disputes.values():
            if dispute.is_due(record.appended_at):
                dispute.end()
        verdict = _verdict(docket, record)
        allowed = _allowed(docket, case, disputes, record)
        demand(verdict in allowed, f"{record.place}: {verdict}, the law says {sorted(allowed)}")
        if verdict == "applied":
            _state(disputes, case, record)
        elif verdict == "duplicate":
            _expect_first_answer(docket, record)
    for dispute in disputes.values():
        if dispute.ending is None:
            dispute.end()
    expected = {n: (d.ending, d.buckets(), d.claims) for n, d in disputes.items()}
    reached = {n: (d.ending, d.buckets(), d.claims) for n, d in docket.disputes.items()}
    demand(reached == expected, f"{reached=}, the commands alone lead to {expected}")


def _verdict(docket: Docket, record: Message) -> str:
    if record.place not in docket.answers:
        return "applied"
    return docket.code(record) or "duplicate"


def _allowed(docket: Docket, case: Case, disputes: dict[int, Dispute], record: Message) -> set[str]:
    told, t = record.data, record.appended_at
    if case.stood is None:
        return {"UNKNOWN_CONTRACT", "WRONG_PARTITION"}
    assert case.offer is not None
    early = {"UNKNOWN_CONTRACT"} if case.stood.order > record.order else set()
    number = named(told, len(case.tranches))
    if number is None:
        return early | {"MALFORMED"}
    by = case.role(told["party"])
    if record.upstream != case.offer.upstream or by is None:
        return early | {"NOT_A_PARTY"}
    if unproven := proofs.why_not(record, case.terms):
        return early | {unproven}
    if first := docket.same_id_before(record):
        return {"duplicate" if is_same(first, record) else "IDEMPOTENCY_CONFLICT"}
    claim, flaw = claimed(told["claim"], case.terms["asset"])
    if claim is None:
        assert flaw is not None
        return early | {flaw}
    left = case.left_offer
    assert left is not None, "every offer ends"
    early |= {"NOT_EFFECTIVE"} if left.order > record.order else set()
    if case.effective_at is None:
        return early | {case.status}
    if t < case.effective_at:
        return early | {"NOT_EFFECTIVE"}
    if number not in disputes:
        return early | {"NOT_IN_DISPUTE"}
    dispute = disputes[number]
    early |= {"NOT_IN_DISPUTE"} if dispute.opening.order > record.order else set()
    return early | {dispute.refusal(by, claim, t) or "applied"}


def _state(disputes: dict[int, Dispute], case: Case, record: Message) -> None:
    by, number = case.role(record.data["party"]), named(record.data, len(case.tranches))
    claim, _ = claimed(record.data["claim"], case.terms["asset"])
    assert by is not None
    assert number is not None
    assert claim is not None
    dispute = disputes[number]
    if cut := dispute.state(by, claim):
        dispute.move(OTHER[by], cut)
    if dispute.contested == 0:
        dispute.ending = "settled"


def _expect_first_answer(docket: Docket, record: Message) -> None:
    """A repeat hears what the first heard."""
    first = docket.same_id_before(record)
    assert first is not None
    told: Any = docket.answers[record.place].data
    code = docket.code(first)
    demand(told["first"] == ("applied" if code is None else "refused"), "another first answer")
    demand(told.get("code") == code, f"{record.place}: the first answer was {code}")
    if code is None:
        event = docket.applied[asker(first), first.id]
        demand(told["event_id"] == event.id, f"{record.place}: applied by {event.id}")
