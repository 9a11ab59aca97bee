"""From the wire: contracts' facts, commands and due messages, as the domain's commands."""

from typing import Any, Final, Literal

from schemas import contracts_v1, disputes_v1, openings_v1, proposals_v1, rulings_v1
from schemas.envelope import Envelope
from schemas.fields import AssetCode, Fact, PublicKey, Token
from services.chassis.answers import Asked
from services.disputes.domain import commands
from services.disputes.domain.docket import (
    Adjudicator,
    Buckets,
    Clause,
    Proofs,
    Rail,
    Role,
    Standing,
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


class _Adjudicator(Fact):
    party: Token
    key: PublicKey


class _Dispute(Fact):
    ending: Any
    adjudicator: _Adjudicator | None = None

    @property
    def who_rules(self) -> Adjudicator | None:
        named = self.adjudicator
        if self.ending != "external" or named is None:
            return None
        return Adjudicator(named.party, named.key)


class _Terms(Fact):
    """Of the terms, only what disputes need, so that a longer version stays readable."""

    payer: _Party
    payee: _Party
    asset: AssetCode
    tranches: list[_Named]
    proof: Literal["upstream", "signature"]
    dispute: _Dispute


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
        case rulings_v1.SubmitRuling():
            return commands.SubmitRuling(asked, told.payee_total, told.tranche)
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
        adjudicator=terms.dispute.who_rules,
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
