"""What one transaction does, and the part of it that must wait for the database's clock.

An append time more than ``CLOCK_TOLERANCE`` ahead of that clock is not judged (SPEC section 5):
its partition is read no further until the clocks agree. The same contract's other topics go on:
a fact that is known before the command is judged is what the command would have waited for.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.chassis.inbox import PARTIES, Control, Place, Subscription, Unreadable
from services.chassis.intake import Read
from services.chassis.positions import Partition
from services.chassis.turns import Applicable
from services.chassis.virtual import Clocks

CLOCK_TOLERANCE: Final = timedelta(seconds=2)
"""How far the broker's clock may run ahead of the database's."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The record at which a partition waits: the first that was appended too far ahead."""

    offset: int
    appended_at: datetime
    now: datetime
    """The database's clock when it was last looked at."""

    @property
    def seconds(self) -> float:
        """How far ahead it was."""
        return (self.appended_at - self.now).total_seconds()

    @property
    def must_wait(self) -> bool:
        """Tell whether it is too far ahead to be judged."""
        return self.appended_at > self.now + CLOCK_TOLERANCE


@dataclass(slots=True)
class Work:
    """What one transaction does: records by contract, dead letters; or controls, and nothing else.

    So no record is judged in the transaction that moves the clock under it.
    """

    records: dict[UUID, list[Applicable]] = field(default_factory=lambda: defaultdict(list))
    letters: list[Unreadable] = field(default_factory=list)
    latest: datetime | None = None
    """The latest append time of a party's record."""
    read_to: dict[Partition, int] = field(default_factory=dict)
    """The parties' partitions of the batch, and the offset after its last record of each."""
    controls: list[Control] = field(default_factory=list)

    def add(self, read: Read) -> None:
        """Lay what was read where it belongs."""
        match read:
            case None:
                pass
            case Unreadable():
                self.letters.append(read)
            case Control():
                self.controls.append(read)
            case _:
                if read.topic in PARTIES:
                    self.latest = max(self.latest or read.appended_at, read.appended_at)
                self.records[read.contract_id].append(read)

    def of(self, contract_ids: Sequence[UUID]) -> "Work":
        """Return the part that concerns these contracts."""
        return Work({c: self.records[c] for c in contract_ids}, [], self.latest)

    def beyond(self, positions: Mapping[Partition, int]) -> "Work":
        """Return it without the records that an earlier transaction has judged already."""
        if not positions:
            return self

        def is_new(place: Place) -> bool:
            return place.offset >= positions.get((place.topic, place.partition), 0)

        records = {c: [r for r in rs if is_new(r)] for c, rs in self.records.items()}
        controls = [control for control in self.controls if is_new(control)]
        return Work(records, self.letters, self.latest, self.read_to, controls)

    def ahead_of(self, clocks: Clocks) -> dict[Partition, Ahead]:
        """Return the first record of each of the parties' partitions that must wait.

        None does where the clock is virtual: its append time and ours are one.
        """
        found: dict[Partition, Ahead] = {}
        if self.latest is None or self.latest <= clocks.now + CLOCK_TOLERANCE:
            return found
        for record in self._of_parties():
            at = record.topic, record.partition
            ahead = Ahead(record.offset, record.appended_at, clocks.now)
            if (
                ahead.must_wait
                and record.partition not in clocks.virtual
                and (at not in found or ahead.offset < found[at].offset)
            ):
                found[at] = ahead
        return found

    def before(self, waiting: Mapping[Partition, Ahead]) -> "Work":
        """Return it without what stands at or behind the records that wait, each in its partition.

        What is behind waits too, whenever it was appended: it must not overtake.
        """
        if not waiting:
            return self

        def goes_on(place: Place) -> bool:
            ahead = waiting.get((place.topic, place.partition))
            return ahead is None or place.offset < ahead.offset

        kept = {c: [r for r in records if goes_on(r)] for c, records in self.records.items()}
        ends = {at: ahead.offset for at, ahead in waiting.items()}
        work = Work(
            {contract_id: records for contract_id, records in kept.items() if records},
            [letter for letter in self.letters if goes_on(letter)],
            None,
            self.read_to | ends,
            [control for control in self.controls if goes_on(control)],
        )
        work.latest = max((r.appended_at for r in work._of_parties()), default=None)
        return work

    def _of_parties(self) -> list[Applicable]:
        return [r for records in self.records.values() for r in records if r.topic in PARTIES]


def after_commands(subscriptions: Sequence[Subscription]) -> frozenset[str]:
    """Return the topics whose records a batch applies after the parties' commands."""
    names = [subscription.topic.name for subscription in subscriptions]
    commands = [number for number, name in enumerate(names) if name in PARTIES]
    return frozenset(names[max(commands) + 1 :]) if commands else frozenset()


def in_parts(batch: Iterable[tuple[Any, Read]], last: Collection[str]) -> Sequence[Work]:
    """Return what is to be done of a batch, one part after the other.

    ``batch``: the log's records, and what was read of each. A control is of a part of its own:
    what is before it in its partition is judged before the clock is set, what is behind, after.
    Records of the topics ``last`` are judged after all commands, so behind the last control.
    """
    parts, passed = [Work()], Counter[Partition]()
    kept: list[Read] = []
    for raw, read in batch:
        at = raw.topic, raw.partition
        if raw.topic in last:
            kept.append(read)
            continue
        if isinstance(read, Control):
            passed[at] += 1
        number = passed[at] if passed else 0
        while len(parts) <= number:
            parts.append(Work())
        parts[number].add(read)
        if raw.topic in PARTIES:
            parts[number].read_to[at] = raw.offset + 1
        if isinstance(read, Control):
            passed[at] += 1
    if kept and parts[-1].controls:
        parts.append(Work())
    for read in kept:
        parts[-1].add(read)
    return parts
