"""Hand-made plans, deals and histories for the tests of the replay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crps.audit.history import (
    Attribution,
    AuditResult,
    Dispute,
    History,
    Instruction,
    Receipt,
    Statement,
)
from crps.replay.campaign import Campaign, Deal, PlayedCommand
from crps.replay.messages import act_id, answer_id, opening_id
from crps.replay.observer import Observed
from crps.replay.plan import ContractPlan, PlannedAct, PlannedDispute
from crps.replay.schedule import Timeline
from crps.stack.upstream import Upstream
from schemas import topics

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
BOUGHT = datetime(2017, 5, 10, 13, tzinfo=UTC)
"""Data time of the first offer."""
START = datetime(2030, 1, 1, tzinfo=UTC)
"""Wall time of the first offer."""
SCALE_MS = 100
UPSTREAM = Upstream("olist-test", "secret")
CONTRACT = UUID("00000000-0000-4000-8000-000000000001")
EFFECTIVE = START + 50 * MS
DEADLINE = EFFECTIVE + 1000 * MS
OPENED = EFFECTIVE + 503 * MS
DISPUTE_DEADLINE = OPENED + 300 * MS
OK = dict.fromkeys(("I0", "I1", "I2", "I3", "I4"), "ok")


def release(after_days: float, amount: Any = "ALL") -> PlannedAct:
    return PlannedAct("release", after_days * DAY, amount)


def quarrel(after_days: float = 5, claim: int = 600, answer: int | None = 700) -> PlannedDispute:
    """Plan a dispute that the payee answers half a day later, or not at all."""
    return PlannedDispute(
        after=after_days * DAY,
        claim="half",
        claim_minor=claim,
        reaction="silent" if answer is None else "concede",
        answer_minor=answer,
        answer_after=None if answer is None else DAY / 2,
    )


def make_plan(*acts: PlannedAct, **changes: Any) -> ContractPlan:
    plan = ContractPlan(
        order_id="o1",
        seller_id="s1",
        payer="c1",
        payee="s1",
        total_minor=1000,
        freight_minor=100,
        offered_at=BOUGHT,
        funded_at=BOUGHT + timedelta(hours=2),
        chain_period=10 * DAY,
        acts=acts,
        dispute=None,
    )
    return replace(plan, **changes)


def make_campaign(*plans: ContractPlan) -> Campaign:
    return Campaign(plans, UPSTREAM, Timeline(BOUGHT, START, SCALE_MS))


def seen(deal: Deal, wire_type: str, cause: str | None = None, **data: Any) -> Observed:
    topic = topics.CONTRACTS_EVENTS.name
    return Observed(deal.contract_id, topic, f"crps.{wire_type}.v1", cause, START, None, data)


def effective(deal: Deal, at: datetime = EFFECTIVE, deadline: datetime = DEADLINE) -> Observed:
    tranches = [{"deadline_at": deadline.isoformat()}]
    return seen(deal, "contract.effective", effective_at=at.isoformat(), tranches=tranches)


def attributed(deal: Deal, command_id: str | None, cause: str | None = None) -> Observed:
    signed = {} if command_id is None else {"command_id": command_id}
    return seen(deal, "funds.attributed", cause or command_id, authorisation=signed)


def opened(deal: Deal, at: datetime = OPENED, deadline: datetime = DISPUTE_DEADLINE) -> Observed:
    instants = {"opened_at": at.isoformat(), "deadline_at": deadline.isoformat()}
    return seen(deal, "dispute.opened", opening_id(deal.contract_id), **instants)


def make_deal(
    plan: ContractPlan, *appended: datetime | None, answer: str = "applied", **changes: Any
) -> Deal:
    """A contract as the driver leaves it: what was sent reached the broker at these instants.

    That is its acts, or the opening of its dispute and the answer, if one was sent.
    """
    fields: dict[str, Any] = {
        "contract_id": CONTRACT,
        "plan": plan,
        "offer_at": START,
        "offer_expires_at": START + timedelta(seconds=30),
        "pay_at": START + 10 * MS,
        "appeared": True,
        "effective_at": EFFECTIVE,
        "deadline_at": DEADLINE,
        "ending": "CLOSED",
        "commands": [],
    }
    for sent, at in zip(_sent(plan), appended, strict=plan.dispute is None):
        sent.appended_at, sent.answer = at, answer  # type: ignore[assignment]
        fields["commands"].append(sent)
    return Deal(**(fields | changes))


def _sent(plan: ContractPlan) -> list[PlayedCommand]:
    sent = [
        PlayedCommand(
            act_id(CONTRACT, number),
            planned.kind,
            planned.amount,
            planned.after < plan.chain_period,
            DEADLINE,
        )
        for number, planned in enumerate(plan.acts, start=1)
    ]
    if (dispute := plan.dispute) is not None:
        in_time = dispute.after < plan.chain_period
        claim = dispute.claim_minor
        sent.append(PlayedCommand(opening_id(CONTRACT), "open", claim, in_time, DEADLINE))
        if dispute.answer_minor is not None:
            kept = dispute.answer_minor
            sent.append(PlayedCommand(answer_id(CONTRACT), "answer", kept, True, DISPUTE_DEADLINE))
    return sent


def attribution(number: int, amount: int, at: datetime, cause: str = "release") -> Attribution:
    """A live act, or for the cause `arrival` the deadline's; its command is act `number`."""
    live = cause != "arrival"
    return Attribution(
        event_id=f"event-{number}",
        to="payer" if cause == "return" else "payee",
        cause=cause,
        kind="subjective" if live else "automatic",
        amount=amount,
        shares=(),
        appended_at=at + 20 * MS,
        judged_at=at,
        due_at=None if live else DEADLINE,
        command_id=act_id(CONTRACT, number) if live else None,
        command_appended_at=at if live else None,
    )


def instruction(
    number: int,
    amount: int,
    at: datetime,
    direction: str = "settle",
    *,
    confirmed: bool = True,
    receipt: str | None = None,
) -> Instruction:
    return Instruction(
        instruction_id=UUID(int=number),
        event_id=f"event-{number}",
        direction=direction,  # type: ignore[arg-type]
        cause="release",
        amount=amount,
        appended_at=at,
        confirmed_at=at + 5 * MS if confirmed else None,
        receipt=receipt,
    )


def make_history(**changes: Any) -> History:
    """A contract over 1000 that was released whole half-way through its chain period."""
    at = EFFECTIVE + 500 * MS
    fields: dict[str, Any] = {
        "contract_id": CONTRACT,
        "upstream": UPSTREAM.id,
        "order_id": "o1",
        "asset": "BRL/2",
        "total": 1000,
        "status": "CLOSED",
        "free": 0,
        "contested": 0,
        "offered_at": START,
        "offer_expires_at": START + timedelta(seconds=30),
        "effective_at": EFFECTIVE,
        "effective_appended_at": EFFECTIVE + 3 * MS,
        "ended_at": at + 60 * MS,
        "deadlines": (DEADLINE,),
        "attributions": (attribution(1, 1000, at),),
        "instructions": (instruction(1, 1000, at + 40 * MS),),
        "receipts": (Receipt("r1", 1000, START + 20 * MS),),
    }
    return History(**(fields | changes))


def decided(
    cause: str, to: str, amount: int, at: datetime, command_id: str | None = None
) -> Attribution:
    """Return what an opening admits, a statement concedes or an ending gives."""
    return Attribution(
        event_id=f"{cause}-{amount}",
        to=to,  # type: ignore[arg-type]
        cause=cause,
        kind="automatic" if command_id is None else "subjective",
        amount=amount,
        shares=(),
        appended_at=at + 20 * MS,
        judged_at=at,
        due_at=DISPUTE_DEADLINE if command_id is None else None,
        command_id=command_id,
        command_appended_at=None if command_id is None else at,
    )


def make_dispute(claim: int = 600, kept: int | None = 700, **changes: Any) -> Dispute:
    """A dispute over 1000 that ended by the clause: for the payee, unless it kept silent.

    `kept` is all that the payee says it should end with, 100 ms after the opening.
    """
    answered_at = OPENED + 100 * MS
    cut = 0 if kept is None else 1000 - kept
    statements: tuple[Statement, ...] = ()
    if kept is not None:
        stated_at = answered_at + 20 * MS
        mine = Statement("payee", kept, answer_id(CONTRACT), answered_at, stated_at)
        statements = (mine,)
    moved = (
        decided("admission", "payer", cut, answered_at, answer_id(CONTRACT)),
        decided(
            "dispute_default",
            "payer" if kept is None else "payee",
            claim - cut,
            DISPUTE_DEADLINE,
        ),
    )
    fields: dict[str, Any] = {
        "tranche": 1,
        "claim": claim,
        "admitted": 1000 - claim,
        "contested": claim,
        "command_id": opening_id(CONTRACT),
        "command_appended_at": OPENED - 3 * MS,
        "opened_at": OPENED,
        "appended_at": OPENED,
        "deadline_at": DISPUTE_DEADLINE,
        "statements": statements,
        "attributions": tuple(move for move in moved if move.amount),
        "ending": "silence" if kept is None else "to_payee",
        "ended_at": DISPUTE_DEADLINE + 20 * MS,
    }
    return Dispute(**(fields | changes))


def disputed_history(dispute: Dispute, **changes: Any) -> History:
    """A contract over 1000 that was disputed half-way through its chain period."""
    moves = dispute.attributions
    if dispute.admitted:
        opening = decided("admission", "payee", dispute.admitted, OPENED - 3 * MS, "opening")
        moves = (opening, *moves)
    return make_history(attributions=moves, disputes=(dispute,), **changes)


def lapsed(**changes: Any) -> History:
    """A contract that was never funded."""
    fields: dict[str, Any] = {
        "status": "OFFER_LAPSED",
        "effective_at": None,
        "effective_appended_at": None,
        "deadlines": (),
        "attributions": (),
        "instructions": (),
        "receipts": (),
    }
    return make_history(**(fields | changes))


def audited(*histories: History, **changes: Any) -> AuditResult:
    fields: dict[str, Any] = {
        "invariants": OK,
        "violations": (),
        "contracts": len(histories),
        "histories": {history.contract_id: history for history in histories},
    }
    return AuditResult(**(fields | changes))
