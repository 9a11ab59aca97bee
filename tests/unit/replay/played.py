"""Hand-made plans, deals and histories for the tests of the replay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crps.audit.history import Attribution, AuditResult, History, Instruction, Receipt
from crps.replay.campaign import Campaign, Deal, PlayedAct
from crps.replay.messages import Upstream, act_id
from crps.replay.observer import Observed
from crps.replay.plan import ContractPlan, PlannedAct
from crps.replay.schedule import Timeline

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
OK = dict.fromkeys(("I0", "I1", "I2", "I3", "I4"), "ok")


def release(after_days: float, amount: Any = "ALL") -> PlannedAct:
    return PlannedAct("release", after_days * DAY, amount)


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
    return Observed(deal.contract_id, f"crps.{wire_type}.v1", cause, START, data)


def effective(deal: Deal, at: datetime = EFFECTIVE, deadline: datetime = DEADLINE) -> Observed:
    tranches = [{"deadline_at": deadline.isoformat()}]
    return seen(deal, "contract.effective", effective_at=at.isoformat(), tranches=tranches)


def make_deal(
    plan: ContractPlan, *appended: datetime | None, answer: str = "applied", **changes: Any
) -> Deal:
    """A contract as the driver leaves it: its acts reached the broker at the given instants."""
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
        "acts": [
            PlayedAct(planned, at, answer)  # type: ignore[arg-type]
            for planned, at in zip(plan.acts, appended, strict=True)
        ],
    }
    return Deal(**(fields | changes))


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
