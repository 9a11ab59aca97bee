"""A contract's trail folded into its history: what became of it, when, and on whose word."""

from collections.abc import Iterable
from datetime import datetime

from crps.audit.history import Attribution, History, Instruction, Receipt, Share, Status
from crps.audit.messages import Message
from crps.audit.trail import Trail, of
from schemas.bank_v1 import InstructionReported
from schemas.contracts_v1 import (
    ContractAccepted,
    ContractClosed,
    ContractDeclined,
    ContractEffective,
    ContractOffered,
    ContractReopened,
    FundsAttributed,
    OfferLapsed,
)
from schemas.ledger_v1 import FundingReceived
from schemas.terms_v1 import Terms

SETTLE_TYPE = "crps.settlement.instructed.v1"
ARRIVED_TYPE = "crps.instruction.arrived.v1"


def standing_of(trail: Trail) -> ContractOffered | ContractAccepted | None:
    """Return the event by which the contract came to stand; None if it never did."""
    for message in trail.events:
        if isinstance(message.data, ContractOffered | ContractAccepted):
            return message.data
    return None


def fold(trail: Trail) -> History | None:
    """Return the history of the contract of `trail`; None if no offer of it ever stood."""
    standing = standing_of(trail)
    if standing is None:
        return None
    terms = Terms.model_validate(standing.terms)
    effective = next(iter(trail.events_of(ContractEffective)), None)
    attributed = trail.events_of(FundsAttributed)
    free, contested = _open(trail)
    ended = [
        message.appended_at
        for message in trail.events
        if isinstance(message.data, ContractClosed | ContractDeclined | OfferLapsed)
    ]
    status = _status(trail, free + contested)
    return History(
        contract_id=trail.contract_id,
        upstream=standing.upstream,
        order_id=standing.order_id,
        asset=terms.asset,
        total=sum(tranche.amount for tranche in terms.tranches),
        status=status,
        free=free,
        contested=contested,
        offered_at=trail.events[0].appended_at,
        offer_expires_at=standing.offer_expires_at,
        effective_at=effective and effective[1].effective_at,
        effective_appended_at=effective and effective[0].appended_at,
        ended_at=ended[-1] if ended and status not in ("EFFECTIVE", "ATTRIBUTED") else None,
        deadlines=tuple(t.deadline_at for t in effective[1].tranches) if effective else (),
        attributions=tuple(_attribution(trail, *pair) for pair in attributed),
        instructions=tuple(_instructions(trail)),
        receipts=tuple(_receipts(trail, terms)),
    )


def _open(trail: Trail) -> tuple[int, int]:
    """Return F and D after the last event, by what the events say."""
    last: dict[int, tuple[int, int]] = {}
    for message in trail.events:
        if isinstance(message.data, ContractEffective):
            last = {tranche.tranche: (tranche.amount, 0) for tranche in message.data.tranches}
        elif isinstance(message.data, FundsAttributed):
            for part in message.data.parts:
                last[part.tranche] = (part.after.free, part.after.contested)
    return sum(free for free, _ in last.values()), sum(contested for _, contested in last.values())


def _status(trail: Trail, still_open: int) -> Status:
    status: Status = "OFFERED"
    for message in trail.events:
        match message.data:
            case ContractAccepted():
                status = "ACCEPTED"
            case ContractDeclined():
                status = "DECLINED"
            case OfferLapsed():
                status = "OFFER_LAPSED"
            case ContractEffective():
                status = "EFFECTIVE"
            case ContractClosed():
                status = "CLOSED"
            case ContractReopened():
                status = "ATTRIBUTED"
    return "ATTRIBUTED" if status == "EFFECTIVE" and still_open == 0 else status


def _attribution(trail: Trail, message: Message, told: FundsAttributed) -> Attribution:
    command_id = told.authorisation.command_id
    return Attribution(
        event_id=message.id,
        to=told.to,
        cause=told.cause,
        kind=told.kind,
        amount=told.money.minor,
        shares=tuple(Share(part.tranche, part.amount) for part in told.parts),
        appended_at=message.appended_at,
        judged_at=told.judged_at,
        due_at=told.due_at,
        command_id=command_id,
        command_appended_at=_first(m.appended_at for m in trail.commands if m.id == command_id),
    )


def _instructions(trail: Trail) -> Iterable[Instruction]:
    confirmed: dict[object, datetime] = {}
    for message, report in of(trail.reports, InstructionReported):
        if message.type == ARRIVED_TYPE:
            confirmed.setdefault(report.instruction_id, message.appended_at)
    seen = set()
    for message, issued in trail.instructions:
        if issued.instruction_id in seen:
            continue
        seen.add(issued.instruction_id)
        yield Instruction(
            instruction_id=issued.instruction_id,
            event_id=message.causation_id,
            direction="settle" if message.type == SETTLE_TYPE else "return",
            cause=issued.cause,
            amount=issued.money.minor,
            appended_at=message.appended_at,
            confirmed_at=confirmed.get(issued.instruction_id),
            receipt=issued.authorisation.receipt,
        )


def _receipts(trail: Trail, terms: Terms) -> Iterable[Receipt]:
    for message, told in of(trail.books, FundingReceived):
        if (told.asset, told.account) == (terms.asset, terms.payer.account):
            yield Receipt(told.receipt, told.amount, message.appended_at)


def _first(instants: Iterable[datetime]) -> datetime | None:
    return min(instants, default=None)
