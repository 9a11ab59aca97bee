"""The sandbox's clock in the log: what is judged when, and what a crash or a repeat changes.

On real PostgreSQL, and on the tables in memory.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from crps.clock.log import SET, control
from crps.replay.signing import signed_headers
from schemas import topics
from services.chassis.errors import InvariantBroken
from services.chassis.journal import QUERIES
from services.chassis.virtual import check_time

from .test_processor import in_two_partitions
from .toy import CLOCK_KEY, Bench, command, ledger_event, new_contract

COMMANDS = topics.CONTRACTS_COMMANDS.name
NIL = UUID(int=0)
T0 = datetime(2031, 1, 1, tzinfo=UTC)
T1 = T0 + timedelta(hours=120)
T2 = T1 + timedelta(hours=1)


def set_clock(partition: int, to: datetime, *, offset: int) -> Any:
    value = control(SET, to)
    return SimpleNamespace(
        topic=COMMANDS,
        partition=partition,
        offset=offset,
        timestamp=1_767_225_600_000,
        timestamp_type=1,
        key=str(NIL).encode(),
        headers=tuple(signed_headers(SET, value, topics.CLOCK, CLOCK_KEY)),
        value=value,
    )


def fact(contract_id: UUID, sequence: int, told: datetime) -> Any:
    return ledger_event(contract_id, sequence, time=told.isoformat())


def partition_of(contract_id: UUID) -> int:
    return int(command(contract_id, "c", offset=1).partition)


async def known(bench: Bench, contract_id: UUID) -> None:
    await bench.processor.process([fact(contract_id, 1, T0)])
    bench.toy.judged.clear()


async def stands_at(bench: Bench) -> dict[int, datetime]:
    row = await bench.pool.fetchrow(QUERIES["read_clocks"])
    return dict(zip(row["partitions"], row["instants"], strict=True))


async def test_a_command_is_judged_when_the_clock_stood_however_the_batch_was_cut(
    bench: Bench,
) -> None:
    one = new_contract()
    at = partition_of(one)
    await known(bench, one)
    await bench.processor.process(
        [
            set_clock(at, T0, offset=10),
            command(one, "c-11", offset=11),
            command(one, "c-12", offset=12),
            set_clock(at, T1, offset=13),
            command(one, "c-14", offset=14),
            set_clock(at, T2, offset=15),
        ]
    )
    await bench.processor.process([command(one, "c-16", offset=16)])
    assert bench.toy.judged == [
        ("c-11", T0, T0),
        ("c-12", T0, T0),
        ("c-14", T1, T1),
        ("c-16", T2, T2),
    ]
    assert await stands_at(bench) == {at: T2}


async def test_another_process_knows_where_the_clock_stands(bench: Bench) -> None:
    one = new_contract()
    at = partition_of(one)
    await known(bench, one)
    await bench.processor.process([set_clock(at, T1, offset=10)])
    other = type(bench).over(bench.pool)
    await other.processor.process([command(one, "c-11", offset=11)])
    assert other.toy.judged == [("c-11", T1, T1)]


async def test_a_partition_is_told_for_itself(bench: Bench) -> None:
    one, two = in_two_partitions()
    await known(bench, one)
    await known(bench, two)
    before = await bench.now()
    await bench.processor.process(
        [set_clock(partition_of(one), T1, offset=10), command(two, "c-1", offset=1)]
    )
    ((_, appended_at, now),) = bench.toy.judged
    assert appended_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert before <= now < T0


async def test_a_control_delivered_again_or_sent_again_changes_nothing(bench: Bench) -> None:
    one = new_contract()
    at = partition_of(one)
    await known(bench, one)
    batch = [
        set_clock(at, T0, offset=10),
        command(one, "c-11", offset=11),
        set_clock(at, T1, offset=12),
    ]
    await bench.processor.process(batch)
    await bench.processor.process(batch)
    await bench.processor.process([set_clock(at, T1, offset=13), command(one, "c-14", offset=14)])
    assert bench.toy.judged == [("c-11", T0, T0), ("c-14", T1, T1)]
    assert await bench.letters(NIL) == []


async def test_time_never_falls(bench: Bench) -> None:
    one = new_contract()
    at = partition_of(one)
    await known(bench, one)
    before = await bench.letters(NIL)
    await bench.processor.process([set_clock(at, T1, offset=10)])
    await bench.processor.process([set_clock(at, T0, offset=11), command(one, "c-12", offset=12)])
    assert bench.toy.judged == [("c-12", T1, T1)]
    assert await stands_at(bench) == {at: T1}
    assert (await bench.letters(NIL))[len(before) :] == ["CLOCK_BACKWARDS"]


async def test_a_fact_that_is_read_before_the_control_brings_its_own_time(bench: Bench) -> None:
    one = new_contract()
    at = partition_of(one)
    await known(bench, one)
    await bench.processor.process([set_clock(at, T0, offset=10)])
    await bench.processor.process([fact(one, 2, T1), command(one, "c-11", offset=11)])
    assert bench.toy.judged == [("event-2", bench.toy.judged[0][1], T1), ("c-11", T0, T1)]


async def test_a_command_that_waits_keeps_the_instant_at_which_it_came(bench: Bench) -> None:
    one = new_contract()
    at = partition_of(one)
    await bench.processor.process(
        [
            set_clock(at, T0, offset=10),
            command(one, "c-11", offset=11),
            set_clock(at, T1, offset=12),
        ]
    )
    assert await bench.held(one) == ["facts"]
    await bench.processor.process([fact(one, 1, T1)])
    assert [(name, when) for name, when, _ in bench.toy.judged if name == "c-11"] == [("c-11", T0)]
    assert bench.toy.judged[-1][2] == T1


async def test_the_broker_s_clock_has_no_say_where_it_is_virtual(bench: Bench) -> None:
    one = new_contract()
    at = partition_of(one)
    await known(bench, one)
    late = command(one, "c-11", offset=11)
    late.timestamp = int((await bench.now()).timestamp() * 1000) + 3_600_000
    assert await bench.processor.process([set_clock(at, T0, offset=10), late]) == {}
    assert bench.toy.judged == [("c-11", T0, T0)]


async def test_production_does_not_go_on_where_a_sandbox_has_lived(bench: Bench) -> None:
    await check_time(bench.pool, "production")
    await bench.processor.process([set_clock(3, T0, offset=10)])
    await check_time(bench.pool, "sandbox")
    with pytest.raises(InvariantBroken, match="virtual time"):
        await check_time(bench.pool, "production")


async def test_in_production_a_control_is_a_dead_letter_and_moves_nothing(bench: Bench) -> None:
    live = type(bench).over(bench.pool, "production")
    one = new_contract()
    await known(live, one)
    before = await live.letters(NIL)
    await live.processor.process(
        [set_clock(partition_of(one), T1, offset=10), command(one, "c-11", offset=11)]
    )
    assert (await live.letters(NIL))[len(before) :] == ["CLOCK_REFUSED"]
    assert await stands_at(live) == {}
    ((_, appended_at, now),) = live.toy.judged
    assert appended_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert now < T0
