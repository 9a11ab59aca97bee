"""Apply one event to the state; conservation is asserted before and after each."""

from dataclasses import replace
from typing import Literal

from services.disputes.domain.docket import Dispute, Docket, Proposal, Role
from services.disputes.domain.events import (
    ClaimStated,
    DisputeEnded,
    DisputeRegistered,
    Event,
    FundsAttributed,
    ProposalAccepted,
    ProposalMade,
    ProposalsVoided,
    ProposalWithdrawn,
    RulingMade,
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


def _next(dispute: Dispute, event: Event) -> Dispute:
    match event:
        case ClaimStated(by=Role.PAYER, claim=claim):
            return replace(dispute, payer_claim=claim)
        case ClaimStated(claim=claim):
            return replace(dispute, payee_claim=claim)
        case ProposalMade(proposal=proposal):
            return replace(
                dispute,
                payee_proposed=dispute.payee_proposed or proposal.by is Role.PAYEE,
                proposals=(*dispute.proposals, proposal),
            )
        case ProposalAccepted(proposal=proposal):
            return _with_fate(dispute, proposal, "accepted")
        case ProposalWithdrawn(proposal=proposal):
            return _with_fate(dispute, proposal, "withdrawn")
        case ProposalsVoided() | RulingMade():
            return dispute  # What is attributed with it tells it in the buckets.
        case FundsAttributed():
            assert_loser_signed(event)
            assert event.before == dispute.buckets
            return replace(dispute, buckets=event.after, parts_used=dispute.parts_used + 1)
        case DisputeEnded(ending=ending):
            assert dispute.ending is None
            return replace(dispute, ending=ending)
        case _:
            raise AssertionError("a dispute is registered before anything happens to it")


def _with_fate(
    dispute: Dispute, proposal: Proposal, fate: Literal["accepted", "withdrawn"]
) -> Dispute:
    assert proposal in dispute.proposals
    assert proposal.fate is None
    changed = replace(proposal, fate=fate)
    return replace(
        dispute,
        proposals=tuple(changed if each is proposal else each for each in dispute.proposals),
    )
