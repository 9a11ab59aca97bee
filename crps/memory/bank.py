"""The sandbox bank in memory: its real answers, record by record, over the log."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.sandbox_bank.bank import answer
from connectors.sandbox_bank.messages import INBOUND, OUTBOUND, Outbound
from crps.memory.log import Log, Partition

Said = Sequence[Outbound]


def unchanged(said: Said) -> Said:
    """Say what is to be said, in its order."""
    return said


class BankProcess:
    """The bank: it keeps no state but the offsets up to which it has answered."""

    def __init__(self, log: Log, bend: Callable[[Said], Said] = unchanged) -> None:
        """``bend`` may repeat, reorder or add to what is about to be said."""
        self._log = log
        self._bend = bend
        self._offsets: dict[Partition, int] = {}

    def backlog(self) -> dict[Partition, int]:
        """Return how many records wait to be read, by partition, where there are any."""
        found = {}
        for topic in INBOUND:
            for partition in self._log.partitions_of(topic):
                waiting = self._log.end(partition) - self._offsets.get(partition, 0)
                if waiting:
                    found[partition] = waiting
        return found

    def serve(self, counts: Mapping[Partition, int], *, crash_after: int | None = None) -> None:
        """Answer so many records of each partition.

        With ``crash_after`` the bank dies once it has said so much, its offsets uncommitted.
        """
        # Any: the bank's own record type has attributes that may be set; nobody sets them.
        read: dict[Partition, Sequence[Any]] = {
            partition: self._log.read(partition, self._offsets.get(partition, 0), count)
            for partition, count in counts.items()
        }
        said = self._bend([out for records in read.values() for out in answer(records)])
        for out in said[:crash_after]:
            self._log.append(OUTBOUND, out.key, out.value, out.headers)
        if crash_after is None:
            self._offsets |= {p: records[-1].offset + 1 for p, records in read.items()}
