"""What the parties of a contract could do now: a refusal tells its asker."""

from datetime import datetime
from typing import Final

from services.chassis.answers import Allowed
from services.contracts.domain.contract import ON_OFFER, Contract, Role, Status, by_deadline

_ACT: Final = {Role.PAYER: "funds.release", Role.PAYEE: "funds.return"}


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
