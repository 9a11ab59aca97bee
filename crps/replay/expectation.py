"""Whether a contract ended as it had to: as the data planned it, and as the law judges its acts.

Two yardsticks. The plan holds for contracts whose commands and payment reached the broker on the
side of their deadline where the data puts them, and not close to it. The law holds for every
contract, to the last unit: what was appended before the deadline counts, what was appended at it
or later does not, however close (SPEC section 5). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from crps.audit.history import History, Role
from crps.replay.campaign import CommandKind, Deal, PlayedCommand
from crps.replay.measures import outcome
from crps.replay.plan import Outcome, expected_outcome
from crps.replay.schedule import NEAR
from crps.replay.split import planned_split

Standing = Literal["comparable", "near", "displaced"]

_OF_CONTRACTS: Final[frozenset[CommandKind]] = frozenset({"release", "return", "open"})
_ANSWERS: Final[frozenset[CommandKind]] = frozenset({"answer"})


@dataclass(frozen=True, slots=True)
class Ruling:
    """One contract against both yardsticks; `breach` says what differs, None if nothing does."""

    standing: Standing
    planned: Outcome
    actual: Outcome | None
    breach: str | None


def rule(
    deal: Deal,
    history: History,
    append_times: Mapping[str, datetime],
    near: timedelta | None = NEAR,
) -> Ruling:
    """Compare a contract that was played with how it ended, and with who got how much.

    `append_times` are the auditor's, by command id; they stand before the driver's own acks, which
    may be those of a repetition. `near` is None where the clock stood still for every act.
    """
    commands = [
        (played, append_times.get(played.id, played.appended_at)) for played in deal.commands
    ]
    standing = _standing(deal, history, commands, near)
    planned = expected_outcome(deal.plan)
    actual = outcome(history)
    breach = None
    if actual is not None:
        lawful = _by_law(history, commands)
        got = _Lawful(actual, _sum_to(history, "payee"), _sum_to(history, "payer"))
        if actual != lawful.outcome:
            breach = f"ended {actual}; by its append times it must be {lawful.outcome}"
        elif got != lawful:
            breach = f"{_say(got)}; by its append times {_say(lawful)}"
        elif standing == "comparable" and actual != planned:
            breach = f"ended {actual}; the data says {planned}"
        elif standing == "comparable" and (got.payee, got.payer) != planned_split(deal.plan):
            breach = f"{_say(got)}; the data says otherwise"
    return Ruling(
        standing, planned, actual, None if breach is None else f"{deal.contract_id} {breach}"
    )


def is_near(
    appended_at: datetime | None,
    deadline_at: datetime | None,
    near: timedelta | None = NEAR,
) -> bool:
    """Tell whether a command came within `near` of its deadline, before or after it."""
    if appended_at is None or deadline_at is None or near is None:
        return False
    return abs(appended_at - deadline_at) <= near


_Commands = Sequence[tuple[PlayedCommand, datetime | None]]


@dataclass(frozen=True, slots=True)
class _Lawful:
    """How a contract must end, and how much of it each side must get, in minor units."""

    outcome: Outcome
    payee: int
    payer: int


def _standing(
    deal: Deal, history: History, commands: _Commands, near: timedelta | None
) -> Standing:
    if is_near(deal.pay_at, deal.offer_expires_at, near):
        return "near"
    if not history.deadlines:
        return "comparable"
    if any(is_near(appended_at, played.deadline_at, near) for played, appended_at in commands):
        return "near"
    for played, appended_at in commands:
        if appended_at is None or played.in_time != (appended_at < played.deadline_at):
            return "displaced"
    return "comparable"


def _by_law(history: History, commands: _Commands) -> _Lawful:
    if history.effective_at is None:
        return _Lawful("lapsed", 0, 0)
    deadline_at = max(history.deadlines)
    free, payee, payer = history.total, 0, 0
    last: Outcome = "arrived"
    for played in _in_time(commands, _OF_CONTRACTS, deadline_at):
        amount = free if played.amount == "ALL" else played.amount
        if played.kind == "open":
            # R <= P* <= T - S, and something must be contested (SPEC section 6).
            if payer < amount <= history.total - payee:
                return _disputed(history, commands, amount)
        elif 0 < amount <= free:
            free -= amount
            if played.kind == "release":
                last, payee = "released", payee + amount
            else:
                last, payer = "returned", payer + amount
    return _Lawful("arrived", payee + free, payer) if free > 0 else _Lawful(last, payee, payer)


def _disputed(history: History, commands: _Commands, claim: int) -> _Lawful:
    """Return what becomes of a total of which the payer claims `claim`, and the rest is admitted.

    By the terms of every replayed order: a silent payee loses what is contested, one that answered
    gets all that it did not give up (SPEC section 6).
    """
    answers: list[PlayedCommand] = []
    for dispute in history.disputes:
        answers += _in_time(commands, _ANSWERS, dispute.deadline_at, dispute.opened_at)
    if not answers:
        return _Lawful("disputed", history.total - claim, claim)
    kept = answers[0].amount
    assert kept != "ALL"
    return _Lawful("disputed", kept, history.total - kept)


def _in_time(
    commands: _Commands,
    kinds: frozenset[CommandKind],
    end: datetime,
    begin: datetime | None = None,
) -> list[PlayedCommand]:
    """Return the commands of these kinds appended in ``[begin, end)``, in that order."""
    found = [
        (appended_at, number, played)
        for number, (played, appended_at) in enumerate(commands)
        if played.kind in kinds
        and appended_at is not None
        and (begin is None or begin <= appended_at)
        and appended_at < end
    ]
    return [played for _, _, played in sorted(found, key=lambda command: command[:2])]


def _sum_to(history: History, side: Role) -> int:
    return sum(decided.amount for decided in history.attributions if decided.to == side)


def _say(lawful: _Lawful) -> str:
    return f"{lawful.payee} to the payee and {lawful.payer} to the payer"
