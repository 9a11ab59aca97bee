"""Who holds the next move in a dispute, and until when: a refusal tells its asker (SPEC 4)."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.answers import Allowed
from services.disputes.domain.docket import Dispute, Role


def allowed(disputes: Iterable[Dispute], role: Role | None, t: datetime) -> tuple[Allowed, ...]:
    """Return what ``role`` could do in these disputes at ``t``, each until the latest instant.

    The endings due by now are executed.
    """
    if role is None:
        return ()
    open_ones = [each for each in disputes if each.is_open and t < each.deadline_at]
    if not open_ones:
        return ()
    live = [each for dispute in open_ones for each in dispute.live_proposals(t)]
    until = max(each.deadline_at for each in open_ones)
    can = [Allowed("claim.lower", until), Allowed("proposal.make", until)]
    for name, by in (("proposal.accept", role.other), ("proposal.withdraw", role)):
        if expiries := [each.expires_at for each in live if each.by is by]:
            can.append(Allowed(name, max(expiries)))
    return tuple(can)
