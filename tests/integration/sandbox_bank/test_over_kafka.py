"""The sandbox bank over a real broker: reports, order, bad records, and a crash between."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from connectors.sandbox_bank.bank import SandboxBank
from connectors.sandbox_bank.config import SandboxBankSettings
from connectors.sandbox_bank.messages import OUTBOUND
from crps.stack.addresses import Addresses
from schemas import topics
from schemas.registry import ADAPTERS, ENVELOPES
from schemas.sandbox_v1 import OrderPayment
from schemas.values import Money

pytestmark = pytest.mark.connected

COMMANDS = topics.SANDBOX_COMMANDS.name
WIRE_TYPE = "crps.payment.order.v1"


def order(contract_id: UUID, number: int) -> bytes:
    envelope = ENVELOPES[COMMANDS, WIRE_TYPE](
        specversion="1.0",
        id=f"order-{number}",
        source="test",
        type=WIRE_TYPE,
        subject=contract_id,
        time=datetime(2026, 3, 1, tzinfo=UTC),
        data=OrderPayment(receipt=f"R-{number}", money=Money(number, "CNY/2"), account="payer"),
    )
    return ADAPTERS[COMMANDS, WIRE_TYPE].dump_json(envelope)


async def tell(stack: Addresses, records: Sequence[tuple[bytes | None, bytes]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all")
    await producer.start()
    try:
        headers = [("type", WIRE_TYPE.encode())]
        for key, value in records:
            await producer.send(COMMANDS, value, key=key, headers=headers)
        await producer.flush()
    finally:
        await producer.stop()


@asynccontextmanager
async def listening(stack: Addresses) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of what the bank says from now on."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(OUTBOUND, number) for number in range(12)]
        consumer.assign(partitions)
        await consumer.seek_to_end()
        for partition in partitions:
            await consumer.position(partition)
        yield consumer
    finally:
        await consumer.stop()


async def hear(consumer: AIOKafkaConsumer, keys: set[bytes], count: int) -> list[ConsumerRecord]:
    heard: list[ConsumerRecord] = []
    async with asyncio.timeout(30):
        while len(heard) < count:
            record = await consumer.getone()
            if record.key in keys:
                heard.append(record)
    return heard


@asynccontextmanager
async def banking(bank: SandboxBank) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    running = asyncio.create_task(bank.run(stopping))
    try:
        yield
        stopping.set()
        await asyncio.wait_for(running, 30)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_it_reports_in_order_and_past_bad_records(stack: Addresses) -> None:
    contracts = [uuid4() for _ in range(20)]
    keys = {str(c).encode() for c in contracts}
    said = [(str(c).encode(), order(c, n)) for n in range(1, 11) for c in contracts]
    said[50:50] = [(None, b"junk"), (b"\xff", b"{"), (str(contracts[0]).encode(), b"junk")]
    bank = SandboxBank(SandboxBankSettings(kafka=stack.kafka))
    assert bank.readiness() == "not started"
    async with listening(stack) as consumer:
        await tell(stack, said)
        async with banking(bank):
            heard = await hear(consumer, keys, 200)
            assert bank.readiness() is None
    by_contract: dict[bytes, list[str]] = {}
    for record in heard:
        by_contract.setdefault(record.key, []).append(json.loads(record.value)["data"]["receipt"])
    assert by_contract == {key: [f"R-{n}" for n in range(1, 11)] for key in keys}


async def test_after_a_crash_it_says_the_very_same(
    stack: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract_id = uuid4()
    key = str(contract_id).encode()

    class CrashError(Exception):
        pass

    async def crash(*_: object) -> None:
        raise CrashError

    async with listening(stack) as consumer:
        await tell(stack, [(key, order(contract_id, 1))])
        with monkeypatch.context() as patch:
            # The reports are sent, the offsets are not committed: the process dies between.
            patch.setattr(AIOKafkaConsumer, "commit", crash)
            bank = SandboxBank(SandboxBankSettings(kafka=stack.kafka))
            with pytest.raises(CrashError):
                await bank.run(asyncio.Event())
        async with banking(SandboxBank(SandboxBankSettings(kafka=stack.kafka))):
            first, again = await hear(consumer, {key}, 2)
    assert first.value == again.value
    assert first.headers == again.headers


async def test_it_waits_for_kafka_and_stops_when_told() -> None:
    nobody = "127.0.0.1:9"
    bank = SandboxBank(SandboxBankSettings(kafka=nobody))
    stopping = asyncio.Event()
    running = asyncio.create_task(bank.run(stopping))
    async with asyncio.timeout(20):
        # Nothing announces a failed attempt but readiness itself.
        while "waiting for kafka" not in (bank.readiness() or ""):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not running.done()
    stopping.set()
    await asyncio.wait_for(running, 20)
