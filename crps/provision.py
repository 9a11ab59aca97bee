"""What a fresh broker and database need before the services start: topics, roles, schemas.

Idempotent; run by ``crps topics apply``, ``crps migrate``, the demo and the tests.
"""

from dataclasses import dataclass
from typing import Final

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from crps.stack.addresses import Addresses
from schemas.topics import SERVICES, TOPICS, Topic
from services.chassis.migrate import migrate

PARTITIONS: Final = 12
"""Partitions of every topic in development; production takes 48. Equal everywhere, always."""

_MAX_RECORD_BYTES: Final = 1024 * 1024
_TOPIC_EXISTS: Final = 36


class ProvisionError(Exception):
    """The broker refused a topic, or an existing one contradicts the table."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """What became of one topic."""

    topic: str
    created: bool


async def provision(addresses: Addresses) -> None:
    """Apply topics and migrations."""
    await apply_topics(addresses.kafka)
    await apply_migrations(addresses.postgres)


async def apply_topics(
    bootstrap: str, *, partitions: int = PARTITIONS, replication: int = 1
) -> list[TopicState]:
    """Create the topics that are missing; ProvisionError when one stands with other settings."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        response = await admin.create_topics(
            [
                NewTopic(
                    name=topic.name,
                    num_partitions=partitions,
                    replication_factor=replication,
                    topic_configs=_configuration(topic),
                )
                for topic in TOPICS
            ]
        )
        states = []
        for name, code, message in response.topic_errors:
            if code not in (0, _TOPIC_EXISTS):
                raise ProvisionError(f"{name}: {message}")
            states.append(TopicState(name, created=code == 0))
        await _check(admin, partitions)
        return states
    finally:
        await admin.close()


async def apply_migrations(admin_dsn: str) -> dict[str, list[str]]:
    """Bring every service's schema up to date; returns what was applied, by service."""
    conn = await asyncpg.connect(admin_dsn)
    try:
        return {service: await migrate(conn, service) for service in SERVICES}
    finally:
        await conn.close()


def _configuration(topic: Topic) -> dict[str, str]:
    return {
        "message.timestamp.type": "LogAppendTime",
        # The broker unpacks what a stranger packed: no reader needs every codec there is.
        "compression.type": "uncompressed",
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(_MAX_RECORD_BYTES),
    }


async def _check(admin: AIOKafkaAdminClient, partitions: int) -> None:
    names = [topic.name for topic in TOPICS]
    for name, count in (await _partition_counts(admin, names)).items():
        if count != partitions:
            raise ProvisionError(f"{name} has {count} partitions, not {partitions}")
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    for response in await admin.describe_configs(resources):
        for _, _, _, name, entries in response.resources:
            settings = {entry[0]: entry[1] for entry in entries}
            if settings.get("message.timestamp.type") != "LogAppendTime":
                raise ProvisionError(f"{name} does not carry the broker's append time")


@retry(
    # A fresh topic takes a moment to reach the metadata, and each partition to have a leader.
    retry=retry_if_result(lambda counts: len(set(counts.values())) > 1 or 0 in counts.values()),
    wait=wait_fixed(0.1),
    stop=stop_after_delay(15),
    retry_error_callback=lambda state: state.outcome.result() if state.outcome else {},
)
async def _partition_counts(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    found = await admin.describe_topics(names)
    return {f["topic"]: sum(p["leader"] >= 0 for p in f["partitions"]) for f in found}
