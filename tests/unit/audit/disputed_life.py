"""The life of a contract of which both tranches are disputed, told as in `lives`."""

from copy import deepcopy
from typing import Any

from crps.audit.books import Buckets, DisputeRow
from tests.unit.audit.lives import attribute, beginning, ending
from tests.unit.audit.story import (
    ASSET,
    CLAIMS,
    COMMANDS,
    DISPUTES,
    EVENTS,
    TERMS,
    Said,
    Story,
    at,
    buckets,
    instant,
    money,
)


def disputed_story() -> Story:
    """Return a life with two disputes in which nothing is wrong.

    Tranche 1: the payer releases 1,000 and then claims 4,000 of 6,000, so 1,000 more is admitted;
    the payee answers 5,000, the payer lowers to 3,500, and the signed ratio splits the 2,500 that
    are left, with an odd unit. Tranche 2: the payer claims all, and the payee stays silent.
    """
    story = _begun()
    _first_dispute(story)
    _second_dispute(story)
    ending(story, 6.5, payee=3334, payer=6666)
    story.tranches = {1: Buckets(payee=3334, payer=2666), 2: Buckets(payer=4000)}
    return story


def settled_story() -> Story:
    """Return a life in which both disputes end by a statement.

    Tranche 1: the payer claims 4,000 of 6,000, and the payee's answer gives all of it up. Tranche
    2: the payer claims all and withdraws, before the payee says a word.
    """
    story = _begun()
    first = claimed(story, 1, 3, 4000, 6000, "c-1")
    _lower(story, "bob", 3.5, 2000, (4000, 2000, 0), first, "d-1")
    cut(story, "payer", "admission", 3.5, 4000, (4000, 2000, 0), first, "d-1")
    _settle(story, 3.5, (2000, 4000), first, "d-1")
    second = claimed(story, 2, 4, 4000, 4000, "c-2")
    _lower(story, "alice", 4.5, 0, (0, None, 0), second, "d-2")
    cut(story, "payee", "concession", 4.5, 4000, (4000, 0, 0), second, "d-2")
    _settle(story, 4.5, (4000, 0), second, "d-2")
    ending(story, 6.5, payee=6000, payer=4000)
    story.tranches = {1: Buckets(payee=2000, payer=4000), 2: Buckets(payee=4000)}
    story.disputes = {
        1: DisputeRow(6000, 0, 2000, 4000, 4000, 2000, at(3.02), at(4.02), "settled"),
        2: DisputeRow(4000, 0, 4000, 0, 0, None, at(4.02), at(5.02), "settled"),
    }
    return story


def _begun() -> Story:
    story = Story(terms=deepcopy(TERMS))
    story.terms["dispute"]["ending"] = {"ratio_to_payee_bp": 3333}
    beginning(story)
    return story


def claimed(
    story: Story, number: int, second: float, claim: int, amount: int, command_id: str
) -> Said:
    """Open a dispute over an untouched tranche, with what it admits."""
    asked = {"party": "alice", "claim": money(claim), "reason": "damaged", "tranche": number}
    ask = story.say(COMMANDS, "dispute.open", second, asked, id=command_id, upstream="shop")
    admitted = amount - claim
    if admitted:
        live = {"signer": "payer", "basis": "live", "command_id": command_id}
        sides = {"before": buckets(amount), "after": buckets(claim, admitted)}
        part = {"tranche": number, "amount": str(admitted), **sides}
        attribute(story, "payee", "admission", second, part, live, cause=command_id)
    before = buckets(claim, admitted)
    return _open(story, ask, amount, before=before, contested=claim, payee=admitted)


def _first_dispute(story: Story) -> None:
    release = {"party": "alice", "amount": money(1000), "tranche": 1}
    story.say(COMMANDS, "funds.release", 2, release, id="c-1", upstream="shop")
    live = {"signer": "payer", "basis": "live", "command_id": "c-1"}
    part = {"tranche": 1, "amount": "1000", "before": buckets(6000), "after": buckets(5000, 1000)}
    attribute(story, "payee", "release", 2, part, live, cause="c-1")
    claim = {"party": "alice", "claim": money(4000), "reason": "damaged", "evidence": ["e" * 64]}
    ask = story.say(COMMANDS, "dispute.open", 3, claim | {"tranche": 1}, id="c-2", upstream="shop")
    live = {"signer": "payer", "basis": "live", "command_id": "c-2"}
    part = {
        "tranche": 1,
        "amount": "1000",
        "before": buckets(5000, 1000),
        "after": buckets(4000, 2000),
    }
    attribute(story, "payee", "admission", 3, part, live, cause="c-2")
    opened = _open(story, ask, 6000, before=buckets(4000, 2000), contested=4000, payee=2000)
    _lower(story, "bob", 3.5, 5000, (4000, 5000, 3000), opened, "d-1")
    cut(story, "payer", "admission", 3.5, 1000, (4000, 2000, 0), opened, "d-1")
    _lower(story, "alice", 3.75, 3500, (3500, 5000, 2500), opened, "d-2")
    cut(story, "payee", "concession", 3.75, 500, (3000, 2000, 1000), opened, "d-2")
    due = _due(story, 1, 4.05)
    clause = "dispute.ending"
    _execute(story, "payee", 4.05, 834, (2500, 2500, 1000), opened, due, clause)
    _execute(story, "payer", 4.05, 1666, (1666, 3334, 1000), opened, due, clause)
    ended(story, "ratio", 4.05, (3334, 2666), opened, due.id, due_at=opened.data["deadline_at"])
    claims = (3500, 5000)
    story.disputes[1] = DisputeRow(6000, 0, 3334, 2666, *claims, at(3.02), at(4.02), "ratio")


def _second_dispute(story: Story) -> None:
    opened = claimed(story, 2, 5, 4000, 4000, "c-3")
    due = _due(story, 2, 6.05)
    clause = "dispute.silence_rule"
    _execute(story, "payer", 6.05, 4000, (4000, 0, 0), opened, due, clause)
    ended(story, "silence", 6.05, (0, 4000), opened, due.id, due_at=opened.data["deadline_at"])
    story.disputes[2] = DisputeRow(4000, 0, 0, 4000, 4000, None, at(5.02), at(6.02), "silence")


def _open(
    story: Story, ask: Said, amount: int, *, before: dict[str, str], contested: int, payee: int
) -> Said:
    second, number = ask.second + 0.02, ask.data["tranche"]
    period = {"opened_at": instant(second), "deadline_at": instant(second + 1)}
    signed, named = story.terms["dispute"], {}
    if "ruling_ms" in signed:
        period["ruling_deadline_at"] = instant(second + 2)
        named = {"adjudicator": signed["adjudicator"]["party"]}
    told = {
        "tranche": number,
        "asset": ASSET,
        "amount": str(amount),
        "claim": ask.data["claim"]["amount"],
        "reason": ask.data["reason"],
        "evidence": ask.data.get("evidence", []),
        "before": before,
        "after": buckets(0, payee, contested=contested),
        "clause": _clause(story.terms["dispute"]),
        "rail": {"minimum": "1", "whole_only": False},
        "judged_at": instant(ask.second),
        "proposals_budget": story.terms["budget"]["proposals"],
        "timers": [],
        **period,
        **named,
    }
    opened = story.say(EVENTS, "dispute.opened", second, told, cause=ask.id)
    heard = {
        "tranche": number,
        "asset": ASSET,
        "contested": str(contested),
        "payer_claim": told["claim"],
        "generation": 1,
        "timers": [],
        **period,
    }
    story.say(
        DISPUTES, "dispute.registered", second + 0.02, heard, cause=opened.id, rests_on=opened
    )
    return opened


def _clause(signed: dict[str, Any]) -> dict[str, Any]:
    clause = {"silence_rule": signed["silence_rule"], "odd_unit": "payee"}
    if isinstance(signed["ending"], dict):
        return {**clause, "ending": "ratio", **signed["ending"]}
    fallback = {"fallback": signed["fallback"]} if "fallback" in signed else {}
    return {**clause, "ending": signed["ending"], **fallback}


def _lower(
    story: Story,
    party: str,
    second: float,
    claim: int,
    left: tuple[int, int | None, int],
    opened: Said,
    command_id: str,
) -> None:
    """Say a statement; `left` is the payer's claim, the payee's, and what is still contested."""
    asked = {"party": party, "claim": money(claim), "tranche": opened.data["tranche"]}
    story.say(CLAIMS, "claim.lower", second, asked, id=command_id, upstream="shop")
    told = {
        "by": "payee" if party == "bob" else "payer",
        "tranche": opened.data["tranche"],
        "asset": ASSET,
        "payer_claim": str(left[0]),
        "payee_claim": None if left[1] is None else str(left[1]),
        "contested": str(left[2]),
        "command_id": command_id,
        "judged_at": instant(second),
        "timers": [],
    }
    story.say(DISPUTES, "claim.stated", second + 0.02, told, cause=command_id, rests_on=opened)


def cut(
    story: Story,
    to: str,
    cause_of: str,
    second: float,
    amount: int,
    before: tuple[int, int, int],
    opened: Said,
    command_id: str,
    *,
    signed_by: str | None = None,
    clause: str | None = None,
    due_at: str | None = None,
) -> None:
    """Say an attribution because of `command_id`: by that act, by `signed_by`, or by a clause."""
    signer = "payer" if to == "payee" else "payee"
    signed = {"signer": signer, "basis": "live", "command_id": signed_by or command_id}
    if clause is not None:
        signed = {"signer": signer, "basis": "clause", "clause": clause}
    part = _part(opened, to, amount, before)
    attribute(
        story, to, cause_of, second, part, signed, cause=command_id, due_at=due_at, opened=opened
    )


def _execute(
    story: Story,
    to: str,
    second: float,
    amount: int,
    before: tuple[int, int, int],
    opened: Said,
    due: Said,
    clause: str,
) -> None:
    due_at, cause = opened.data["deadline_at"], "dispute_default"
    cut(story, to, cause, second, amount, before, opened, due.id, clause=clause, due_at=due_at)


def _part(opened: Said, to: str, amount: int, before: tuple[int, int, int]) -> dict[str, Any]:
    """Return what moves out of D; `before` is D, S and R."""
    contested, payee, payer = before
    gains = (amount, 0) if to == "payee" else (0, amount)
    return {
        "tranche": opened.data["tranche"],
        "amount": str(amount),
        "before": buckets(0, payee, payer, contested),
        "after": buckets(0, payee + gains[0], payer + gains[1], contested - amount),
    }


def _due(story: Story, number: int, second: float) -> Said:
    due = {"timer": "dispute", "tranche": number, "generation": 1, "due_at": instant(second)}
    return story.say(CLAIMS, "deadline.reached", second, due, id=f"due-{number}")


def _settle(
    story: Story, second: float, sums: tuple[int, int], opened: Said, command_id: str
) -> None:
    ended(story, "settled", second, sums, opened, command_id, due_at=None)


def ended(
    story: Story,
    ending: str,
    second: float,
    sums: tuple[int, int],
    opened: Said,
    cause: str,
    *,
    due_at: str | None = None,
) -> None:
    payee, payer = map(str, sums)
    told = {"tranche": opened.data["tranche"], "asset": ASSET, "payee": payee, "payer": payer}
    more = {"ending": ending, "judged_at": instant(second), "due_at": due_at, "timers": []}
    ended = story.say(
        DISPUTES, "dispute.ended", second + 0.02, told | more, cause=cause, rests_on=opened
    )
    story.say(EVENTS, "tranche.attributed", second + 0.04, told, cause=ended.id, rests_on=ended)
