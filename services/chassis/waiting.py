"""What waits in ``held_record``: when its facts were read, and when somebody must hear of it."""

from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog

from services.chassis.inbox import Subscription
from services.chassis.journal import QUERIES
from services.chassis.positions import Log, Partition

log = structlog.get_logger()

HELD_ALARM: Final = timedelta(seconds=60)
"""A record that waits longer is somebody's business: a lost fact, a bank's unknown contract."""


class Waiting:
    """Looks after the held records of one service."""

    def __init__(self, pool: asyncpg.Pool, subscriptions: Mapping[str, Subscription]) -> None:
        """``subscriptions`` are by topic name."""
        self._pool = pool
        self._subscriptions = subscriptions
        self._alarmed: set[tuple[Any, ...]] = set()

    async def settle_facts(self, log_: Log, positions: MutableMapping[Partition, int]) -> None:
        """Ask how far the facts reach, once a command that waits for them was read.

        Fills ``positions`` where nothing of a fact topic was processed here yet.
        """
        for row in await self._pool.fetch(QUERIES["waiting_for_facts"]):
            facts = self._subscriptions[row["topic"]].facts
            partitions = [(topic.name, row["partition"]) for topic in facts]
            for partition in partitions:
                if partition not in positions:
                    positions[partition] = await log_.committed(partition)
            if row["facts_offset"] is None:
                ends = await log_.ends(partitions)
                await self._pool.execute(
                    QUERIES["settle_facts"],
                    row["contract_id"],
                    row["topic"],
                    row["partition"],
                    row["record_offset"],
                    max(ends.values(), default=0),
                )

    async def alarm(self) -> None:
        """Say once, loudly, of each record that it has waited for too long."""
        now = await self._pool.fetchval(QUERIES["read_clock"])
        rows = await self._pool.fetch(QUERIES["held_since"], now - HELD_ALARM)
        late = {tuple(row)[:4]: row for row in rows}
        for place in late.keys() - self._alarmed:
            row = late[place]
            log.error(
                "record.waits",
                contract_id=str(row["contract_id"]),
                topic=row["topic"],
                partition=row["partition"],
                offset=row["record_offset"],
                reason=row["reason"],
                since=row["held_at"].isoformat(),
            )
        self._alarmed = set(late)
