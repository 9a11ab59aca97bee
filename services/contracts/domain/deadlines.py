"""Extend and advance: a party moves a deadline, always in the other's favour (SPEC section 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.refusals import Code
from schemas.values import written
from services.chassis.answers import Applied, Refusal
from services.contracts.domain.acts import named_tranche
from services.contracts.domain.commands import At, MoveDeadline
from services.contracts.domain.contract import Caps, Contract, Role, Tranche
from services.contracts.domain.events import DeadlineMoved, Event
from services.contracts.domain.grounds import not_in_effect

_MS: Final = timedelta(milliseconds=1)


def judge_deadline(contract: Contract, command: MoveDeadline, at: At) -> Applied[Event] | Refusal:
    """Judge a move at ``at.t``; arrivals due by then are already executed."""
    tranche = named_tranche(contract, command.tranche)
    assert tranche is not None
    case = _Case(contract, command, at.t, tranche)
    for rung in _LADDER:
        if refusal := rung(case):
            return refusal
    return Applied((_moved(case),))


def may_move(tranche: Tranche, role: Role, caps: Caps) -> bool:
    """Tell whether the caps leave ``role`` anything to move the deadline of ``tranche``."""
    assert tranche.deadline_at is not None
    if role is Role.PAYEE:
        bound = _latest(tranche, caps)
        return bound is not None and tranche.deadline_at < bound
    bound = _earliest(tranche, caps)
    return bound is None or bound < tranche.deadline_at


@dataclass(frozen=True, slots=True)
class _Case:
    """A move laid out."""

    contract: Contract
    command: MoveDeadline
    t: datetime
    tranche: Tranche

    @property
    def deadline_at(self) -> datetime:
        assert self.tranche.deadline_at is not None
        return self.tranche.deadline_at

    @property
    def extends(self) -> bool:
        return self.command.signer is Role.PAYEE

    def facts(self, **more: datetime) -> dict[str, str]:
        named = {"deadline_at": self.deadline_at, "to": self.command.to, **more}
        return {"tranche": str(self.tranche.number)} | {k: written(v) for k, v in named.items()}


def _latest(tranche: Tranche, caps: Caps) -> datetime | None:
    """Return the last instant to which the payee may extend; None where that is not offered."""
    if caps.extend_ms is None:
        return None
    return _first(tranche) + caps.extend_ms * _MS


def _earliest(tranche: Tranche, caps: Caps) -> datetime | None:
    """Return the first instant to which the payer may advance; None where nothing bounds it."""
    if caps.advance_ms is None:
        return None
    return _first(tranche) - caps.advance_ms * _MS


def _first(tranche: Tranche) -> datetime:
    first = tranche.first_deadline_at or tranche.deadline_at
    assert first is not None
    return first


def _moved(case: _Case) -> DeadlineMoved:
    return DeadlineMoved(
        by=case.command.signer,
        command_id=case.command.asked.command_id,
        tranche=case.tranche.number,
        before=case.deadline_at,
        after=case.command.to,
        first_deadline_at=_first(case.tranche),
        judged_at=case.t,
    )


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _act_budget(case: _Case) -> Refusal | None:
    budget, signer = case.contract.clauses.acts_budget, case.command.signer
    if case.tranche.acts(signer) < budget:
        return None
    number = case.tranche.number
    return Refusal(
        Code.ACT_BUDGET_SPENT,
        f"the {signer} has used its {budget} acts on tranche {number}",
        {"budget": str(budget), "tranche": str(number)},
    )


def _before_effect(case: _Case) -> Refusal | None:
    return not_in_effect(case.contract, case.t)


def _not_open(case: _Case) -> Refusal | None:
    """Refuse where no money waits for the deadline: over, in dispute, or all attributed."""
    number, opening = case.tranche.number, case.tranche.opening
    if opening is not None and case.tranche.in_dispute:
        return Refusal(
            Code.IN_DISPUTE,
            f"tranche {number} is in dispute, whose deadline nothing moves",
            case.facts(dispute_deadline_at=opening.deadline_at),
        )
    if case.t >= case.deadline_at:
        return Refusal(
            Code.CHAIN_PERIOD_ENDED,
            f"the chain period of tranche {number} ended at {written(case.deadline_at)}",
            case.facts(t=case.t),
        )
    if case.tranche.buckets.free == 0:
        return Refusal(Code.NOTHING_LEFT, f"nothing is free in tranche {number}", case.facts())
    return None


def _past(case: _Case) -> Refusal | None:
    if case.command.to > case.t:
        return None
    return Refusal(Code.DEADLINE_PAST, "that instant is not to come any more", case.facts(t=case.t))


def _wrong_way(case: _Case) -> Refusal | None:
    if case.extends and case.command.to < case.deadline_at:
        return Refusal(
            Code.DEADLINE_ONLY_LATER, "the payee moves a deadline later only", case.facts()
        )
    if not case.extends and case.command.to > case.deadline_at:
        return Refusal(
            Code.DEADLINE_ONLY_EARLIER, "the payer moves a deadline earlier only", case.facts()
        )
    return None


def _beyond_cap(case: _Case) -> Refusal | None:
    caps, to = case.contract.clauses.caps, case.command.to
    if case.extends:
        bound = _latest(case.tranche, caps)
        if bound is None:
            return Refusal(Code.BEYOND_CAP, "the terms offer no extension", case.facts())
        if to > bound:
            detail = f"the terms allow extensions until {written(bound)}"
            return Refusal(Code.BEYOND_CAP, detail, case.facts(latest=bound))
        return None
    bound = _earliest(case.tranche, caps)
    if bound is not None and to < bound:
        detail = f"the terms allow advances until {written(bound)}"
        return Refusal(Code.BEYOND_CAP, detail, case.facts(earliest=bound))
    return None


def _unmoved(case: _Case) -> Refusal | None:
    if case.command.to != case.deadline_at:
        return None
    return Refusal(Code.NO_CHANGE, "that is the deadline already", case.facts())


_LADDER: Final[tuple[Callable[[_Case], Refusal | None], ...]] = (
    _act_budget,
    _before_effect,
    _not_open,
    _past,
    _wrong_way,
    _beyond_cap,
    _unmoved,
)
