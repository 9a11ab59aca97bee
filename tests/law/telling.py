"""What the domains said, in the plain tuples in which the reference says it."""

from datetime import datetime
from typing import Any

from services.contracts.domain import events
from services.disputes.domain import events as dispute_events
from services.disputes.domain.events import (
    ClaimStated,
    DisputeEnded,
    ProposalAccepted,
    ProposalMade,
    ProposalsVoided,
    ProposalWithdrawn,
    RulingMade,
)


def contracts(event: events.Event, start: datetime) -> tuple[Any, ...]:
    def at(instant: datetime | None) -> int | None:
        return micros(instant, start)

    match event:
        case events.OfferMade():
            return "offered", tuple(sorted(str(role) for role in event.accepted_by))
        case events.OfferAccepted():
            return "accepted", str(event.by)
        case events.OfferDeclined():
            return "declined", str(event.by), _shares(event.returns)
        case events.ConsentRevoked():
            return "revoked", str(event.by)
        case events.OfferLapsed():
            return "lapsed", _shares(event.returns)
        case events.BecameEffective():
            excess = event.excess and (event.excess.receipt, event.excess.amount)
            deadlines = tuple(at(each.deadline_at) for each in event.deadlines)
            receipts = event.receipts, event.received
            return "effective", at(event.effective_at), receipts, excess, deadlines
        case events.FundsAttributed():
            parts = tuple((part.tranche, part.amount) for part in event.parts)
            return _moved(event, parts, start)
        case events.DeadlineMoved():
            by, before, after = str(event.by), at(event.before), at(event.after)
            return "deadline", by, event.tranche, before, after, at(event.judged_at)
        case events.DisputeOpened():
            contested, parts = event.after.contested, event.parts
            bounds = at(event.deadline_at), at(event.ruling_deadline_at)
            times = at(event.opened_at), *bounds, at(event.judged_at)
            return "opened", event.tranche, event.claim, contested, parts, *times
        case events.TrancheAttributed():
            return "over", event.tranche, event.payee, event.payer
        case _:
            return _briefly(event)


def _briefly(event: Any) -> tuple[Any, ...]:
    match event:
        case events.ReceiptCounted(share):
            return "counted", share.receipt, share.amount
        case events.ReceiptRefused(share, reason):
            return "foreign", share.receipt, share.amount, reason
        case events.ReceiptReturned(share, cause):
            return "sent back", share.receipt, share.amount, cause
        case events.ContractClosed():
            return ("closed",)
        case events.ContractReopened():
            return ("reopened",)


def disputes(event: dispute_events.Event, start: datetime) -> tuple[Any, ...] | None:
    """None of what only repeats what contracts told."""
    match event:
        case ClaimStated():
            t = micros(event.judged_at, start)
            return "stated", event.tranche, str(event.by), event.claim, event.contested, t
        case dispute_events.FundsAttributed():
            return _moved(event, ((event.tranche, event.amount),), start)
        case DisputeEnded():
            return "ended", event.tranche, str(event.ending), micros(event.judged_at, start)
        case ProposalMade():
            made, t = event.proposal, micros(event.judged_at, start)
            named = event.tranche, str(made.by), made.name
            shares, expires = (made.to_payee, made.to_payer), micros(made.expires_at, start)
            return "proposed", *named, *shares, expires, made.command_id, t
        case ProposalAccepted():
            by = str(event.proposal.by.other)
            return "agreed", event.tranche, by, *_by_name(event, start)
        case ProposalWithdrawn():
            return "withdrawn", event.tranche, str(event.proposal.by), *_by_name(event, start)
        case ProposalsVoided():
            return "voided", event.tranche, event.names, micros(event.judged_at, start)
        case RulingMade():
            said = event.adjudicator, event.payee_total, event.to_payee, event.to_payer
            t = micros(event.judged_at, start)
            return "ruled", event.tranche, *said, event.command_id, t
        case _:
            return None


def _by_name(event: ProposalAccepted | ProposalWithdrawn, start: datetime) -> tuple[Any, ...]:
    return event.proposal.name, event.command_id, micros(event.judged_at, start)


def micros(instant: datetime | None, start: datetime) -> int | None:
    if instant is None:
        return None
    since = instant - start
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _moved(event: Any, parts: tuple[tuple[int, int], ...], start: datetime) -> tuple[Any, ...]:
    signed = event.authorisation
    assert (signed.basis == "live") == (signed.clause is None) == (signed.command_id is not None)
    authority = signed.clause or signed.command_id
    times = micros(event.judged_at, start), micros(event.due_at, start)
    return "moved", str(event.to), str(event.cause), str(signed.signer), authority, parts, *times


def _shares(shares: Any) -> tuple[tuple[str, int], ...]:
    return tuple((share.receipt, share.amount) for share in shares)
