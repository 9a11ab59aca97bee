"""What of a batch waits for the clock, and what goes on without it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas import topics
from services.chassis.inbox import Flawed, unreadable
from services.chassis.work import CLOCK_TOLERANCE, Work
from tests.unit.chassis.places import flawed_at

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)
EARLY = NOW + timedelta(seconds=9)
COMMANDS, ORDERS = topics.CONTRACTS_COMMANDS.name, topics.ORDERS_EVENTS.name
LEDGER = topics.LEDGER_EVENTS.name
ONE, TWO = UUID(int=1), UUID(int=2)


def work(*records: Flawed) -> Work:
    """A batch of these records, all of the parties' topics but the ledger's."""
    found = Work()
    for record in records:
        found.records[record.contract_id].append(record)
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
    waiting = batch.ahead_of(NOW)
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
    waiting = batch.ahead_of(NOW)
    rest = batch.before(waiting)
    assert {at: ahead.offset for at, ahead in waiting.items()} == {(COMMANDS, 3): 11}
    assert places(rest) == {(COMMANDS, 3, 10), (ORDERS, 3, 7), (COMMANDS, 4, 90)}
    assert rest.read_to == {(COMMANDS, 3): 11, (ORDERS, 3): 8, (COMMANDS, 4): 91}
    assert rest.latest == SOON
    assert not rest.ahead_of(NOW)


def test_what_our_own_services_say_is_not_judged_by_its_time_and_never_waits() -> None:
    batch = work(flawed_at(ONE, LEDGER, 3, 1, EARLY))
    assert batch.ahead_of(NOW) == {}
    assert batch.latest is None


def test_a_contract_with_nothing_left_takes_no_turn() -> None:
    batch = work(flawed_at(ONE, COMMANDS, 3, 1, EARLY))
    assert batch.before(batch.ahead_of(NOW)).records == {}


def test_an_unreadable_record_behind_the_early_one_waits_with_it() -> None:
    batch = work(flawed_at(ONE, COMMANDS, 3, 5, EARLY))
    batch.letters = [
        unreadable(flawed_at(TWO, COMMANDS, 3, offset, NOW), None, "KEY_INVALID", "x")
        for offset in (4, 6)
    ]
    rest = batch.before(batch.ahead_of(NOW))
    assert [letter.offset for letter in rest.letters] == [4]
