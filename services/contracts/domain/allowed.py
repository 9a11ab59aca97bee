"""What the parties of a contract could do now: a refusal tells its asker."""

from datetime import datetime
from typing import Final

from services.chassis.answers import Allowed
from services.contracts.domain.contract import ON_OFFER, Contract, Role, Status, by_deadline
from services.contracts.domain.deadlines import may_move

_ACT: Final = {Role.PAYER: "funds.release", Role.PAYEE: "funds.return"}
_MOVE: Final = {Role.PAYER: "deadline.advance", Role.PAYEE: "deadline.extend"}


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
    still_open = [
        (deadline_at, tranche)
        for deadline_at, tranche in by_deadline(contract)
        if tranche.buckets.free > 0 and t < deadline_at
    ]
    if still_open:
        can.append(Allowed(_ACT[role], still_open[-1][0]))
        if role is Role.PAYER:
            can.append(Allowed("dispute.open", still_open[-1][0]))
    caps = contract.clauses.caps
    if movable := [until for until, tranche in still_open if may_move(tranche, role, caps)]:
        can.append(Allowed(_MOVE[role], movable[-1]))
    if disputed_until := [
        tranche.opening.deadline_at
        for tranche in contract.tranches
        if tranche.opening is not None and tranche.in_dispute and t < tranche.opening.deadline_at
    ]:
        can.append(Allowed("claim.lower", max(disputed_until)))
    return tuple(can)
