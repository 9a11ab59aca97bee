"""What the commands alone lead to: every statement by its append time, whatever was read when.

Once all is known, the parties' records are gone through in the order of the log. The law gives
each its answer, and the accepted ones give the buckets: no crash, delay or restart may have led
to others. Where reading itself decides (a fact that came to the log only after the record), the
answers that the law leaves open are allowed, and no others.
"""

from typing import Any

from . import accords, proofs
from .accords import STATED
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
    expected, reached = (
        {n: (d.ending, d.buckets(), d.claims, d.proposals) for n, d in found.items()}
        for found in (disputes, docket.disputes)
    )
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
    dispute, first = disputes.get(number), docket.same_id_before(record)
    is_repeat = first is not None and is_same(first, record)
    if code := accords.not_admitted(case, dispute, record):
        # Whose a name is to answer is not asked again of what has its answer.
        is_response = record.kind in ("proposal.accept", "proposal.withdraw")
        if not (code == "WRONG_ROLE" and is_response and is_repeat):
            return early | {code}
    if unproven := proofs.why_not(record, case.terms):
        return early | {unproven}
    if first is not None:
        return {"duplicate" if is_repeat else "IDEMPOTENCY_CONFLICT"}
    flaws = [claimed(told[name], case.terms["asset"])[1] for name in STATED.get(record.kind, ())]
    if record.kind == "proposal.make" and dispute and accords.is_spent(case, dispute, record):
        return early | {"ACT_BUDGET_SPENT"}
    if flaw := next(filter(None, flaws), None):
        return early | {flaw}
    left = case.left_offer
    assert left is not None, "every offer ends"
    early |= {"NOT_EFFECTIVE"} if left.order > record.order else set()
    if case.effective_at is None:
        return early | {case.status}
    if t < case.effective_at:
        return early | {"NOT_EFFECTIVE"}
    if dispute is None:
        return early | {"NOT_IN_DISPUTE"}
    early |= {"NOT_IN_DISPUTE"} if dispute.opening.order > record.order else set()
    return early | {_on_merits(case, dispute, record) or "applied"}


def _on_merits(case: Case, dispute: Dispute, record: Message) -> str | None:
    told, t = record.data, record.appended_at
    if record.kind != "claim.lower":
        return accords.refusal(case, dispute, record, t)
    by, (claim, _) = case.role(told["party"]), claimed(told["claim"], case.terms["asset"])
    assert by is not None
    assert claim is not None
    return dispute.refusal(by, claim, t)


def _state(disputes: dict[int, Dispute], case: Case, record: Message) -> None:
    by, number = case.role(record.data["party"]), named(record.data, len(case.tranches))
    assert number is not None
    dispute = disputes[number]
    if record.kind != "claim.lower":
        moved, ending = accords.apply(dispute, record, by or "adjudicator")
        for to, amount, _ in moved:
            dispute.move(to, amount)
        dispute.ending = ending
        return
    claim, _ = claimed(record.data["claim"], case.terms["asset"])
    assert by is not None
    assert claim is not None
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
