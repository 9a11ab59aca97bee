"""Wire to domain and back: the only room of disputes that knows message models and versions."""

from typing import Any, Final, Literal

from pydantic import BaseModel

from schemas import contracts_v1, disputes_v1, openings_v1, proposals_v1
from schemas.envelope import Envelope, RestsOn
from schemas.fields import AssetCode, Fact, PublicKey, Token
from schemas.topics import CONTRACTS_EVENTS
from schemas.values import Money
from services.chassis.answers import Asked
from services.disputes.domain import commands, events
from services.disputes.domain.docket import (
    Buckets,
    Clause,
    Dispute,
    Docket,
    Proofs,
    Rail,
    Role,
    Standing,
    waiting_timers,
)

Message = Envelope[Any]

DUE: Final = "crps.deadline.reached.v1"

WANTED: Final = frozenset(
    {
        "crps.contract.offered.v1",
        "crps.contract.accepted.v1",
        "crps.contract.declined.v1",
        "crps.offer.lapsed.v1",
        "crps.contract.effective.v1",
        "crps.dispute.opened.v1",
    }
)
"""Of contracts' events, those by which a statement is judged."""


class _Party(Fact):
    party: Token
    key: PublicKey | None = None


class _Named(Fact):
    name: str | None = None


class _Terms(Fact):
    """Of the terms, only what disputes need, so that a longer version stays readable."""

    payer: _Party
    payee: _Party
    asset: AssetCode
    tranches: list[_Named]
    proof: Literal["upstream", "signature"]


# --- in -----------------------------------------------------------------------------------------


def read_fact(message: Message) -> commands.Fact | commands.DisputeOpened:
    """Return what contracts tells of a contract or of the opening of a dispute."""
    told = message.data
    match told:
        case contracts_v1.ContractOffered() | contracts_v1.ContractAccepted():
            return _offered(told)
        case contracts_v1.ContractDeclined():
            return commands.OfferEnded(Standing.DECLINED)
        case contracts_v1.OfferLapsed():
            return commands.OfferEnded(Standing.OFFER_LAPSED)
        case contracts_v1.ContractEffective():
            return commands.BecameEffective(told.effective_at)
        case openings_v1.DisputeOpened():
            assert message.sequence is not None, "contracts counts its events"
            return _opened(told, message.sequence)
        case _:
            raise TypeError(f"{message.type} is no fact for disputes")


def read_command(message: Message, asked: Asked) -> commands.PartyCommand:
    """Return what a party asks."""
    told = message.data
    match told:
        case disputes_v1.LowerClaim():
            return commands.LowerClaim(asked, told.claim, told.tranche)
        case proposals_v1.MakeProposal():
            return commands.MakeProposal(
                asked, told.proposal, told.to_payee, told.to_payer, told.expires_at, told.tranche
            )
        case proposals_v1.NameProposal():
            accepts = message.type == "crps.proposal.accept.v1"
            kind = commands.AcceptProposal if accepts else commands.WithdrawProposal
            return kind(asked, told.proposal, told.tranche)
        case _:
            raise TypeError(f"{message.type} is no command of a party")


def proposal_named(message: Message) -> str | None:
    """Return the proposal by whose past ``message`` will be judged, if it names one."""
    told = message.data
    names = proposals_v1.MakeProposal | proposals_v1.NameProposal
    return told.proposal if isinstance(told, names) else None


def read_due(message: Message) -> commands.Due:
    """Return a due message; its ``due_at`` is ignored, since we know our own deadlines."""
    told: contracts_v1.DeadlineReached = message.data
    return commands.Due(told.timer, told.tranche, told.generation)


def _offered(
    told: contracts_v1.ContractOffered | contracts_v1.ContractAccepted,
) -> commands.ContractOffered:
    terms = _Terms.model_validate(told.terms)
    return commands.ContractOffered(
        upstream=told.upstream,
        payer=terms.payer.party,
        payee=terms.payee.party,
        asset=terms.asset,
        tranches=tuple(tranche.name for tranche in terms.tranches),
        proofs=Proofs(terms.payer.key, terms.payee.key, required=terms.proof == "signature"),
    )


def _opened(told: openings_v1.DisputeOpened, sequence: int) -> commands.DisputeOpened:
    clause, rail, after = told.clause, told.rail, told.after
    assert after.free == 0, "a disputed tranche has nothing free"
    return commands.DisputeOpened(
        tranche=told.tranche,
        asset=told.asset,
        amount=told.amount,
        claim=told.claim,
        buckets=Buckets(after.contested, after.payee, after.payer),
        clause=Clause(
            silence_rule=clause.silence_rule,
            ending=clause.ending,
            odd_unit=Role(clause.odd_unit),
            ratio_bp=clause.ratio_to_payee_bp,
            fallback=clause.fallback,
        ),
        rail=Rail(rail.minimum, rail.whole_only, rail.parts),
        proposals_budget=told.proposals_budget,
        opened_at=told.opened_at,
        deadline_at=told.deadline_at,
        ruling_deadline_at=told.ruling_deadline_at,
        sequence=sequence,
    )


# --- out ----------------------------------------------------------------------------------------


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
