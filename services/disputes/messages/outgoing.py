"""To the wire: the domain's events, each in its released version."""

from pydantic import BaseModel

from schemas import contracts_v1, disputes_v1, proposals_v1, rulings_v1
from schemas.envelope import RestsOn
from schemas.topics import CONTRACTS_EVENTS
from schemas.values import Money
from services.disputes.domain import events
from services.disputes.domain.docket import Buckets, Dispute, Docket, waiting_timers


def say(event: events.Event, after: Docket) -> tuple[str, BaseModel, RestsOn]:
    """Return the wire type and body of ``event``, and the opening that it rests on.

    ``after`` is the docket it led to.
    """
    dispute = after.dispute_of(event.tranche)
    assert dispute is not None
    rests_on = RestsOn(topic=CONTRACTS_EVENTS.name, sequence=dispute.opening_sequence)
    wire_type, body = _told(event, dispute, after)
    return wire_type, body, rests_on


def _told(event: events.Event, dispute: Dispute, after: Docket) -> tuple[str, BaseModel]:
    match event:
        case events.DisputeRegistered():
            return "crps.dispute.registered.v1", _registered(dispute, after)
        case events.ClaimStated():
            return "crps.claim.stated.v1", _stated(event, dispute, after)
        case events.ProposalMade():
            return "crps.proposal.made.v1", _made(event, after)
        case events.ProposalAccepted():
            return "crps.proposal.accepted.v1", _accepted(event, after.asset)
        case events.ProposalWithdrawn():
            return "crps.proposal.withdrawn.v1", _withdrawn(event)
        case events.ProposalsVoided():
            return "crps.proposal.voided.v1", _voided(event, dispute, after.asset)
        case events.RulingMade():
            return "crps.ruling.made.v1", _ruled(event, after.asset)
        case events.FundsAttributed():
            return "crps.funds.attributed.v1", _attributed(event, after)
        case events.DisputeEnded():
            return "crps.dispute.ended.v1", _ended(event, dispute, after)


def _registered(dispute: Dispute, after: Docket) -> disputes_v1.DisputeRegistered:
    return disputes_v1.DisputeRegistered(
        tranche=dispute.tranche,
        asset=after.asset,
        contested=dispute.buckets.contested,
        payer_claim=dispute.payer_claim,
        generation=dispute.generation,
        opened_at=dispute.opened_at,
        deadline_at=dispute.deadline_at,
        ruling_deadline_at=dispute.ruling_deadline_at,
        timers=_timers(after),
    )


def _stated(event: events.ClaimStated, dispute: Dispute, after: Docket) -> disputes_v1.ClaimStated:
    return disputes_v1.ClaimStated(
        by=event.by.value,
        tranche=event.tranche,
        asset=after.asset,
        payer_claim=dispute.payer_claim,
        payee_claim=dispute.payee_claim,
        contested=event.contested,
        command_id=event.command_id,
        judged_at=event.judged_at,
        timers=_timers(after),
    )


def _made(event: events.ProposalMade, after: Docket) -> proposals_v1.ProposalMade:
    proposal = event.proposal
    return proposals_v1.ProposalMade(
        by=proposal.by.value,
        tranche=event.tranche,
        asset=after.asset,
        proposal=proposal.name,
        to_payee=proposal.to_payee,
        to_payer=proposal.to_payer,
        expires_at=proposal.expires_at,
        command_id=proposal.command_id,
        judged_at=event.judged_at,
        timers=_timers(after),
    )


def _accepted(event: events.ProposalAccepted, asset: str) -> proposals_v1.ProposalAccepted:
    proposal = event.proposal
    return proposals_v1.ProposalAccepted(
        by=proposal.by.other.value,
        tranche=event.tranche,
        asset=asset,
        proposal=proposal.name,
        to_payee=proposal.to_payee,
        to_payer=proposal.to_payer,
        command_id=event.command_id,
        judged_at=event.judged_at,
    )


def _withdrawn(event: events.ProposalWithdrawn) -> proposals_v1.ProposalWithdrawn:
    return proposals_v1.ProposalWithdrawn(
        by=event.proposal.by.value,
        tranche=event.tranche,
        proposal=event.proposal.name,
        command_id=event.command_id,
        judged_at=event.judged_at,
    )


def _voided(
    event: events.ProposalsVoided, dispute: Dispute, asset: str
) -> proposals_v1.ProposalVoided:
    return proposals_v1.ProposalVoided(
        tranche=event.tranche,
        asset=asset,
        proposals=list(event.names),
        contested=dispute.buckets.contested,
        judged_at=event.judged_at,
    )


def _ruled(event: events.RulingMade, asset: str) -> rulings_v1.RulingMade:
    return rulings_v1.RulingMade(
        adjudicator=event.adjudicator,
        tranche=event.tranche,
        asset=asset,
        payee_total=event.payee_total,
        to_payee=event.to_payee,
        to_payer=event.to_payer,
        command_id=event.command_id,
        judged_at=event.judged_at,
    )


def _attributed(event: events.FundsAttributed, after: Docket) -> contracts_v1.FundsAttributed:
    authorisation = event.authorisation
    return contracts_v1.FundsAttributed(
        to=event.to.value,
        cause=event.cause,
        kind="subjective" if authorisation.basis == "live" else "automatic",
        money=Money(event.amount, after.asset),
        parts=[
            contracts_v1.Part(
                tranche=event.tranche,
                amount=event.amount,
                before=_buckets(event.before),
                after=_buckets(event.after),
            )
        ],
        authorisation=contracts_v1.Authorisation(
            signer=authorisation.signer.value,
            basis=authorisation.basis,
            clause=authorisation.clause,
            command_id=authorisation.command_id,
        ),
        judged_at=event.judged_at,
        due_at=event.due_at,
        timers=_timers(after),
    )


def _ended(event: events.DisputeEnded, dispute: Dispute, after: Docket) -> disputes_v1.DisputeEnded:
    return disputes_v1.DisputeEnded(
        tranche=event.tranche,
        asset=after.asset,
        ending=event.ending.value,
        payee=dispute.buckets.payee,
        payer=dispute.buckets.payer,
        judged_at=event.judged_at,
        due_at=event.due_at,
        timers=_timers(after),
    )


def _buckets(buckets: Buckets) -> contracts_v1.Buckets:
    return contracts_v1.Buckets(
        free=0, contested=buckets.contested, payee=buckets.payee, payer=buckets.payer
    )


def _timers(docket: Docket) -> list[contracts_v1.Timer]:
    return [
        contracts_v1.Timer(
            timer="dispute", tranche=timer.tranche, generation=timer.generation, due_at=timer.due_at
        )
        for timer in waiting_timers(docket)
    ]
