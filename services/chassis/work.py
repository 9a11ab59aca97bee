"""What one transaction does, and the part of it that must wait for the database's clock.

An append time more than ``CLOCK_TOLERANCE`` ahead of that clock is not judged (SPEC section 5):
its partition is read no further until the clocks agree. The same contract's other topics go on:
no rule judges by the order between two topics, and a fact that is known before the command is
judged is what the command would have waited for.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.chassis.inbox import Place, Unreadable
from services.chassis.positions import Partition
from services.chassis.turns import Applicable

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
    """What one transaction does: records by contract, and dead letters."""

    records: dict[UUID, list[Applicable]] = field(default_factory=lambda: defaultdict(list))
    letters: list[Unreadable] = field(default_factory=list)
    latest: datetime | None = None
    """The latest append time of a party's record."""
    read_to: dict[Partition, int] = field(default_factory=dict)
    """The parties' partitions of the batch, and the offset after its last record of each."""

    def of(self, contract_ids: Sequence[UUID]) -> "Work":
        """Return the part that concerns these contracts."""
        return Work({c: self.records[c] for c in contract_ids}, [], self.latest)

    def beyond(self, positions: Mapping[Partition, int]) -> "Work":
        """Return it without the records that an earlier transaction has judged already."""
        if not positions:
            return self
        records = {
            contract_id: [r for r in rs if r.offset >= positions.get((r.topic, r.partition), 0)]
            for contract_id, rs in self.records.items()
        }
        return Work(records, self.letters, self.latest, self.read_to)

    def ahead_of(self, now: datetime) -> dict[Partition, Ahead]:
        """Return the first record of each of the parties' partitions that must wait at ``now``."""
        found: dict[Partition, Ahead] = {}
        for record in self._of_parties():
            ahead = Ahead(record.offset, record.appended_at, now)
            at = record.topic, record.partition
            if ahead.must_wait and (at not in found or ahead.offset < found[at].offset):
                found[at] = ahead
        return found

    def before(self, waiting: Mapping[Partition, Ahead]) -> "Work":
        """Return it without what stands at or behind the records that wait, each in its partition.

        What is behind waits too, whenever it was appended: it must not overtake.
        """

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
        )
        work.latest = max((r.appended_at for r in work._of_parties()), default=None)
        return work

    def _of_parties(self) -> list[Applicable]:
        return [
            record
            for records in self.records.values()
            for record in records
            if (record.topic, record.partition) in self.read_to
        ]
