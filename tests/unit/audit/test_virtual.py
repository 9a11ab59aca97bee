"""When a record was appended by a virtual clock, as the auditor tells it from the log."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from crps.audit.log import LogRecord
from crps.audit.virtual import on_virtual_time
from crps.clock.log import MOVED, SET, control
from schemas import topics

REAL = datetime(2026, 6, 1, tzinfo=UTC)
T0 = datetime(2031, 1, 1, tzinfo=UTC)
T1 = T0 + timedelta(hours=120)
COMMANDS, EVENTS = topics.CONTRACTS_COMMANDS.name, topics.CONTRACTS_EVENTS.name
CLOCK = topics.SANDBOX_CLOCK.name


def record(topic: str, partition: int, offset: int, second: int, value: bytes = b"{}") -> LogRecord:
    """A record appended so many real seconds after ``REAL``."""
    wire_type = {COMMANDS: SET, CLOCK: MOVED}[topic] if value != b"{}" else "crps.x.y.v1"
    headers = (("type", wire_type.encode()),)
    appended_at = REAL + timedelta(seconds=second)
    key = str(UUID(int=0)).encode()
    return LogRecord(topic, partition, offset, appended_at, key, headers, value)


def found(*records: LogRecord) -> dict[tuple[str, int, int], datetime]:
    return {(r.topic, r.partition, r.offset): r.appended_at for r in on_virtual_time(records)}


def test_a_log_without_controls_stays_as_it_is() -> None:
    given = [record(COMMANDS, 3, 1, 5), record(EVENTS, 3, 1, 6)]
    assert list(on_virtual_time(given)) == given


def test_a_command_was_appended_when_the_control_before_it_says() -> None:
    assert found(
        record(COMMANDS, 3, 1, 5),
        record(COMMANDS, 3, 2, 6, control(SET, T0)),
        record(COMMANDS, 3, 3, 7),
        record(COMMANDS, 3, 4, 8, control(SET, T1)),
        record(COMMANDS, 3, 5, 8),
        record(COMMANDS, 4, 1, 9),
    ) == {
        (COMMANDS, 3, 1): REAL + timedelta(seconds=5),
        (COMMANDS, 3, 3): T0,
        (COMMANDS, 3, 5): T1,
        (COMMANDS, 4, 1): REAL + timedelta(seconds=9),
    }


def test_an_event_was_appended_when_the_last_control_of_its_partition_says() -> None:
    assert found(
        record(CLOCK, 3, 0, 9, control(MOVED, T1)),
        record(EVENTS, 3, 1, 5),
        record(EVENTS, 3, 2, 7),
        record(EVENTS, 3, 3, 9),
        record(EVENTS, 4, 1, 9),
        record(COMMANDS, 3, 2, 6, control(SET, T0)),
        record(COMMANDS, 3, 4, 8, control(SET, T1)),
    ) == {
        (EVENTS, 3, 1): REAL + timedelta(seconds=5),
        (EVENTS, 3, 2): T0,
        (EVENTS, 3, 3): T1,
        (EVENTS, 4, 1): REAL + timedelta(seconds=9),
    }
