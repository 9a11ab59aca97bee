"""When a record was appended by a sandbox's virtual clock, told from the log alone (SPEC 5).

On the topics of commands it stood where the control before the record set it. On any other topic
it stood where the last control of the same partition number set it that the broker had by then.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from crps.audit.log import LogRecord
from crps.audit.messages import Message, header, read_message
from crps.proofs import ENVIRONMENT
from schemas.envelope import TYPE_HEADER
from schemas.sandbox_v1 import ClockMoved, ClockSet
from schemas.topics import CONTRACTS_COMMANDS, DISPUTES_COMMANDS

_TYPES: Final = {"crps.clock.set.v1", "crps.clock.moved.v1"}
_COMMANDS: Final = {CONTRACTS_COMMANDS.name, DISPUTES_COMMANDS.name}


def on_virtual_time(records: Iterable[LogRecord]) -> Sequence[LogRecord]:
    """Return the records without the controls, each as appended by the clock of its partition.

    The given ones are in the order of each partition, and none of them was quarantined. Where the
    clock was never set they come back as they are.
    """
    judged: list[LogRecord] = []
    stands_at: dict[tuple[str, int], datetime] = {}
    steps: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for record in records:
        at = record.topic, record.partition
        told = _control(record)
        if isinstance(told, ClockSet):
            stands_at[at] = told.to
            steps[record.partition].append((record.appended_at, told.to))
        elif not isinstance(told, ClockMoved):
            judged.append(replace(record, appended_at=stands_at.get(at, record.appended_at)))
    for each in steps.values():
        each.sort()
    return [r if r.topic in _COMMANDS else _elsewhere(r, steps[r.partition]) for r in judged]


def _control(record: LogRecord) -> ClockSet | ClockMoved | None:
    if header(record, TYPE_HEADER) not in _TYPES:
        return None
    message = read_message(record, ENVIRONMENT)  # A control bears no signature of a party.
    return message.data if isinstance(message, Message) else None


def _elsewhere(record: LogRecord, steps: Sequence[tuple[datetime, datetime]]) -> LogRecord:
    """Return a record of another topic; ``steps``: when the clock was set, and to what."""
    passed = bisect_right(steps, record.appended_at, key=lambda step: step[0])
    return replace(record, appended_at=steps[passed - 1][1]) if passed else record
