"""A contract's trail folded into its history: what became of it, when, and on whose word."""

from collections.abc import Iterable
from datetime import datetime

from crps.audit.deadlines import deadlines_of
from crps.audit.history import (
    Attribution,
    Dispute,
    History,
    Instruction,
    Receipt,
    Role,
    Share,
    Statement,
    Status,
)
from crps.audit.messages import Message
from crps.audit.trail import Trail, of
from schemas import topics
from schemas.bank_v1 import InstructionReported
from schemas.contracts_v1 import (
    ContractAccepted,
    ContractClosed,
    ContractDeclined,
    ContractEffective,
    ContractOffered,
    ContractReopened,
    FundsAttributed,
    MoveFunds,
    OfferLapsed,
)
from schemas.disputes_v1 import ClaimStated, DisputeEnded, LowerClaim
from schemas.ledger_v1 import FundingReceived
from schemas.openings_v1 import DisputeOpened, OpenDispute
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
    deadlines = deadlines_of(trail)
    attributions = [_attribution(trail, terms, *pair) for pair in trail.attributed]
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
        deadlines=tuple(deadlines.last.values()) if deadlines else (),
        attributions=tuple(sorted(attributions, key=lambda decided: decided.appended_at)),
        instructions=tuple(_instructions(trail)),
        receipts=tuple(_receipts(trail, terms)),
        disputes=tuple(_dispute(trail, terms, *pair) for pair in trail.events_of(DisputeOpened)),
    )


def _open(trail: Trail) -> tuple[int, int]:
    """Return F and D after the last event, by what the events say."""
    last: dict[int, tuple[int, int]] = {}
    for message in trail.decisions:
        match message.data:
            case ContractEffective(tranches=tranches):
                last = {tranche.tranche: (tranche.amount, 0) for tranche in tranches}
            case FundsAttributed(parts=parts):
                for part in parts:
                    last[part.tranche] = (part.after.free, part.after.contested)
            case DisputeOpened(tranche=number, after=after):
                last[number] = (after.free, after.contested)
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


def _attribution(
    trail: Trail, terms: Terms, message: Message, told: FundsAttributed
) -> Attribution:
    signed = told.authorisation
    disputed = message.topic == topics.DISPUTES_EVENTS.name
    asked = trail.statements if disputed else trail.commands
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
        command_id=signed.command_id,
        command_appended_at=_asked_at(asked, terms, signed.signer, signed.command_id),
    )


def _dispute(trail: Trail, terms: Terms, message: Message, told: DisputeOpened) -> Dispute:
    number = told.tranche
    decided = of(trail.disputes, FundsAttributed)
    ends = [pair for pair in of(trail.disputes, DisputeEnded) if pair[1].tranche == number]
    ended = next(iter(ends), None)
    return Dispute(
        tranche=number,
        claim=told.claim,
        admitted=sum(
            admission.money.minor
            for other, admission in trail.events_of(FundsAttributed)
            if admission.cause == "admission" and other.causation_id == message.causation_id
        ),
        contested=told.after.contested,
        command_id=message.causation_id,
        command_appended_at=_asked_at(trail.commands, terms, "payer", message.causation_id),
        opened_at=told.opened_at,
        appended_at=message.appended_at,
        deadline_at=told.deadline_at,
        statements=tuple(
            Statement(
                by=stated.by,
                claim=own_claim(stated),
                command_id=stated.command_id,
                command_appended_at=_asked_at(
                    trail.statements, terms, stated.by, stated.command_id
                ),
                appended_at=other.appended_at,
            )
            for other, stated in of(trail.disputes, ClaimStated)
            if stated.tranche == number
        ),
        attributions=tuple(
            _attribution(trail, terms, *pair)
            for pair in decided
            if any(part.tranche == number for part in pair[1].parts)
        ),
        ending=ended and ended[1].ending,
        ended_at=ended and ended[0].appended_at,
    )


def own_claim(stated: ClaimStated) -> int:
    """Return what the party that made the statement now claims."""
    if stated.by == "payer" or stated.payee_claim is None:
        return stated.payer_claim
    return stated.payee_claim


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


def _asked_at(
    commands: Iterable[Message], terms: Terms, role: Role, command_id: str | None
) -> datetime | None:
    """Return when a party first gave a command; two parties may use the same id."""
    party = terms.payer.party if role == "payer" else terms.payee.party
    given = (MoveFunds, OpenDispute, LowerClaim)
    return min(
        (
            message.appended_at
            for message in commands
            if message.id == command_id
            and isinstance(message.data, given)
            and message.data.party == party
        ),
        default=None,
    )
