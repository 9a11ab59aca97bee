"""The broker's own refusal: under the ACLs of the table nobody sets the clock of production.

Kafka with its authorizer, and a principal each for whoever writes topics. What the services refuse
by their own configuration stands in `chassis/test_virtual_time.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from crps import provision
from crps.clock.log import MOVED, SET, control
from crps.replay.signing import plain_headers, signed_headers
from crps.stack import kafka
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.local import check_local
from crps.stack.ports import LOOPBACK, free_port
from schemas import topics
from schemas.topics import CLOCK, Topic

pytestmark = pytest.mark.connected

NIL: Final = b"00000000-0000-0000-0000-000000000000"
TO: Final = datetime(2031, 1, 1, tzinfo=UTC)
WRITERS: Final = ("upstream", "scheduler", "sandbox", CLOCK)
TOPIC_TYPE, LITERAL, WRITE, ALLOW = 2, 3, 4, 3
"""Kafka's own numbers for what an ACL says."""

USERS: Final = " ".join(f'user_{name}="{name}"' for name in WRITERS)
JAAS: Final = f"org.apache.kafka.common.security.plain.PlainLoginModule required {USERS};"


class Broker:
    """A broker that lets in by name, and without a name only whoever administers it."""

    def __init__(self, administrators: str, everybody: str) -> None:
        self.administrators, self._everybody = administrators, everybody

    async def allow(self, environment: str) -> None:
        """Give every principal what the table says of the environment of this name."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.administrators)
        await admin.start()
        try:
            for topic in topics.topics_in(environment):
                for writer in topic.writers_in(environment):
                    request = CreateAclsRequest(TOPIC_TYPE, topic.name, LITERAL, f"User:{writer}",
                                                "*", WRITE, ALLOW)  # fmt: skip
                    answer = await admin._send_request(request)
                    assert [code for code, _ in answer.creation_responses] == [0]
        finally:
            await admin.close()

    async def append(self, who: str, topic: Topic) -> None:
        """Append a control as ``who``; TopicAuthorizationFailedError where that is not allowed."""
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=self._everybody,
            acks="all",
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN",
            sasl_plain_username=who,
            sasl_plain_password=who,
        )
        wire_type = MOVED if topic is topics.SANDBOX_CLOCK else SET
        value = control(wire_type, TO)
        headers = plain_headers(MOVED) if wire_type == MOVED else signed_headers(
            SET, value, CLOCK, "k")  # fmt: skip
        async with producer:
            await producer.send_and_wait(
                topic.name, value, key=NIL, partition=0, headers=list(headers)
            )

    async def allows(self, who: str, topic: Topic) -> None:
        """Return once ``who`` may write: the broker takes a moment to hear of a new ACL."""
        async with asyncio.timeout(30):
            while True:
                try:
                    return await self.append(who, topic)
                except TopicAuthorizationFailedError:
                    await asyncio.sleep(0.1)


@asynccontextmanager
async def authorizing(home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    """Run a broker of ours with an authorizer and one listener more."""
    named = free_port()
    ports = kafka.Ports(free_port(avoid=frozenset({named})), free_port())
    plain = kafka.listeners
    monkeypatch.setattr(kafka, "SETTINGS", kafka.SETTINGS | {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The broker's own connections, and this test's as the administrator, bear no name.
        "super.users": "User:ANONYMOUS",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map":
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": JAAS,
    })  # fmt: skip

    def listeners(*given: Any, **more: Any) -> dict[str, str]:
        extra = f",SASL_PLAINTEXT://{LOOPBACK}:{named}"
        return {name: text + extra for name, text in plain(*given, **more).items()}

    monkeypatch.setattr(kafka, "listeners", listeners)
    home.create()
    await kafka.start(home, ports, tied=True)
    try:
        yield Broker(f"{LOOPBACK}:{ports.client}", f"{LOOPBACK}:{named}")
    finally:
        await kafka.stop(home)


async def test_the_broker_lets_nobody_set_the_clock_of_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        await check_local()
    except StackError as error:
        pytest.skip(f"{error.code}: {error.what}")
    commands: Sequence[Topic] = (topics.CONTRACTS_COMMANDS, topics.DISPUTES_COMMANDS)
    async with authorizing(Home(tmp_path), monkeypatch) as broker:
        await provision.apply_topics(broker.administrators, environment="production")
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.administrators)
        await admin.start()
        assert topics.SANDBOX_CLOCK.name not in await admin.list_topics()
        await admin.close()
        await broker.allow("production")
        for topic in commands:
            await broker.allows("upstream", topic)
            with pytest.raises(TopicAuthorizationFailedError):
                await broker.append(CLOCK, topic)
        # The very same broker as a sandbox: the principal may, and an upstream not everywhere.
        await provision.apply_topics(broker.administrators, environment="sandbox")
        await broker.allow("sandbox")
        for topic in (*commands, topics.SANDBOX_CLOCK):
            await broker.allows(CLOCK, topic)
        with pytest.raises(TopicAuthorizationFailedError):
            await broker.append("upstream", topics.SANDBOX_CLOCK)
