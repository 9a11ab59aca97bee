"""What of a batch waits for the clock, and what goes on without it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas import topics
from services.chassis.inbox import Control, Flawed, unreadable
from services.chassis.virtual import Clocks
from services.chassis.work import CLOCK_TOLERANCE, Work, after_commands, in_parts
from services.contracts.app import SUBSCRIPTIONS
from tests.unit.chassis.places import flawed_at

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)
EARLY = NOW + timedelta(seconds=9)
COMMANDS, ORDERS = topics.CONTRACTS_COMMANDS.name, topics.ORDERS_EVENTS.name
LEDGER = topics.LEDGER_EVENTS.name
REAL = Clocks(NOW, {})
ONE, TWO = UUID(int=1), UUID(int=2)


def work(*records: Flawed) -> Work:
    """A batch of these records, all of the parties' topics but the ledger's."""
    found = Work()
    for record in records:
        found.add(record)
        if record.topic != LEDGER:
            found.read_to[record.topic, record.partition] = record.offset + 1
    return found


def places(of: Work) -> set[tuple[str, int, int]]:
    return {(r.topic, r.partition, r.offset) for rs in of.records.values() for r in rs}


def test_exactly_the_tolerance_is_judged_and_a_millisecond_more_is_not() -> None:
    edge = NOW + CLOCK_TOLERANCE
    batch = work(
        flawed_at(ONE, COMMANDS, 3, 1, edge),
        flawed_at(TWO, COMMANDS, 4, 1, edge + timedelta(milliseconds=1)),
    )
    waiting = batch.ahead_of(REAL)
    assert set(waiting) == {(COMMANDS, 4)}
    assert waiting[COMMANDS, 4].seconds == 2.001


def test_the_partition_waits_from_its_first_early_record_on_and_the_others_go_on() -> None:
    batch = work(
        flawed_at(ONE, COMMANDS, 3, 10, NOW),
        flawed_at(TWO, COMMANDS, 3, 12, EARLY + timedelta(seconds=5)),
        flawed_at(ONE, COMMANDS, 3, 11, EARLY),
        flawed_at(ONE, COMMANDS, 3, 13, NOW),
        flawed_at(ONE, ORDERS, 3, 7, SOON),
        flawed_at(TWO, COMMANDS, 4, 90, SOON),
    )
    waiting = batch.ahead_of(REAL)
    rest = batch.before(waiting)
    assert {at: ahead.offset for at, ahead in waiting.items()} == {(COMMANDS, 3): 11}
    assert places(rest) == {(COMMANDS, 3, 10), (ORDERS, 3, 7), (COMMANDS, 4, 90)}
    assert rest.read_to == {(COMMANDS, 3): 11, (ORDERS, 3): 8, (COMMANDS, 4): 91}
    assert rest.latest == SOON
    assert not rest.ahead_of(REAL)


def test_what_our_own_services_say_is_not_judged_by_its_time_and_never_waits() -> None:
    batch = work(flawed_at(ONE, LEDGER, 3, 1, EARLY))
    assert batch.ahead_of(REAL) == {}
    assert batch.latest is None


def test_a_contract_with_nothing_left_takes_no_turn() -> None:
    batch = work(flawed_at(ONE, COMMANDS, 3, 1, EARLY))
    assert batch.before(batch.ahead_of(REAL)).records == {}


def test_an_unreadable_record_behind_the_early_one_waits_with_it() -> None:
    batch = work(flawed_at(ONE, COMMANDS, 3, 5, EARLY))
    batch.letters = [
        unreadable(flawed_at(TWO, COMMANDS, 3, offset, NOW), None, "KEY_INVALID", "x")
        for offset in (4, 6)
    ]
    rest = batch.before(batch.ahead_of(REAL))
    assert [letter.offset for letter in rest.letters] == [4]


def test_where_the_clock_is_virtual_nothing_is_ahead_of_it() -> None:
    batch = work(flawed_at(ONE, COMMANDS, 3, 1, EARLY), flawed_at(TWO, COMMANDS, 4, 1, EARLY))
    assert set(batch.ahead_of(Clocks(NOW, {3: NOW}))) == {(COMMANDS, 4)}


def control_at(topic: str, partition: int, offset: int) -> Control:
    place = flawed_at(ONE, topic, partition, offset, NOW)
    return Control(
        topic=topic,
        partition=partition,
        offset=offset,
        appended_at=NOW,
        key=place.key,
        headers=(),
        value=b"{}",
        to=EARLY,
    )


def parts(*records: Flawed | Control) -> list[Work]:
    last = after_commands(SUBSCRIPTIONS)
    return list(in_parts(((record, record) for record in records), last))


def test_a_batch_without_a_control_is_one_part() -> None:
    (only,) = parts(flawed_at(ONE, COMMANDS, 3, 1, NOW), flawed_at(TWO, ORDERS, 4, 1, NOW))
    assert places(only) == {(COMMANDS, 3, 1), (ORDERS, 4, 1)}
    assert only.read_to == {(COMMANDS, 3): 2, (ORDERS, 4): 2}


def test_a_control_stands_alone_between_what_is_before_and_behind_it_in_its_partition() -> None:
    found = parts(
        flawed_at(ONE, COMMANDS, 3, 10, NOW),
        control_at(COMMANDS, 3, 11),
        flawed_at(ONE, COMMANDS, 3, 12, NOW),
        control_at(COMMANDS, 3, 13),
        control_at(COMMANDS, 4, 7),
        flawed_at(TWO, COMMANDS, 4, 8, NOW),
        flawed_at(ONE, ORDERS, 3, 5, NOW),
    )
    before, first, between, second = found
    assert places(before) == {(COMMANDS, 3, 10), (ORDERS, 3, 5)}
    assert [offsets(c) for c in (first, second)] == [{11, 7}, {13}]
    assert places(between) == {(COMMANDS, 3, 12), (COMMANDS, 4, 8)}
    assert [part.read_to.get((COMMANDS, 3)) for part in found] == [11, 12, 13, 14]
    assert not before.controls
    assert not first.records


def test_money_is_judged_behind_all_commands_however_the_clock_was_set_between_them() -> None:
    money = flawed_at(ONE, LEDGER, 3, 5, NOW)
    controls = control_at(COMMANDS, 3, 10), control_at(COMMANDS, 3, 12)
    decline = flawed_at(ONE, COMMANDS, 3, 11, NOW)
    found = parts(money, controls[0], decline, controls[1])
    assert [places(part) for part in found] == [
        set(),
        set(),
        places(work(decline)),
        set(),
        places(work(money)),
    ]
    assert [offsets(part) for part in found] == [set(), {10}, set(), {12}, set()]
    (only,) = parts(money, decline)
    assert places(only) == places(work(money, decline))


def offsets(of: Work) -> set[int]:
    return {place.offset for place in of.controls}


def test_a_control_behind_a_record_that_waits_waits_too() -> None:
    batch = work(flawed_at(ONE, COMMANDS, 3, 5, EARLY))
    waiting = batch.ahead_of(REAL)
    (_, control, *_) = parts(control_at(COMMANDS, 3, 6))
    assert control.before(waiting).controls == []
    assert control.before({}).controls == control.controls
