"""What a run costs, read from outside: CPU of exactly our processes, offsets, commits, WAL.

Nothing is asked of the services. A server that another machine runs has no CPU to be read here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from crps.replay.stillness import GROUPS
from crps.stack.addresses import Addresses
from schemas import topics

Offsets = Mapping[TopicPartition, int]

DEAD_LETTERS: Final = frozenset(topics.dead_letters(service).name for service in topics.SERVICES)

_COUNTERS: Final = """
SELECT (SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = current_database())::bigint
           AS commits,
       (pg_current_wal_lsn() - '0/0')::bigint AS wal_bytes
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything that only grows, at one instant."""

    ends: Offsets
    committed: Mapping[str, Offsets]
    commits: int
    wal_bytes: int

    def written_since(self, before: "Counted") -> int:
        """Return how many records were appended to our topics."""
        return sum(end - before.ends.get(p, 0) for p, end in self.ends.items())

    def dead_since(self, before: "Counted") -> int:
        """Return how many of them are dead letters."""
        return sum(
            end - before.ends.get(p, 0) for p, end in self.ends.items() if p.topic in DEAD_LETTERS
        )

    def read_since(self, before: "Counted") -> int:
        """Return how many records the groups have processed, repeats of a crash not included."""
        return sum(
            offset - before.committed[group].get(partition, 0)
            for group, offsets in self.committed.items()
            for partition, offset in offsets.items()
        )

    @property
    def unread(self) -> int:
        """Return how many records the groups that read them have yet to process."""
        return sum(
            max(self.ends[partition] - offset, 0)
            for offsets in self.committed.values()
            for partition, offset in offsets.items()
        )


class Meters:
    """Reads the counters of one stack; start and close it around all readings."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    async def __aenter__(self) -> "Meters":
        bootstrap = self._addresses.kafka
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._database = await asyncpg.connect(self._addresses.postgres)
        await self._consumer.start()
        await self._admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()
        await self._consumer.stop()
        await self._database.close()

    async def count(self) -> Counted:
        """Read every counter now."""
        committed = {}
        for group in GROUPS:
            positions = await self._admin.list_consumer_group_offsets(group)
            committed[group] = {p: max(o.offset, 0) for p, o in positions.items()}
        row = await self._database.fetchrow(_COUNTERS)
        return Counted(await self._ends(), committed, row["commits"], row["wal_bytes"])

    async def settings(self, names: Sequence[str]) -> dict[str, str]:
        """Return settings of the database, such as those that make its commits durable."""
        return {name: await self._database.fetchval(f"SHOW {name}") for name in names}

    async def _ends(self) -> Offsets:
        partitions = [
            TopicPartition(found["topic"], each["partition"])
            for found in await self._admin.describe_topics([t.name for t in topics.TOPICS])
            for each in found["partitions"]
        ]
        ends: Offsets = await self._consumer.end_offsets(partitions)
        return ends


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Return user and system time so far, by name, children included as a tree."""
    return {name: _tree_seconds(pid) for name, pid in pids.items()}


def _tree_seconds(pid: int) -> float:
    root = psutil.Process(pid)
    own = _times(root)
    # What ended children used is with their parent since it was told of their end.
    seconds = own.user + own.system + own.children_user + own.children_system
    for child in root.children(recursive=True):
        try:
            times = _times(child)
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system
    return float(seconds)


def _times(process: psutil.Process) -> Any:
    return process.cpu_times()
