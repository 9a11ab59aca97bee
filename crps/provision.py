"""What a fresh broker and database need before the services start: topics, roles, schemas.

Idempotent; run by ``crps topics apply``, ``crps migrate``, the demo and the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from crps.passwords import set_passwords
from crps.stack.addresses import Addresses
from crps.stack.kafka import probe
from schemas.topics import SERVICES, Topic, topics_in
from services.chassis.migrate import migrate

PARTITIONS: Final = 12
"""Partitions of every topic in development; production takes 48. Equal everywhere, always."""

_START_SECONDS: Final = 30
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
    bootstrap: str,
    *,
    partitions: int = PARTITIONS,
    replication: int = 1,
    environment: str = "sandbox",
) -> list[TopicState]:
    """Create the topics that are missing; ProvisionError when one stands with other settings.

    Those of the environment of this name: some exist in a sandbox only.

    A broker that answers and is still starting is waited for; KafkaError when it takes too long.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if (complaint := await _complaint(bootstrap)) is not None:
            raise KafkaConnectionError(f"{bootstrap} does not finish starting: {complaint}")
        wanted = topics_in(environment)
        response = await admin.create_topics(
            [
                NewTopic(
                    name=topic.name,
                    num_partitions=partitions,
                    replication_factor=replication,
                    topic_configs=configuration(topic),
                )
                for topic in wanted
            ]
        )
        states = []
        for name, code, message in response.topic_errors:
            if code not in (0, _TOPIC_EXISTS):
                raise ProvisionError(f"{name}: {message}")
            states.append(TopicState(name, created=code == 0))
        await _check(admin, [topic.name for topic in wanted], partitions)
        return states
    finally:
        await admin.close()


async def apply_migrations(
    admin_dsn: str, passwords: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Bring every service's schema up to date; returns what was applied, by service.

    The roles of the services in ``passwords`` get those; the others keep what they have, which
    is none where the server trusts who comes from this machine.
    """
    conn = await asyncpg.connect(admin_dsn)
    try:
        applied = {service: await migrate(conn, service) for service in SERVICES}
        await set_passwords(conn, passwords or {})
        return applied
    finally:
        await conn.close()


@retry(
    retry=retry_if_result(lambda complaint: complaint is not None),
    wait=wait_fixed(0.2),
    stop=stop_after_delay(_START_SECONDS),
    retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
)
async def _complaint(bootstrap: str) -> str | None:
    """Wait for a group coordinator: a broker without one is not yet trusted with partitions."""
    return await probe(bootstrap)


def configuration(topic: Topic) -> dict[str, str]:
    """Return the broker's settings of ``topic``, by their Kafka names."""
    return {
        "message.timestamp.type": "LogAppendTime",
        # The broker unpacks what a stranger packed: no reader needs every codec there is.
        "compression.type": "uncompressed",
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(_MAX_RECORD_BYTES),
    }


async def _check(admin: AIOKafkaAdminClient, names: list[str], partitions: int) -> None:
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
