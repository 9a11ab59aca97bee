"""Wire type -> model, per topic, filled by hand: what may stand on which topic."""

from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from schemas import (
    answers_v1,
    bank_v1,
    consents_v1,
    contracts_v1,
    deadlines_v1,
    disputes_v1,
    ledger_v1,
    openings_v1,
    orders_v1,
    proposals_v1,
    rulings_v1,
    sandbox_v1,
    settlements_v1,
    topics,
)
from schemas.envelope import Envelope

INSTRUCTION_STATUSES: Final = (
    "acknowledged",
    "accepted",
    "settled",
    "arrived",
    "rejected",
    "returned",
    "unknown",
)

_SETTLEMENTS: Final[dict[str, type[BaseModel]]] = {
    "crps.funding.requested.v1": settlements_v1.FundingRequested,
    "crps.funding.refused.v1": settlements_v1.FundingRefused,
    "crps.funding.cancelled.v1": settlements_v1.FundingCancelled,
    "crps.settlement.instructed.v1": settlements_v1.InstructionIssued,
    "crps.return.instructed.v1": settlements_v1.InstructionIssued,
}
_BANK: Final[dict[str, type[BaseModel]]] = {
    "crps.funds.received.v1": bank_v1.FundsReceived,
    **{f"crps.instruction.{s}.v1": bank_v1.InstructionReported for s in INSTRUCTION_STATUSES},
}
_ANSWERS: Final[dict[str, type[BaseModel]]] = {
    "crps.command.refused.v1": answers_v1.CommandRefused,
    "crps.command.duplicated.v1": answers_v1.CommandDuplicated,
}

MODELS: Final[dict[str, dict[str, type[BaseModel]]]] = {
    topics.ORDERS_EVENTS.name: {"crps.order.placed.v1": orders_v1.OrderPlaced},
    topics.CONTRACTS_COMMANDS.name: {
        "crps.contract.offer.v1": orders_v1.OfferContract,
        "crps.contract.accept.v1": contracts_v1.AcceptContract,
        "crps.contract.decline.v1": contracts_v1.DeclineContract,
        "crps.funds.release.v1": contracts_v1.MoveFunds,
        "crps.funds.return.v1": contracts_v1.MoveFunds,
        "crps.deadline.extend.v1": deadlines_v1.MoveDeadline,
        "crps.deadline.advance.v1": deadlines_v1.MoveDeadline,
        "crps.dispute.open.v1": openings_v1.OpenDispute,
        "crps.consent.revoke.v1": consents_v1.RevokeConsent,
        "crps.deadline.reached.v1": contracts_v1.DeadlineReached,
        "crps.clock.set.v1": sandbox_v1.ClockSet,
    },
    topics.CONTRACTS_EVENTS.name: {
        "crps.contract.offered.v1": contracts_v1.ContractOffered,
        "crps.offer.accepted.v1": contracts_v1.OfferAccepted,
        "crps.contract.accepted.v1": contracts_v1.ContractAccepted,
        "crps.contract.declined.v1": contracts_v1.ContractDeclined,
        "crps.offer.lapsed.v1": contracts_v1.OfferLapsed,
        "crps.receipt.counted.v1": contracts_v1.ReceiptCounted,
        "crps.receipt.refused.v1": contracts_v1.ReceiptRefused,
        "crps.receipt.returned.v1": contracts_v1.ReceiptReturned,
        "crps.contract.effective.v1": contracts_v1.ContractEffective,
        "crps.funds.attributed.v1": contracts_v1.FundsAttributed,
        "crps.deadline.moved.v1": deadlines_v1.DeadlineMoved,
        "crps.dispute.opened.v1": openings_v1.DisputeOpened,
        "crps.consent.revoked.v1": consents_v1.ConsentRevoked,
        "crps.tranche.attributed.v1": contracts_v1.TrancheAttributed,
        "crps.contract.closed.v1": contracts_v1.ContractClosed,
        "crps.contract.reopened.v1": contracts_v1.ContractReopened,
    },
    topics.CONTRACTS_ANSWERS.name: _ANSWERS,
    topics.DISPUTES_COMMANDS.name: {
        "crps.claim.lower.v1": disputes_v1.LowerClaim,
        "crps.proposal.make.v1": proposals_v1.MakeProposal,
        "crps.proposal.accept.v1": proposals_v1.NameProposal,
        "crps.proposal.withdraw.v1": proposals_v1.NameProposal,
        "crps.ruling.submit.v1": rulings_v1.SubmitRuling,
        "crps.deadline.reached.v1": contracts_v1.DeadlineReached,
        "crps.clock.set.v1": sandbox_v1.ClockSet,
    },
    topics.DISPUTES_EVENTS.name: {
        "crps.dispute.registered.v1": disputes_v1.DisputeRegistered,
        "crps.claim.stated.v1": disputes_v1.ClaimStated,
        "crps.proposal.made.v1": proposals_v1.ProposalMade,
        "crps.proposal.accepted.v1": proposals_v1.ProposalAccepted,
        "crps.proposal.withdrawn.v1": proposals_v1.ProposalWithdrawn,
        "crps.proposal.voided.v1": proposals_v1.ProposalVoided,
        "crps.ruling.made.v1": rulings_v1.RulingMade,
        "crps.funds.attributed.v1": contracts_v1.FundsAttributed,
        "crps.dispute.ended.v1": disputes_v1.DisputeEnded,
    },
    topics.DISPUTES_ANSWERS.name: _ANSWERS,
    topics.LEDGER_EVENTS.name: {
        "crps.funding.received.v1": ledger_v1.FundingReceived,
        "crps.books.emptied.v1": ledger_v1.BooksEmptied,
        "crps.books.reopened.v1": ledger_v1.BooksReopened,
    },
    topics.SANDBOX_COMMANDS.name: {"crps.payment.order.v1": sandbox_v1.OrderPayment},
    topics.SANDBOX_CLOCK.name: {"crps.clock.moved.v1": sandbox_v1.ClockMoved},
    **{topics.settlements_events(rail).name: _SETTLEMENTS for rail in topics.RAILS},
    **{topics.bank_events(rail).name: _BANK for rail in topics.RAILS},
}
"""Topic name -> wire type -> model of ``data``."""

ENVELOPES: Final[dict[tuple[str, str], type[Envelope[Any]]]] = {
    (topic, wire_type): Envelope[model]  # type: ignore[valid-type]
    for topic, models in MODELS.items()
    for wire_type, model in models.items()
}
"""(topic, wire type) -> the whole message's class."""

ADAPTERS: Final[dict[tuple[str, str], TypeAdapter[Envelope[Any]]]] = {
    place: TypeAdapter(envelope) for place, envelope in ENVELOPES.items()
}
"""(topic, wire type) -> prebuilt reader and writer of the whole message."""
