"""Tells when a real system has come to rest at the present instant of its virtual clock.

Nothing waits any more when, in one look taken in this order, every running group has committed all
that the topics hold, no outbox holds a row and no timer is due, and nothing was appended since:
whatever was processed has been sent by then, and all that was sent has been processed. A command
that waits for facts is held until its service has looked how far they reach; that is waited for.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from connectors.sandbox_bank.bank import GROUP as BANK_GROUP
from connectors.sandbox_bank.messages import INBOUND
from services.contracts.app import SUBSCRIPTIONS as CONTRACTS
from services.disputes.app import SUBSCRIPTIONS as DISPUTES
from services.ledger.app import SUBSCRIPTIONS as LEDGER
from services.scheduler.app import SUBSCRIPTIONS as SCHEDULER

BANK: Final = "sandbox-bank"

_READS: Final[Mapping[str, Collection[str]]] = {
    **{
        name: [subscription.topic.name for subscription in subscriptions]
        for name, subscriptions in (
            ("contracts", CONTRACTS),
            ("disputes", DISPUTES),
            ("ledger", LEDGER),
            ("scheduler", SCHEDULER),
        )
    },
    BANK: INBOUND,
}
"""Process -> the topics it reads."""

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Look:
    """What is left at one look, and how far everybody has read."""

    unread: Mapping[str, int]
    """Process -> records of its topics that it has not committed, where there are any."""
    unsent: int
    due: int
    """Timers that wait although their instant has come."""
    facts: int
    """Commands held until their service has read its facts."""
    committed: Mapping[str, Offsets]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left."""
        return not (self.unread or self.unsent or self.due or self.facts)

    def __str__(self) -> str:
        unread = ", ".join(f"{name} has {count} unread" for name, count in self.unread.items())
        return (
            f"{unread or 'all is read'}; {self.unsent} unsent, {self.due} due,"
            f" {self.facts} wait for facts"
        )


class Watch:
    """Looks at one system through clients that stay open."""

    def __init__(
        self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, database: asyncpg.Connection
    ) -> None:
        """``database`` is the administrator's; ``consumer`` has no assignment."""
        self._admin = admin
        self._consumer = consumer
        self._database = database

    async def look(
        self, running: Collection[str], committing: Collection[str], now: datetime, partitions: int
    ) -> Look:
        """Look once at those who run; of ``committing`` the read positions are told as well."""
        names = sorted({*running, *committing})
        offsets = await asyncio.gather(*(self._committed(name) for name in names))
        committed = dict(zip(names, offsets, strict=True))
        row = await self._database.fetchrow(_left_over(running), now)
        places = {t: [TopicPartition(t, n) for n in range(partitions)] for t in _topics(running)}
        ends = await self.ends([place for each in places.values() for place in each])
        unread = {
            name: sum(
                max(ends[place] - committed[name].get(place, 0), 0)
                for topic in _READS[name]
                for place in places[topic]
            )
            for name in running
        }
        left = {name: count for name, count in unread.items() if count}
        return Look(left, row["unsent"], row["due"], row["facts"], committed)

    async def ends(self, places: Sequence[TopicPartition]) -> Offsets:
        """Return where these partitions end."""
        found: Offsets = await self._consumer.end_offsets(places)
        return found

    async def _committed(self, name: str) -> Offsets:
        group = BANK_GROUP if name == BANK else f"crps.{name}"
        found: Mapping[TopicPartition, Any] = await self._admin.list_consumer_group_offsets(group)
        return {place: max(position.offset, 0) for place, position in found.items()}


def _topics(running: Collection[str]) -> Collection[str]:
    return {topic for name in running for topic in _READS[name]}


def _left_over(running: Collection[str]) -> str:
    """Return the statement that counts, in one snapshot, what those who run have not finished."""
    schemas = sorted(set(running) - {BANK})
    unsent = [f"(SELECT count(*) FROM {name}.outbox)" for name in schemas]  # noqa: S608
    facts = [
        f"(SELECT count(*) FROM {name}.held_record WHERE reason = 'facts')"  # noqa: S608
        for name in schemas
    ]
    # Named in any case, so that the instant is always an argument.
    fires = str("scheduler" in running).lower()
    due = f"(SELECT count(*) FROM scheduler.timer WHERE {fires} AND waiting AND due_at <= $1)"  # noqa: S608
    return ", ".join(
        (
            f"SELECT {' + '.join(unsent) or '0'} AS unsent",
            f"{' + '.join(facts) or '0'} AS facts",
            f"{due} AS due",
        )
    )
