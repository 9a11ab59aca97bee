"""The same history once more, without a fault and without delay: it must end in the same way.

Contracts alone decides outcomes, so it is given its inputs again: each act and due message at its
own append time, however late it was read the first time. What the law itself lets processing
decide (SPEC section 3: offer, acceptance, decline, receipts) happens at the instants at which it
happened. Lateness, crashes, repeats and batches must not have changed anything else.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crps.memory.clock import VirtualClock
from crps.memory.database import Database
from crps.memory.log import LogRecord
from crps.memory.process import ServiceProcess
from crps.memory.wirings import wirings
from schemas import topics
from services.chassis.ids import new_uuid

from . import wire
from .faults import Judged
from .model import Case
from .said import demand, read
from .watch import Watch

REPORTS = (topics.LEDGER_EVENTS.name, topics.DISPUTES_EVENTS.name)
INPUTS = (topics.ORDERS_EVENTS.name, topics.CONTRACTS_COMMANDS.name, *REPORTS)
LONG = timedelta(minutes=1)
BEFORE_EFFECT = {"NOT_EFFECTIVE", "OFFER_LAPSED", "DECLINED"}
"""To an act they say the same; which one depends on when the offer's end was noticed."""
AT_THE_BORDER = {"MALFORMED", "WRONG_PARTITION", "UNKNOWN_CONTRACT"}
"""Answered without the contract."""
OVER = {"CHAIN_PERIOD_ENDED", "IN_DISPUTE", "DISPUTE_BUDGET_SPENT", "NOTHING_LEFT"}
"""Of a disputed tranche they say the same; which one depends on when the end was read."""
PROMPT = {b"crps.funds.release.v1", b"crps.funds.return.v1", b"crps.dispute.open.v1",
          b"crps.deadline.extend.v1", b"crps.deadline.advance.v1",
          b"crps.contract.offer.v1", b"crps.contract.accept.v1", b"crps.contract.decline.v1",
          b"crps.consent.revoke.v1", b"crps.deadline.reached.v1"}  # fmt: skip


async def expect_same(world: Any, watch: Watch, judged: Judged) -> None:
    """Demand that contracts decides every contract's history in the same way again."""
    wiring = next(w for w in wirings(new_uuid) if w.name == "contracts")
    inputs = _inputs(world, judged)
    for contract_id, case in watch.contracts.cases.items():
        if contract_id not in inputs:
            continue
        clock = VirtualClock(world.log.history[0].appended_at - LONG)
        again = ServiceProcess(wiring, world.log, Database(clock), clock, wire.KEYS)
        for step in _in_time(case, inputs[contract_id]):
            clock.advance_to(step.instant)
            assert not await again.process(step.records), "no clock is ahead here"
            _forget_positions(again)
        records = [record for step in inputs[contract_id] for record in step.records]
        second = _read_again(again, records)
        first, then = _outcome(case), _outcome(second.contracts.case(contract_id))
        differs = {
            name: (first.get(name), then.get(name))
            for name in first.keys() | then.keys()
            if first.get(name) != then.get(name)
        }
        demand(not differs, f"{contract_id} ends otherwise without faults: {differs}")


def _forget_positions(again: ServiceProcess) -> None:
    """Here each record is given once, by its time and not by its offset: none is a repeat."""
    positions = again.database["read_position"]
    for row in list(positions):
        positions.drop(row["topic"], row["partition"])


@dataclass
class Step:
    """One input of contracts: when it is given, and as which it was judged the first time.

    What disputes said in between, of which only the sequence counts, comes along with it.
    """

    instant: datetime
    order: int
    record: LogRecord
    passed: list[LogRecord]

    @property
    def records(self) -> list[LogRecord]:
        return [*self.passed, self.record]

    @property
    def is_prompt(self) -> bool:
        return dict(self.record.headers)["type"] in PROMPT


def _inputs(world: Any, judged: Judged) -> dict[str, list[Step]]:
    by_contract: dict[str, list[Step]] = defaultdict(list)
    passed: dict[str, list[LogRecord]] = defaultdict(list)
    latest: dict[str, Step] = {}
    """Contract -> the last step that came of disputes."""
    seen: set[bytes] = set()
    for record in world.log.history:
        contract_id, place = record.key.decode(), (record.topic, record.partition, record.offset)
        if record.topic in REPORTS:
            if record.value in seen:
                continue
            seen.add(record.value)
        if record.topic == topics.DISPUTES_EVENTS.name:
            passed[contract_id].append(record)
        if record.topic not in INPUTS or place not in judged.at:
            continue  # Never judged: dead letters, and what asks about contracts nobody offered.
        step = Step(*judged.at[place], record, [])
        by_contract[contract_id].append(step)
        if record.topic == topics.DISPUTES_EVENTS.name:
            latest[contract_id] = step
            step.passed += passed.pop(contract_id)[:-1]
    for contract_id, step in latest.items():
        step.passed += passed[contract_id]
    return by_contract


def _in_time(case: Case, steps: list[Step]) -> list[Step]:
    """Return the steps up to the offer's end in their order, and all acts after it at their t."""
    unknown = {record.place for record in case.unknown}
    known = [s for s in steps if "/".join(map(str, s.record[:3])) not in unknown]
    known.sort(key=lambda step: step.order)
    # A batch has one instant; the last record of it is surely not before the offer's end.
    at_end = [s.order for s in known if s.instant == case.left_offer_at]
    ending = max(at_end, default=known[-1].order if known else 0)
    on_offer = [step for step in known if step.order <= ending]
    later = [step for step in known if step.order > ending]
    latest = datetime.min.replace(tzinfo=UTC)
    for step in later:
        if step.is_prompt:
            step.instant = step.record.appended_at
            latest = max(latest, step.instant)
        else:
            # What the ledger reports rests on what was decided before it.
            step.instant = max(latest, step.instant)
    return [*on_offer, *sorted(later, key=lambda step: (step.instant, step.order))]


def _read_again(again: ServiceProcess, inputs: list[LogRecord]) -> Watch:
    watch = Watch(None, wire.KEYS)
    for record in inputs:
        message = read(record, wire.KEYS)
        if record.topic in REPORTS:
            watch.contracts.hear_report(message)
        else:
            watch.contracts.hear(message)
    for row in again.database["outbox"]:
        headers = (("type", row["type"].encode()),)
        said = read(LogRecord(row["topic"], 0, 0, 0, 1, row["key"], headers, row["value"]), {})
        if row["topic"] == topics.CONTRACTS_EVENTS.name:
            watch.contracts.event(said)
        elif row["topic"] == topics.CONTRACTS_ANSWERS.name:
            watch.contracts.answer(said)
    return watch


def _outcome(case: Case) -> dict[str, Any]:
    refused = {}
    disputed = any(tranche.opening is not None for tranche in case.tranches)
    for place, answer in case.answers.items():
        code = answer.data.get("code") or answer.data.get("first")
        if code in BEFORE_EFFECT:
            code = "before effect"
        elif code in OVER and disputed:
            code = "over"
        if code not in AT_THE_BORDER:
            refused[place] = code
    return {
        "status": case.status,
        **{
            f"tranche {t.number}": (t.buckets(), t.deadline_at and (t.deadline_at, t.generation))
            for t in case.tranches
        },
        **{f"applied {key}": True for key in case.applied},
        **{f"refused {place}": code for place, code in refused.items()},
        "fates": case.fates,
        "returned": case.returned,
    }
