"""Who holds the next move in a dispute, and until when: a refusal tells its asker (SPEC 4)."""

from collections.abc import Sequence
from datetime import datetime

from services.chassis.answers import Allowed
from services.disputes.domain.docket import Dispute, Docket, Role


def allowed(
    docket: Docket, disputes: Sequence[Dispute], party: str, t: datetime
) -> tuple[Allowed, ...]:
    """Return what ``party`` could do in these disputes at ``t``, each until the latest instant.

    The endings due by now are executed.
    """
    open_ones = [each for each in disputes if each.is_open]
    if docket.adjudicator is not None and party == docket.adjudicator.party:
        bounds = [each.ruling_deadline_at for each in open_ones if each.ruling_deadline_at]
        return (Allowed("ruling.submit", max(bounds)),) if bounds else ()
    role = docket.role_of(party)
    return () if role is None else _of_a_party(open_ones, role, t)


def _of_a_party(disputes: Sequence[Dispute], role: Role, t: datetime) -> tuple[Allowed, ...]:
    running = [each for each in disputes if t < each.deadline_at]
    if not running:
        return ()
    until = max(each.deadline_at for each in running)
    can = [Allowed("claim.lower", until), Allowed("proposal.make", until)]
    live = [proposal for each in running for proposal in each.live_proposals(t)]
    for name, by in (("proposal.accept", role.other), ("proposal.withdraw", role)):
        if expiries := [each.expires_at for each in live if each.by is by]:
            can.append(Allowed(name, max(expiries)))
    return tuple(can)
