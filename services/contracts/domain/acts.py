"""Release and return: each party's one power, to give up money early (SPEC section 4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.refusals import Code, rank
from schemas.values import Money, written
from services.chassis.answers import Applied, Refusal
from services.contracts.domain.commands import ALL, At, Move
from services.contracts.domain.contract import Contract, Role, Tranche
from services.contracts.domain.dust import is_payable, nearest_payable
from services.contracts.domain.events import Authorisation, Event, FundsAttributed, Part
from services.contracts.domain.grounds import flawed_money, not_in_effect


def judge_move(contract: Contract, command: Move, at: At) -> Applied[Event] | Refusal:
    """Judge a release or a return at ``at.t``; arrivals due by then are already executed."""
    draw = _draw(contract, command, at.t)
    for rung in _LADDER:
        if refusal := rung(draw):
            return refusal
    assert draw.plan
    event = FundsAttributed(
        to=command.to,
        cause="release" if command.to is Role.PAYEE else "return",
        parts=tuple(_part(tranche, x, command.to) for tranche, x in draw.plan),
        authorisation=Authorisation(command.signer, "live", command_id=command.asked.command_id),
        judged_at=at.t,
    )
    return Applied((event,))


def find_tranche(contract: Contract, named: int | str | None) -> tuple[Tranche, ...] | None:
    """Return what a command's ``tranche`` means: one, or all; None when there is no such one."""
    if named is None:
        return contract.tranches
    for tranche in contract.tranches:
        if named in (tranche.number, tranche.name):
            return (tranche,)
    return None


def named_tranche(contract: Contract, named: int | str | None) -> Tranche | None:
    """Return the one tranche that a command must name where there are several; None if not so."""
    found = find_tranche(contract, named)
    return found[0] if found is not None and len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Draw:
    """An act laid out: what it may draw on, in order, and what it would take from each."""

    contract: Contract
    command: Move
    t: datetime
    scope: tuple[Tranche, ...]
    """The tranches it speaks of, in drawing order."""
    free: int
    """F it may draw on."""
    x: int | None
    """What it would move: None when the amount is flawed, not above 0 when already met."""
    plan: tuple[tuple[Tranche, int], ...]
    """What it takes from each tranche; empty when it cannot be had."""

    def facts(self, **more: object) -> dict[str, str]:
        named = {"remaining": self.free, **more}
        return {name: str(fact) for name, fact in named.items()}


def _draw(contract: Contract, command: Move, t: datetime) -> _Draw:
    scope = find_tranche(contract, command.tranche)
    assert scope is not None
    if contract.effective_at is not None:
        # Releases take the earliest deadline first, returns the latest (SPEC section 4).
        scope = tuple(sorted(scope, key=_deadline_order, reverse=command.to is Role.PAYER))
    free = sum(tranche.buckets.free for tranche in scope)
    x = _wanted(command, scope, free, contract.clauses.asset)
    plan: list[tuple[Tranche, int]] = []
    if x is not None and 0 < x <= free:
        left = x
        for tranche in scope:
            take = min(left, tranche.buckets.free)
            if take:
                plan.append((tranche, take))
            left -= take
    return _Draw(contract, command, t, scope, free, x, tuple(plan))


def _deadline_order(tranche: Tranche) -> tuple[datetime, int]:
    assert tranche.deadline_at is not None
    return tranche.deadline_at, tranche.number


def _wanted(command: Move, scope: tuple[Tranche, ...], free: int, asset: str) -> int | None:
    if command.amount == ALL:
        return free
    stated = command.to_total if command.amount is None else command.amount
    if not isinstance(stated, Money) or stated.asset != asset:
        return None
    given = 0 if stated is command.amount else sum(_given(tr, command.to) for tr in scope)
    return stated.minor - given


def _given(tranche: Tranche, to: Role) -> int:
    if tranche.opening is not None:
        # What disputes gave since may be read early or late; lateness must not change an act.
        return tranche.opening.given(to)
    return tranche.buckets.payee if to is Role.PAYEE else tranche.buckets.payer


def _part(tranche: Tranche, x: int, to: Role) -> Part:
    before = tranche.buckets
    if to is Role.PAYEE:
        after = replace(before, free=before.free - x, payee=before.payee + x)
    else:
        after = replace(before, free=before.free - x, payer=before.payer + x)
    return Part(tranche.number, x, before, after)


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _act_budget(draw: _Draw) -> Refusal | None:
    if draw.command.amount == ALL:
        return None
    budget, signer = draw.contract.clauses.acts_budget, draw.command.signer
    touched: tuple[Tranche, ...]
    if draw.plan:
        # What ends a tranche always passes.
        touched = tuple(t for t, x in draw.plan if x < t.buckets.free)
    elif len(draw.scope) == 1:
        touched = draw.scope
    else:
        touched = tuple(t for t in draw.scope if t.buckets.free)
    for tranche in touched:
        if tranche.acts(signer) >= budget:
            return Refusal(
                Code.ACT_BUDGET_SPENT,
                f"the {signer} has used its {budget} acts on tranche {tranche.number}",
                draw.facts(budget=budget, tranche=tranche.number),
            )
    return None


def _amount_flawed(draw: _Draw) -> Refusal | None:
    command = draw.command
    stated = {
        "amount": command.amount,
        "to_total": command.to_total,
        "expected_remaining": command.expected_remaining,
    }
    return flawed_money(stated, draw.contract.clauses.asset, must_move="amount")


def _rail(draw: _Draw) -> Refusal | None:
    # Before effect there is nothing to ask it of, whenever the command is read.
    if not draw.plan or not_in_effect(draw.contract, draw.t):
        return None
    contract, rail = draw.contract, draw.contract.clauses.rail
    if rail.partial != "many" and draw.x != contract.total:
        return Refusal(
            Code.RAIL_CANNOT_HONOUR,
            "the rail settles the whole or nothing: use ALL",
            draw.facts(clause="rail.partial"),
        )
    ended = sum(1 for tranche, x in draw.plan if x == tranche.buckets.free)
    still_open = sum(1 for tranche in contract.tranches if tranche.buckets.free) - ended
    if rail.max_parts is not None and contract.parts + 1 + still_open > rail.max_parts:
        return Refusal(
            Code.RAIL_CANNOT_HONOUR,
            f"{contract.parts} of {rail.max_parts} parts are used and {still_open} must be kept"
            " for the deadlines: end a tranche instead",
            draw.facts(clause="rail.max_parts"),
        )
    return None


def _before_effect(draw: _Draw) -> Refusal | None:
    return not_in_effect(draw.contract, draw.t)


def _nothing_free(draw: _Draw) -> Refusal | None:
    """Refuse when no tranche has anything free; the last of the reasons against them."""
    if draw.free:
        return None
    tranche = max(draw.scope, key=lambda tranche: rank(_why_empty(draw, tranche)))
    code = _why_empty(draw, tranche)
    ended_at = written(_deadline(tranche))
    facts = draw.facts(tranche=tranche.number, deadline_at=ended_at)
    detail = f"nothing is free in tranche {tranche.number}"
    if code is Code.IN_DISPUTE:
        assert tranche.opening is not None
        facts["dispute_deadline_at"] = written(tranche.opening.deadline_at)
        detail = f"tranche {tranche.number} is in dispute: claim.lower there does the same"
    elif code is not Code.NOTHING_LEFT:
        facts |= {"t": written(draw.t), "arrived": str(tranche.arrived)}
        detail = f"the chain period of tranche {tranche.number} ended at {ended_at}"
    return Refusal(code, detail, facts)


def _why_empty(draw: _Draw, tranche: Tranche) -> Code:
    if tranche.in_dispute:
        return Code.IN_DISPUTE
    if draw.t < _deadline(tranche):
        return Code.NOTHING_LEFT
    if draw.command.to is Role.PAYEE and tranche.arrived:
        return Code.ALREADY_ARRIVED
    return Code.CHAIN_PERIOD_ENDED


def _deadline(tranche: Tranche) -> datetime:
    assert tranche.deadline_at is not None
    return tranche.deadline_at


def _too_much(draw: _Draw) -> Refusal | None:
    if draw.x is not None and draw.x > draw.free:
        return Refusal(
            Code.INSUFFICIENT_REMAINDER,
            f"{draw.x} asked, {draw.free} free",
            draw.facts(asked=draw.x),
        )
    return None


def _unexpected(draw: _Draw) -> Refusal | None:
    expected = draw.command.expected_remaining
    if isinstance(expected, Money) and expected.minor != draw.free:
        return Refusal(
            Code.PRECONDITION_FAILED,
            f"{expected.minor} expected, {draw.free} free",
            draw.facts(expected_remaining=expected.minor),
        )
    return None


def _dust(draw: _Draw) -> Refusal | None:
    minimum = draw.contract.clauses.rail.minimum
    frees = [tranche.buckets.free for tranche in draw.scope if tranche.buckets.free]
    if draw.x is None or draw.x <= 0 or is_payable(draw.x, frees, minimum):
        return None
    below, above = nearest_payable(draw.x, frees, minimum)
    facts = draw.facts(asked=draw.x, minimum=minimum, at_least=above)
    if below is not None:
        facts["at_most"] = str(below)
    return Refusal(
        Code.DUST_REMAINDER,
        f"the rail pays nothing below {minimum}, and each rest must be 0 or as much",
        facts,
    )


def _met_already(draw: _Draw) -> Refusal | None:
    if draw.x is not None and draw.x <= 0:
        return Refusal(Code.NO_CHANGE, "the total is reached already", draw.facts())
    return None


_LADDER: Final[tuple[Callable[[_Draw], Refusal | None], ...]] = (
    _act_budget,
    _amount_flawed,
    _rail,
    _before_effect,
    _nothing_free,
    _too_much,
    _unexpected,
    _dust,
    _met_already,
)
