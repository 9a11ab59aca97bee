"""The turn: whatever order, repetition and batching the log brings, a history is applied once.

The toy service keeps a list of what it applied; parked records come back with the next batch, as
``held_record`` brings them.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import topics
from schemas.envelope import Attributes, RestsOn
from schemas.topics import Topic
from services.chassis.inbox import (
    Aggregate,
    Flawed,
    Hold,
    Passed,
    Place,
    Record,
    Subscription,
    Turn,
)
from services.chassis.turns import Turns

from .wire import CONTRACT, body, read_command

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEDGER, DISPUTES, COMMANDS = (
    topics.LEDGER_EVENTS,
    topics.DISPUTES_EVENTS,
    topics.CONTRACTS_COMMANDS,
)
SUBSCRIPTIONS = (
    Subscription(LEDGER, sequenced=True, ours=True),
    Subscription(DISPUTES, sequenced=True, ours=True),
    Subscription(COMMANDS),
)


@dataclass(slots=True, kw_only=True)
class Tally(Aggregate):
    """What was applied, in order."""

    applied: list[str] = field(default_factory=list)


class Toy:
    """Applies everything, but lets commands wait while ``patient``."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.patient = False
        self.unknown: set[str] = set()
        """Ids of commands that wait for facts on their own."""

    async def load(
        self, conn: asyncpg.Connection, records: Mapping[UUID, Sequence[Record]]
    ) -> dict[UUID, Tally]:
        raise NotImplementedError("the turn does no input or output")

    def apply(self, aggregate: Tally | None, record: Record, turn: Turn) -> Tally | Hold | None:
        if record.message.id == "raise":
            raise RuntimeError("a bug")
        if (record.topic == COMMANDS.name and self.patient) or record.message.id in self.unknown:
            return Hold.FACTS
        if record.message.id == "ignored":
            return None
        aggregate = aggregate or Tally(contract_id=CONTRACT)
        aggregate.applied.append(record.message.id)
        return aggregate

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        self.refused.append(flawed.attributes.id)

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[Tally]) -> None:
        raise NotImplementedError("the turn does no input or output")


def place(topic: Topic, offset: int) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "partition": 0,
        "offset": offset,
        "appended_at": NOW,
        "key": None,
        "headers": (),
        "value": b"",
    }


def message(identity: str, sequence: int | None, rests_on: tuple[Topic, int] | None) -> Attributes:
    return Attributes(
        specversion="1.0",
        id=identity,
        source="toy",
        type="crps.toy.moved.v1",
        subject=CONTRACT,
        time=NOW,
        sequence=sequence,
        restson=rests_on and RestsOn(topic=rests_on[0].name, sequence=rests_on[1]),
    )


def record(
    topic: Topic,
    number: int,
    identity: str | None = None,
    *,
    rests_on: tuple[Topic, int] | None = None,
    held: bool = False,
) -> Record:
    """Event ``number`` of a sequenced topic, or the command at that offset."""
    sequence = None if topic is COMMANDS else number
    said: Any = message(identity or f"{topic.name}/{number}", sequence, rests_on)
    return Record(
        **place(topic, number), contract_id=CONTRACT, message=said, upstream=None, held=held
    )


def passed(topic: Topic, number: int) -> Passed:
    return Passed(
        **place(topic, number), contract_id=CONTRACT, message=message("passed", number, None)
    )


class Contract:
    """One contract over many batches: its counters, and what is parked."""

    def __init__(self) -> None:
        self.toy = Toy()
        self.turns = Turns(SUBSCRIPTIONS, self.toy)
        self.aggregate: Tally | None = None
        self.seen: dict[str, int] = {}
        self.parked: dict[tuple[str, int], Record | Passed] = {}

    @property
    def applied(self) -> list[str]:
        return self.aggregate.applied if self.aggregate else []

    def batch(self, records: Iterable[Record | Flawed | Passed]) -> Turn:
        fresh = {(r.topic, r.offset): r for r in records}
        turn = Turn(CONTRACT, "toy", NOW, dict(self.seen), {})
        everything = [*self.parked.values(), *(r for p, r in fresh.items() if p not in self.parked)]
        self.aggregate = self.turns.take(self.aggregate, everything, turn)
        self.seen = turn.seen
        for done in turn.settled:
            self.parked.pop((done.topic, done.offset))
        for waiting, _, _ in turn.holds:
            self._park(waiting, everything)
        return turn

    def _park(self, waiting: Place, everything: Sequence[Record | Flawed | Passed]) -> None:
        from dataclasses import replace

        for candidate in everything:
            if candidate is waiting and not isinstance(candidate, Flawed):
                self.parked[waiting.topic, waiting.offset] = replace(candidate, held=True)

    def attend(self) -> None:
        """Try the parked ones again until nothing moves any more."""
        before = None
        while before != (before := (self.seen.copy(), len(self.applied), len(self.parked))):
            self.batch([])


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Record], list[list[Record]]]:
    """Two histories, some of the second resting on the first, and how the log brings them."""
    first = [record(LEDGER, n) for n in range(1, draw(st.integers(1, 6)) + 1)]
    second = [
        record(
            DISPUTES,
            n,
            rests_on=draw(st.none() | st.tuples(st.just(LEDGER), st.integers(1, len(first)))),
        )
        for n in range(1, draw(st.integers(0, 6)) + 1)
    ]
    history = first + second
    repeats = draw(st.lists(st.sampled_from(history), max_size=8))
    order = draw(st.permutations(history + repeats))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=5)))
    edges = [0, *cuts, len(order)]
    return history, [list(order[a:b]) for a, b in itertools.pairwise(edges)]


@given(deliveries())
def test_any_delivery_of_a_history_is_applied_once_in_order(
    delivery: tuple[list[Record], list[list[Record]]],
) -> None:
    history, batches = delivery
    contract = Contract()
    for batch in batches:
        contract.batch(batch)
        _check_prefix(contract, history)
    contract.attend()
    assert contract.parked == {}
    for topic in (LEDGER, DISPUTES):
        expected = [r.message.id for r in history if r.topic == topic.name]
        assert [i for i in contract.applied if i.startswith(topic.name)] == expected
        assert contract.seen.get(topic.name, 0) == len(expected)


def _check_prefix(contract: Contract, history: list[Record]) -> None:
    """At no moment is anything applied before what it follows or rests on."""
    positions = {identity: n for n, identity in enumerate(contract.applied)}
    assert len(positions) == len(contract.applied)
    for known in history:
        if known.message.id not in positions:
            continue
        sequence = known.message.sequence
        assert sequence is not None
        if sequence > 1:
            assert positions[f"{known.topic}/{sequence - 1}"] < positions[known.message.id]
        rests_on = known.message.restson
        if rests_on is not None:
            assert positions[f"{rests_on.topic}/{rests_on.sequence}"] < positions[known.message.id]


def test_a_gap_waits_and_a_repeat_is_silent() -> None:
    contract = Contract()
    turn = contract.batch([record(LEDGER, 2)])
    assert [hold[1] for hold in turn.holds] == [Hold.GAP]
    contract.batch([record(LEDGER, 1)])
    assert contract.applied == [f"{LEDGER.name}/1", f"{LEDGER.name}/2"]
    turn = contract.batch([record(LEDGER, 1), record(LEDGER, 2)])
    assert (turn.holds, turn.settled) == ([], [])
    assert len(contract.applied) == 2


def test_what_passes_counts_in_its_sequence() -> None:
    contract = Contract()
    contract.batch([record(LEDGER, 3), passed(LEDGER, 2)])
    assert contract.applied == []
    contract.batch([passed(LEDGER, 1)])
    assert contract.applied == [f"{LEDGER.name}/3"]
    assert contract.parked == {}


def test_topics_go_in_the_order_of_the_table_commands_in_that_of_the_log() -> None:
    contract = Contract()
    contract.batch([record(COMMANDS, 9), record(COMMANDS, 4), record(LEDGER, 1)])
    assert contract.applied == [f"{LEDGER.name}/1", f"{COMMANDS.name}/4", f"{COMMANDS.name}/9"]


def test_a_party_cannot_make_its_command_wait_for_a_fact_that_never_comes() -> None:
    contract = Contract()
    turn = contract.batch([record(COMMANDS, 1, rests_on=(LEDGER, 10**9))])
    assert turn.holds == []
    assert contract.applied == [f"{COMMANDS.name}/1"]


def test_a_fact_of_a_topic_that_is_not_counted_here_is_not_waited_for() -> None:
    contract = Contract()
    contract.batch([record(LEDGER, 1, rests_on=(topics.SCHEDULER_EVENTS, 5))])
    assert contract.applied == [f"{LEDGER.name}/1"]


def test_the_service_may_let_a_record_wait() -> None:
    contract = Contract()
    contract.toy.patient = True
    turn = contract.batch([record(COMMANDS, 1)])
    assert [hold[1] for hold in turn.holds] == [Hold.FACTS]
    contract.toy.patient = False
    contract.batch([])
    assert (contract.applied, contract.parked) == ([f"{COMMANDS.name}/1"], {})


def test_nothing_on_a_topic_overtakes_a_command_that_waits_for_facts() -> None:
    contract = Contract()
    contract.toy.unknown = {f"{COMMANDS.name}/2"}
    turn = contract.batch([record(COMMANDS, n) for n in (1, 2, 3)] + [record(LEDGER, 1)])
    assert [reason for _, reason, _ in turn.holds] == [Hold.FACTS, Hold.FACTS]
    contract.batch([record(COMMANDS, 4)])
    before = [f"{LEDGER.name}/1", f"{COMMANDS.name}/1"]
    assert contract.applied == before
    contract.toy.unknown = set()
    contract.batch([record(COMMANDS, 5)])
    assert contract.applied == [*before, *(f"{COMMANDS.name}/{n}" for n in (2, 3, 4, 5))]
    assert contract.parked == {}


def test_a_record_of_an_unknown_contract_may_leave_it_unknown() -> None:
    contract = Contract()
    contract.batch([record(LEDGER, 1, "ignored")])
    assert contract.aggregate is None
    assert contract.seen == {LEDGER.name: 1}


def test_a_flawed_command_is_refused_and_holds_up_nobody() -> None:
    flawed = read_command(body(data={}))
    assert isinstance(flawed, Flawed)
    contract = Contract()
    contract.batch([flawed, record(COMMANDS, 9), record(COMMANDS, 1)])
    assert contract.toy.refused == ["m-1"]
    assert contract.applied == [f"{COMMANDS.name}/1", f"{COMMANDS.name}/9"]


def test_what_the_service_raises_reaches_the_caller() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        Contract().batch([record(LEDGER, 1, "raise")])
