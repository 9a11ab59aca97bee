"""What a decision is: what time itself had decided before, and the answer."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from schemas.refusals import Code
from services.contracts.domain.commands import FirstAnswer
from services.contracts.domain.contract import ON_OFFER, Contract, Role, Status, by_deadline
from services.contracts.domain.events import Event


@dataclass(frozen=True, slots=True)
class Allowed:
    """Something the asker could do now, and until when."""

    command: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """Yes: these events, in this order. Empty for a message without effect."""

    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """No: why, the facts it rests on, and what is allowed now."""

    code: Code
    detail: str
    facts: dict[str, str] = field(default_factory=dict)
    allowed: tuple[Allowed, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Judged before: here is the first answer."""

    first: FirstAnswer


Outcome = Applied | Refusal | Duplicate

_ACT: Final = {Role.PAYER: "funds.release", Role.PAYEE: "funds.return"}


@dataclass(frozen=True, slots=True)
class Decision:
    """``due`` came of the clock alone and stands whatever ``outcome`` is."""

    outcome: Outcome
    due: tuple[Event, ...] = ()


def allowed(contract: Contract | None, role: Role | None, t: datetime) -> tuple[Allowed, ...]:
    """Return what ``role`` could do at ``t``, and until when (SPEC section 4)."""
    if contract is None or role is None:
        return ()
    if contract.status in ON_OFFER:
        until = contract.offer_expires_at
        if t >= until:
            return ()
        names = ["contract.decline"]
        if role not in contract.accepted_by:
            names.insert(0, "contract.accept")
        return tuple(Allowed(name, until) for name in names)
    if contract.status is not Status.EFFECTIVE:
        return ()
    can: list[Allowed] = []
    if open_until := [
        deadline_at
        for deadline_at, tranche in by_deadline(contract)
        if tranche.buckets.free > 0 and t < deadline_at
    ]:
        can.append(Allowed(_ACT[role], open_until[-1]))
        if role is Role.PAYER:
            can.append(Allowed("dispute.open", open_until[-1]))
    if disputed_until := [
        tranche.opening.deadline_at
        for tranche in contract.tranches
        if tranche.opening is not None and tranche.in_dispute and t < tranche.opening.deadline_at
    ]:
        can.append(Allowed("claim.lower", max(disputed_until)))
    return tuple(can)


def written(instant: datetime) -> str:
    """Return an instant as facts show it: UTC, to the microsecond, as on the wire."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
