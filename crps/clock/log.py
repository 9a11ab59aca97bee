"""Sets the clock of a sandbox, and reads from the log where it stands.

The topics of commands are told first, every partition of them, and only when the broker has all of
that the clock's own topic is (SPEC section 5, docs/decisions/0008): so whoever reads there that an
instant has come may rely on it that no command appended from then on is judged at an earlier one.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from aiokafka import AIOKafkaProducer

from crps.audit.log import read_log
from crps.replay.signing import Headers, plain_headers, signed_headers
from schemas import topics
from schemas.registry import ADAPTERS
from schemas.topics import Topic
from schemas.values import written

SET, MOVED = "crps.clock.set.v1", "crps.clock.moved.v1"
COMMANDS: Final = (topics.CONTRACTS_COMMANDS, topics.DISPUTES_COMMANDS)

_NIL: Final = UUID(int=0)


def control(wire_type: str, to: datetime) -> bytes:
    """Return the record that sets the clock, or tells that it was set, to ``to``.

    The same instant makes the same bytes: sent again after a crash it changes nothing.
    """
    instant = written(to)
    noun_and_verb = wire_type.removeprefix("crps.").removesuffix(".v1").replace(".", ":")
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"clock/{instant}",
            "source": "crps.clock",
            "type": wire_type,
            "subject": str(_NIL),
            "time": instant,
            "dataschema": f"urn:crps:{noun_and_verb}:v1",
            "data": {"to": instant},
        }
    ).encode()


async def set_clock(bootstrap: str, key: str, to: datetime) -> int:
    """Set the clock in every partition; return their number once the broker has it all.

    Raises what `tell_clock` raises.
    """
    async with clock_producer(bootstrap) as producer:
        return await tell_clock(producer, key, to)


def clock_producer(bootstrap: str) -> AIOKafkaProducer:
    """Return who writes the controls; to be started, or entered as a context."""
    return AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)


async def tell_clock(producer: AIOKafkaProducer, key: str, to: datetime) -> int:
    """Set the clock through a producer that runs already; return the number of partitions.

    Raises aiokafka's `KafkaError` when the broker has not all of it: then some partitions may have
    been told and others not, and setting the clock to the same instant again heals that.
    """
    asked, told = control(SET, to), control(MOVED, to)
    signed = signed_headers(SET, asked, topics.CLOCK, key)
    await _everywhere(producer, COMMANDS, asked, signed)
    await _everywhere(producer, (topics.SANDBOX_CLOCK,), told, plain_headers(MOVED))
    return len(await producer.partitions_for(topics.SANDBOX_CLOCK.name))


async def _everywhere(
    producer: AIOKafkaProducer, where: Sequence[Topic], value: bytes, headers: Headers
) -> None:
    sent = [
        await producer.send(
            topic.name, value, key=str(_NIL).encode(), partition=number, headers=list(headers)
        )
        for topic in where
        for number in sorted(await producer.partitions_for(topic.name))
    ]
    await asyncio.gather(*sent)


async def read_clock(bootstrap: str) -> datetime | None:
    """Return where the clock stands by its own topic; None where it was never set.

    Raises aiokafka's `KafkaError` when the broker does not answer.
    """
    topic = topics.SANDBOX_CLOCK.name
    log = await read_log(bootstrap, [topic])
    told = (ADAPTERS[topic, MOVED].validate_json(record.value) for record in log.records)
    return max((message.data.to for message in told), default=None)
