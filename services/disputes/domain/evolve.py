"""Apply one event to the state; conservation is asserted before and after each."""

from dataclasses import replace

from services.disputes.domain.docket import Dispute, Docket, Role
from services.disputes.domain.events import (
    ClaimStated,
    DisputeEnded,
    DisputeRegistered,
    Event,
    FundsAttributed,
)
from services.disputes.domain.invariants import (
    assert_conserved,
    assert_loser_signed,
    assert_sound,
)


def evolve(docket: Docket, event: Event) -> Docket:
    """Return the docket after ``event``; AssertionError when an invariant would break."""
    before = docket.dispute_of(event.tranche)
    if isinstance(event, DisputeRegistered):
        assert before is None, "a tranche is disputed once"
        assert_sound(event.dispute)
        disputes = sorted((*docket.disputes, event.dispute), key=lambda each: each.tranche)
        return replace(docket, disputes=tuple(disputes))
    assert before is not None
    after = _next(before, event)
    assert_conserved(before, after)
    return replace(
        docket, disputes=tuple(after if each is before else each for each in docket.disputes)
    )


def _next(dispute: Dispute, event: ClaimStated | FundsAttributed | DisputeEnded) -> Dispute:
    match event:
        case ClaimStated(by=Role.PAYER, claim=claim):
            return replace(dispute, payer_claim=claim)
        case ClaimStated(claim=claim):
            return replace(dispute, payee_claim=claim)
        case FundsAttributed():
            assert_loser_signed(event)
            assert event.before == dispute.buckets
            return replace(dispute, buckets=event.after, parts_used=dispute.parts_used + 1)
        case DisputeEnded(ending=ending):
            assert dispute.ending is None
            return replace(dispute, ending=ending)
