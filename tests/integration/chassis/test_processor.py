"""One batch, one transaction: sequences, parking, blocking, redelivery.

On real PostgreSQL, and on the tables in memory, which must be the same to all that is above them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from schemas import topics
from services.chassis.errors import InvariantBroken

from .toy import POISON, Bench, command, ledger_event, new_contract, raw


class FakeLog:
    """A log whose ends the test says."""

    def __init__(self, end: int, committed: int = 0) -> None:
        self.end, self.position, self.asked = end, committed, 0

    async def ends(self, partitions: Sequence[Any]) -> Mapping[Any, int]:
        self.asked += 1
        return dict.fromkeys(partitions, self.end)

    async def committed(self, partition: Any) -> int:
        return self.position


async def test_a_batch_is_applied_in_sequence_and_journaled(bench: Bench) -> None:
    one, two = new_contract(), new_contract()
    await bench.processor.process(
        [ledger_event(one, 2), ledger_event(two, 1), ledger_event(one, 1)]
    )
    assert await bench.applied(one) == ["event-1", "event-2"]
    assert await bench.applied(two) == ["event-1"]
    rows = await bench.journal(one)
    assert [sequence for sequence, _ in rows] == [1, 2]
    assert await bench.outbox(one) == [value for _, value in rows]
    assert json.loads(rows[0][1])["causationid"] == "event-1"


async def test_a_redelivered_batch_changes_nothing(bench: Bench) -> None:
    one = new_contract()
    batch = [ledger_event(one, 1), ledger_event(one, 2)]
    await bench.processor.process(batch)
    await bench.processor.process(batch)
    assert await bench.applied(one) == ["event-1", "event-2"]
    assert len(await bench.outbox(one)) == 2


async def test_a_gap_parks_until_it_closes(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([ledger_event(one, 1), ledger_event(one, 3)])
    assert await bench.applied(one) == ["event-1"]
    assert await bench.held(one) == ["gap"]
    await bench.processor.process([ledger_event(one, 2)])
    assert await bench.applied(one) == ["event-1", "event-2", "event-3"]
    assert await bench.held(one) == []


async def test_a_decision_waits_for_the_fact_it_rests_on(bench: Bench) -> None:
    one = new_contract()
    body = json.loads(ledger_event(one, 1).value)
    del body["data"]
    body |= {"type": "crps.dispute.later.v1", "restson": {
        "topic": topics.LEDGER_EVENTS.name, "sequence": 1}}  # fmt: skip
    record = raw(topics.DISPUTES_EVENTS.name, one, json.dumps(body).encode(), body["type"],
                 offset=7)  # fmt: skip
    await bench.processor.process([record])
    assert await bench.held(one) == ["rests_on"]
    await bench.processor.process([ledger_event(one, 1)])
    assert await bench.held(one) == []


async def test_a_failing_decision_blocks_its_contract_and_no_other(bench: Bench) -> None:
    sick, well = new_contract(), new_contract()
    await bench.processor.process([ledger_event(sick, 1, id=POISON), ledger_event(well, 1)])
    assert await bench.applied(sick) == []
    assert await bench.applied(well) == ["event-1"]
    assert await bench.held(sick) == ["blocked"]
    assert await bench.letters(sick) == ["DECISION_FAILED"]

    await bench.processor.process([ledger_event(sick, 2), ledger_event(well, 2)])
    assert await bench.held(sick) == ["blocked", "behind"]
    assert await bench.applied(well) == ["event-1", "event-2"]

    bench.toy.poisonous = False  # The service was mended; an operator lets it try again.
    await bench.retry(sick)
    await bench.processor.attend(FakeLog(0))
    assert await bench.applied(sick) == [POISON, "event-2"]
    assert await bench.held(sick) == []


async def test_a_flawed_command_is_answered_though_its_contract_fails(bench: Bench) -> None:
    undecided, unwritten = new_contract(), new_contract()
    flawed = {"party": "p-1", "surplus": 1}
    await bench.forbid(unwritten)
    await bench.processor.process(
        [
            ledger_event(undecided, 1, id=POISON),
            command(undecided, "c-1", offset=21, **flawed),
            ledger_event(unwritten, 1),
            command(unwritten, "c-2", offset=22, **flawed),
        ]
    )
    for contract_id in (undecided, unwritten):
        assert await bench.held(contract_id) == ["blocked"]
        answers = [b for b in await bench.outbox(contract_id) if b'"payee_arrived":"0"' in b]
        assert len(answers) == 1


async def test_a_failing_write_is_bisected_to_its_contract(bench: Bench) -> None:
    contracts = [new_contract() for _ in range(8)]
    sick = contracts[5]
    await bench.forbid(sick)
    await bench.processor.process([ledger_event(c, 1) for c in contracts])
    for contract_id in contracts:
        expected = [] if contract_id == sick else ["event-1"]
        assert await bench.applied(contract_id) == expected
    assert await bench.held(sick) == ["blocked"]


async def test_a_contract_with_only_held_records_left_is_blocked_too(bench: Bench) -> None:
    sick = new_contract()
    await bench.processor.process([ledger_event(sick, 1, id=POISON)])
    bench.toy.poisonous = False
    await bench.retry(sick)
    await bench.forbid(sick)
    await bench.processor.attend(FakeLog(0))
    assert await bench.held(sick) == ["blocked"]


async def test_an_unreadable_event_of_ours_blocks_its_contract(bench: Bench) -> None:
    sick, well = new_contract(), new_contract()
    broken = ledger_event(sick, 1)
    broken.value = b"not json"
    await bench.processor.process([broken, ledger_event(well, 1)])
    assert await bench.held(sick) == ["blocked"]
    assert await bench.applied(well) == ["event-1"]
    await bench.processor.process([ledger_event(sick, 2)])
    assert await bench.held(sick) == ["blocked", "behind"]


async def test_a_command_waits_until_the_facts_are_read(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([command(one, "c-1", offset=1)])
    assert await bench.held(one) == ["facts"]
    assert bench.processor.waiting_for_facts
    log = FakeLog(end=5)
    await bench.processor.attend(log)
    assert await bench.held(one) == ["facts"]  # Four records of the fact topic are still unread.
    bench.processor.positions[topics.ORDERS_EVENTS.name, command(one, "c", offset=1).partition] = 5
    await bench.processor.attend(log)
    assert await bench.held(one) == []
    assert log.asked == 2  # Once whether the log is whole, once for the facts.
    assert await bench.letters(one) == ["UNKNOWN_CONTRACT"]


async def test_a_command_that_overtook_its_fact_is_applied_after_it(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([command(one, "c-1", offset=1)])
    await bench.processor.process([ledger_event(one, 1)])
    assert await bench.applied(one) == ["event-1", "c-1"]


async def test_a_command_that_nobody_can_read_any_more_blocks_nothing(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([command(one, "c-1", offset=1)])
    bench.intake._keys = {}  # Its upstream's key is withdrawn while it waits.
    await bench.processor.process([ledger_event(one, 1)])
    assert await bench.held(one) == []
    assert await bench.letters(one) == ["UPSTREAM_UNKNOWN"]
    assert await bench.applied(one) == ["event-1"]


async def test_a_command_read_before_is_silent_whatever_became_of_it(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([command(one, "c-1", offset=1)])
    bench.processor.positions[topics.ORDERS_EVENTS.name, command(one, "c", offset=1).partition] = 5
    await bench.processor.attend(FakeLog(end=5))
    assert await bench.letters(one) == ["UNKNOWN_CONTRACT"]
    await bench.processor.process([ledger_event(one, 1), command(one, "c-1", offset=1)])
    assert await bench.applied(one) == ["event-1"]


async def test_a_batch_of_which_a_part_was_blocked_counts_as_read(bench: Bench) -> None:
    sick, well = new_contract(), new_contract()
    await bench.processor.process([ledger_event(well, 1)])
    await bench.forbid(sick)
    await bench.processor.process([ledger_event(sick, 1), command(well, "c-2", offset=4)])
    await bench.processor.process([command(well, "c-2", offset=4)])
    assert await bench.applied(well) == ["event-1", "c-2"]
    assert await bench.held(sick) == ["blocked"]


async def test_a_log_that_was_begun_anew_is_not_taken_for_repeats(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([command(one, "c-1", offset=41)])
    with pytest.raises(InvariantBroken, match="begun anew"):
        await bench.processor.attend(FakeLog(end=7))


async def test_a_lost_connection_runs_the_batch_again(bench: Bench) -> None:
    one = new_contract()
    await bench.processor.process([ledger_event(one, 1)])
    await bench.lose_connections()
    await bench.processor.process([ledger_event(one, 2)])
    assert await bench.applied(one) == ["event-1", "event-2"]


def in_two_partitions() -> tuple[UUID, UUID]:
    one, two = new_contract(), new_contract()
    while command(two, "c", offset=1).partition == command(one, "c", offset=1).partition:
        two = new_contract()
    return one, two


async def test_a_clock_ahead_holds_its_own_partition_from_that_record_on(bench: Bench) -> None:
    one, two = in_two_partitions()
    partition = command(one, "c", offset=1).partition
    now_ms = int((await bench.now()).timestamp() * 1000)
    batch = [
        command(one, "c-4", offset=4),
        command(one, "c-5", offset=5),
        command(one, "c-6", offset=6),
        ledger_event(one, 1),
        command(two, "c-4", offset=4),
        ledger_event(two, 1),
    ]
    batch[1].timestamp = now_ms + 60_000
    waiting = await bench.processor.process(batch)
    at = topics.CONTRACTS_COMMANDS.name, partition
    assert {place: ahead.offset for place, ahead in waiting.items()} == {at: 5}
    assert waiting[at].seconds == pytest.approx(60, abs=5)
    assert bench.processor.positions[at] == 5
    assert await bench.applied(one) == ["event-1", "c-4"]
    assert await bench.applied(two) == ["event-1", "c-4"]
    assert await bench.held(one) == []
    assert not bench.retries
    batch[1].timestamp = now_ms  # The clocks agree now; the consumer stands at this record.
    assert await bench.processor.process(batch[1:3]) == {}
    assert await bench.applied(one) == ["event-1", "c-4", "c-5", "c-6"]


async def test_a_batch_that_waits_whole_leaves_nothing_behind(bench: Bench) -> None:
    one = new_contract()
    early = command(one, "c-1", offset=1)
    early.timestamp = int((await bench.now()).timestamp() * 1000) + 60_000
    assert await bench.processor.process([early])
    assert await bench.held(one) == []
    assert await bench.outbox(one) == []
    assert not bench.processor.waiting_for_facts


async def test_a_fact_that_waits_for_the_clock_does_not_count_as_read(bench: Bench) -> None:
    one = new_contract()
    body = json.loads(command(one, "o-1", offset=4).value) | {"type": "crps.order.placed.v1"}
    fact = raw(topics.ORDERS_EVENTS.name, one, json.dumps(body).encode(), body["type"],
               offset=4, upstream=True)  # fmt: skip
    fact.timestamp = int((await bench.now()).timestamp() * 1000) + 60_000
    waiting = await bench.processor.process([command(one, "c-1", offset=1), fact])
    assert set(waiting) == {(topics.ORDERS_EVENTS.name, fact.partition)}
    await bench.processor.attend(FakeLog(end=5))
    await bench.processor.attend(FakeLog(end=5))
    assert await bench.held(one) == ["facts"]
    assert await bench.letters(one) == []
