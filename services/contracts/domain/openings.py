"""Opening a dispute: the payer claims back, admits the rest, and disputes take over (SPEC 6)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from schemas.refusals import Code
from schemas.values import Money, written
from services.chassis.answers import Applied, Refusal
from services.contracts.domain.acts import named_tranche
from services.contracts.domain.commands import At, OpenDispute
from services.contracts.domain.contract import Contract, Role, Tranche
from services.contracts.domain.events import (
    Authorisation,
    DisputeOpened,
    Event,
    FundsAttributed,
    Part,
)
from services.contracts.domain.grounds import flawed_money, not_in_effect


def judge_opening(contract: Contract, command: OpenDispute, at: At) -> Applied[Event] | Refusal:
    """Judge an opening: in time by ``at.t``, recorded at ``at.now``, where its period begins."""
    case = _case(contract, command, at.t)
    for rung in _LADDER:
        if refusal := rung(case):
            return refusal
    assert case.contested > 0
    return Applied((*_admission(case), _opened(case, at)))


@dataclass(frozen=True, slots=True)
class _Case:
    """An opening laid out, in minor units of the tranche."""

    contract: Contract
    command: OpenDispute
    t: datetime
    tranche: Tranche
    claim: int | None
    """``P*``; None when the amount is flawed."""
    admitted: int
    """What would settle at once; outside 0 to F the claim is out of bounds."""
    contested: int
    parts: int | None
    """What the rail's count would grant the dispute; None where it counts nothing."""

    @property
    def in_bounds(self) -> bool:
        return self.admitted >= 0 and self.contested >= 0

    def facts(self, **more: object) -> dict[str, str]:
        buckets = self.tranche.buckets
        named = {
            "tranche": self.tranche.number,
            "free": buckets.free,
            "claim_at_least": buckets.payer,
            "claim_at_most": self.tranche.amount - buckets.payee,
            **more,
        }
        return {name: str(fact) for name, fact in named.items()}


def _case(contract: Contract, command: OpenDispute, t: datetime) -> _Case:
    tranche = named_tranche(contract, command.tranche)
    assert tranche is not None
    buckets = tranche.buckets
    claim = command.claim.minor if isinstance(command.claim, Money) else None
    # On paper F is all that is neither S nor R; before effect the buckets are still empty.
    admitted = 0 if claim is None else tranche.amount - buckets.payee - claim
    contested = 0 if claim is None else claim - buckets.payer
    parts = _granted(contract, tranche, admitted)
    return _Case(contract, command, t, tranche, claim, admitted, contested, parts)


def _granted(contract: Contract, tranche: Tranche, admitted: int) -> int | None:
    """Return how many of the rail's parts a dispute gets: its ending's, and its share of spares.

    Contracts and disputes decide side by side, so what both may use is divided beforehand. Less
    than the ending's need means that the opening cannot be had.
    """
    bound = contract.clauses.rail.max_parts
    if bound is None:
        return None
    others = sum(1 for t in contract.tranches if t.buckets.free and t is not tranche)
    need = parts_to_end(contract)
    spare = bound - contract.parts - (1 if admitted > 0 else 0) - others - need
    return need + spare // (others + 1) if spare >= 0 else 0


def parts_to_end(contract: Contract) -> int:
    """Return how many instructions a dispute's signed ending may need; a ruling may divide."""
    clause, rail = contract.clauses.dispute, contract.clauses.rail
    divides = clause.ending == "external" or clause.ratio_bp not in (None, 0, 10_000)
    return 2 if divides and rail.partial == "many" else 1


def _admission(case: _Case) -> tuple[Event, ...]:
    if case.admitted == 0:
        return ()
    before = case.tranche.buckets
    after = replace(before, free=case.contested, payee=before.payee + case.admitted)
    return (
        FundsAttributed(
            to=Role.PAYEE,
            cause="admission",
            parts=(Part(case.tranche.number, case.admitted, before, after),),
            authorisation=Authorisation(
                Role.PAYER, "live", command_id=case.command.asked.command_id
            ),
            judged_at=case.t,
        ),
    )


def _opened(case: _Case, at: At) -> DisputeOpened:
    buckets, command = case.tranche.buckets, case.command
    assert case.claim is not None
    before = replace(buckets, free=case.contested, payee=buckets.payee + case.admitted)
    clause = case.contract.clauses.dispute
    deadline_at = at.now + timedelta(milliseconds=clause.period_ms)
    ruling = None if clause.ruling_ms is None else timedelta(milliseconds=clause.ruling_ms)
    return DisputeOpened(
        tranche=case.tranche.number,
        claim=case.claim,
        reason=command.reason,
        evidence=command.evidence,
        before=before,
        after=replace(before, free=0, contested=case.contested),
        parts=case.parts,
        opened_at=at.now,
        deadline_at=deadline_at,
        ruling_deadline_at=None if ruling is None else deadline_at + ruling,
        judged_at=at.t,
    )


# --- the ladder, in the order of SPEC section 4 -------------------------------------------------


def _amount_flawed(case: _Case) -> Refusal | None:
    return flawed_money({"claim": case.command.claim}, case.contract.clauses.asset)


def _rail(case: _Case) -> Refusal | None:
    # Before effect there is nothing to ask it of, whenever the command is read.
    if case.tranche.buckets.free == 0 or not_in_effect(case.contract, case.t):
        return None
    if not case.in_bounds or case.contested == 0:
        return None  # Who claims nothing asks nothing of the rail.
    rail = case.contract.clauses.rail
    if rail.partial != "many" and case.admitted > 0:
        return Refusal(
            Code.RAIL_CANNOT_HONOUR,
            "the rail settles the whole or nothing: claim all of it",
            case.facts(clause="rail.partial"),
        )
    if case.parts == 0:
        return Refusal(
            Code.RAIL_CANNOT_HONOUR,
            f"{case.contract.parts} of {rail.max_parts} parts are used and the endings need the"
            " rest: claim all of it, or end another tranche",
            case.facts(clause="rail.max_parts"),
        )
    return None


def _before_effect(case: _Case) -> Refusal | None:
    return not_in_effect(case.contract, case.t)


def _not_open(case: _Case) -> Refusal | None:
    """Refuse where nothing is free: over, disputed before, or all attributed, in this order."""
    tranche = case.tranche
    assert tranche.deadline_at is not None
    deadline_at = written(tranche.deadline_at)
    if case.t >= tranche.deadline_at and not tranche.in_dispute:
        return Refusal(
            Code.CHAIN_PERIOD_ENDED,
            f"the chain period of tranche {tranche.number} ended at {deadline_at}",
            case.facts(deadline_at=deadline_at, t=written(case.t)),
        )
    if (opening := tranche.opening) is not None:
        return Refusal(
            Code.DISPUTE_BUDGET_SPENT,
            f"tranche {tranche.number} was disputed at {written(opening.opened_at)}",
            case.facts(dispute_deadline_at=written(opening.deadline_at)),
        )
    if tranche.buckets.free == 0:
        return Refusal(
            Code.NOTHING_LEFT, f"nothing is free in tranche {tranche.number}", case.facts()
        )
    return None


def _dust(case: _Case) -> Refusal | None:
    minimum = case.contract.clauses.rail.minimum
    if not case.in_bounds or case.contested == 0:
        return None
    if case.contested >= minimum and (case.admitted == 0 or case.admitted >= minimum):
        return None
    buckets = case.tranche.buckets
    most = case.tranche.amount - buckets.payee
    facts = case.facts(minimum=minimum, claim_all=most)
    if buckets.free >= 2 * minimum:
        # Between these two every claim leaves both parts payable.
        facts |= {"claim_from": str(buckets.payer + minimum), "claim_to": str(most - minimum)}
    return Refusal(
        Code.DUST_REMAINDER,
        f"what is admitted and what is contested must each be 0 or at least {minimum}",
        facts,
    )


def _out_of_bounds(case: _Case) -> Refusal | None:
    if case.in_bounds:
        return None
    facts = case.facts()
    return Refusal(
        Code.CLAIM_OUT_OF_BOUNDS,
        f"a claim is a total from {facts['claim_at_least']} to {facts['claim_at_most']}",
        facts,
    )


def _nothing_contested(case: _Case) -> Refusal | None:
    if case.contested > 0:
        return None
    return Refusal(
        Code.NO_CHANGE,
        "who claims nothing beyond what is attributed does not dispute: release instead",
        case.facts(),
    )


_LADDER: Final[tuple[Callable[[_Case], Refusal | None], ...]] = (
    _amount_flawed,
    _rail,
    _before_effect,
    _not_open,
    _dust,
    _out_of_bounds,
    _nothing_contested,
)
