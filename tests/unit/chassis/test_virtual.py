"""What time it is for a record and for a contract's turn, where the clock is virtual."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas import topics
from services.chassis.inbox import Record
from services.chassis.virtual import Clocks
from tests.unit.chassis import wire
from tests.unit.chassis.places import flawed_at

REAL = datetime(2026, 6, 1, tzinfo=UTC)
VIRTUAL = datetime(2031, 1, 1, tzinfo=UTC)
TOLD = VIRTUAL + timedelta(hours=5)
COMMANDS, LEDGER = topics.CONTRACTS_COMMANDS.name, topics.LEDGER_EVENTS.name
OURS = frozenset({LEDGER})
ONE = UUID(int=1)
CLOCKS = Clocks(REAL, {3: VIRTUAL})


def fact(partition: int, told: datetime) -> Record:
    """An event of the ledger that says it was written at ``told``."""
    read = wire.read_event(LEDGER, wire.body(wire.EMPTIED), wire.EMPTIED)
    assert isinstance(read, Record)
    message = read.message.model_copy(update={"time": told})
    return replace(read, partition=partition, message=message)


def test_a_command_bears_the_instant_at_which_the_clock_stands_and_a_fact_its_own() -> None:
    given = {ONE: [flawed_at(ONE, COMMANDS, 3, 1, REAL), flawed_at(ONE, LEDGER, 3, 1, REAL)]}
    assert [r.appended_at for r in CLOCKS.stamp(given)[ONE]] == [VIRTUAL, REAL]


def test_a_partition_whose_clock_was_never_set_lives_in_real_time() -> None:
    record = flawed_at(ONE, COMMANDS, 4, 1, REAL)
    assert CLOCKS.stamp({ONE: [record]})[ONE] == [record]
    assert CLOCKS.turn_at([record], OURS) == REAL


def test_what_was_held_keeps_the_instant_at_which_it_came() -> None:
    record = replace(fact(3, REAL), topic=COMMANDS, held=True)
    assert CLOCKS.stamp({ONE: [record]})[ONE] == [record]


def test_a_turn_is_taken_when_the_clock_says_or_its_latest_fact() -> None:
    command = flawed_at(ONE, COMMANDS, 3, 1, REAL)
    assert CLOCKS.turn_at([command], OURS) == VIRTUAL
    assert CLOCKS.turn_at([fact(3, VIRTUAL - timedelta(days=1))], OURS) == VIRTUAL
    assert CLOCKS.turn_at([command, fact(3, TOLD)], OURS) == TOLD


def test_the_clock_goes_on_while_a_service_does_not_read() -> None:
    command = flawed_at(ONE, COMMANDS, 3, 1, REAL)
    late = replace(CLOCKS, latest=TOLD)
    assert [r.appended_at for r in late.stamp({ONE: [command]})[ONE]] == [VIRTUAL]
    assert late.turn_at([command], OURS) == TOLD
    assert replace(CLOCKS, latest=VIRTUAL).turn_at([fact(3, TOLD)], OURS) == TOLD
    assert late.turn_at([flawed_at(ONE, COMMANDS, 4, 1, REAL)], OURS) == REAL


def test_what_a_party_or_a_bank_says_of_time_moves_nothing() -> None:
    assert CLOCKS.turn_at([fact(3, TOLD)], frozenset()) == VIRTUAL


def test_in_real_time_a_turn_is_taken_by_the_database_s_clock() -> None:
    assert Clocks(REAL, {}).turn_at([fact(3, TOLD)], OURS) == REAL
