"""Moving a deadline, computed once more: by whom, in which direction, how far, and what it tells.

Functions over a contract's case. What was refused is judged at rest, when all is known.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from .acts import Tranche
from .asked import named
from .openings import before_merits, is_opened_before, standing
from .said import Message, demand, instant

SIGNER = {"deadline.extend": "payee", "deadline.advance": "payer"}
VERB = {role: kind for kind, role in SIGNER.items()}
ENDED = {"ALREADY_ARRIVED", "CHAIN_PERIOD_ENDED"}


def expect_move(case: Any, message: Message, commands: Sequence[Message]) -> None:
    """Demand that the deadline moves as one of the loser's ``commands`` and the law have it."""
    told, t = message.data, instant(message.data["judged_at"])
    tranche: Tranche = case.tranches[told["tranche"] - 1]
    after = instant(told["after"])
    fits = [
        c.id == told["command_id"]
        and named(c.data, len(case.tranches)) == tranche.number
        and instant(c.data["to"]) == after
        for c in commands
    ]
    demand(any(fits), "nobody asked for this deadline")
    demand(t >= case.effective_at, "a move from before the effect")
    for other in case.tranches:
        demand(not (other.deadline_at <= t and other.free), "it went before an arrival")
    demand(instant(told["before"]) == tranche.deadline_at, "before is not what was")
    verdict = _on_merits(case.terms, tranche, told["by"], after, t)
    demand(verdict == "applied", f"moved, yet {verdict}")
    spent = tranche.acts(told["by"])
    demand(spent < case.terms["budget"]["acts"], "beyond the budget of acts")
    demand(told["generation"] == tranche.generation + 1, "its generation is not the next")


def expect_timers(case: Any, message: Message) -> None:
    """Demand that ``message`` names all that waits, each of its present generation."""
    waiting = [("chain", t.number, t.generation, t.deadline_at) for t in case.tranches if t.free]
    told = [
        (t["timer"], t["tranche"], t["generation"], instant(t["due_at"]))
        for t in message.data["timers"]
    ]
    demand(told == waiting, f"{told} is to be announced, {waiting} waits")


def expect_refusals(case: Any) -> None:
    """Demand that every move got the answer that the law gives it, and that nobody was told of an
    end that had not come."""
    for record in case.records:
        code = case.code(record)
        if code in ENDED and case.effective_at is not None:
            t = record.appended_at
            demand(any(x.deadline_at <= t for x in case.tranches), f"{record.place}: {code} early")
        if record.kind in SIGNER and code != "WRONG_PARTITION" and case.stood is not None:
            allowed, answer = _answers(case, record), case.answers.get(record.place)
            given = "applied" if answer is None else code or "duplicate"
            demand(given in allowed, f"{record.place}: {given}, the law says {sorted(allowed)}")


def _answers(case: Any, record: Message) -> set[str]:
    """Return what the law can answer to a move; more than one where reading decides."""
    signer = SIGNER[record.kind]
    early, answer = before_merits(case, record, signer)
    if answer is not None:
        return early | answer
    tranche = case.tranches[(named(record.data, len(case.tranches)) or 0) - 1]
    stood = standing(case, tranche, record)
    if stood.acts(signer) >= case.terms["budget"]["acts"]:
        return early | {"ACT_BUDGET_SPENT"}
    if is_opened_before(case, tranche, record):
        is_over = record.appended_at >= stood.deadline_at
        return early | {"IN_DISPUTE", "CHAIN_PERIOD_ENDED" if is_over else "NOTHING_LEFT"}
    to = instant(record.data["to"])
    return early | {_on_merits(case.terms, stood, signer, to, record.appended_at)}


def _on_merits(terms: Any, tranche: Tranche, by: str, to: datetime, t: datetime) -> str:
    present, first = tranche.deadline_at, tranche.first_deadline_at
    assert present is not None
    assert first is not None
    if t >= present:
        return "CHAIN_PERIOD_ENDED"
    if tranche.free == 0:
        return "NOTHING_LEFT"
    if to <= t:
        return "DEADLINE_PAST"
    caps = terms.get("caps", {})
    if by == "payee":
        if to < present:
            return "DEADLINE_ONLY_LATER"
        cap = caps.get("extend_ms")
        beyond = cap is None or to > first + timedelta(milliseconds=cap)
    else:
        if to > present:
            return "DEADLINE_ONLY_EARLIER"
        cap = caps.get("advance_ms")
        beyond = cap is not None and to < first - timedelta(milliseconds=cap)
    if beyond:
        return "BEYOND_CAP"
    return "NO_CHANGE" if to == present else "applied"
