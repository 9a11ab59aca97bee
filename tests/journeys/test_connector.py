"""The sample of a bank connector, beside the sandbox bank: a deal over its own customer's money."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.chassis.partitioner import partition_of

from . import deal
from .conftest import Running
from .play import PARTITIONS, Player, Seen

pytestmark = pytest.mark.connected

PROGRAM = Path("samples/connector/connector.py")
SOURCE = "bank-sandbox-example"


@contextlib.asynccontextmanager
async def connecting(kafka: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the sample as a bank would, with nothing but the broker's address."""
    environment = {"PATH": os.environ["PATH"], "CRPS_KAFKA": kafka}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
        assert process.returncode is None, "it did not outlive the deal"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def test_a_deal_is_funded_and_paid_by_the_sample(player: Player, running: Running) -> None:
    contract_id = uuid4()
    key = str(contract_id).encode()

    async def send(topic: str, wire_type: str, data: object, message_id: str) -> None:
        value = deal.message(contract_id, wire_type, data, message_id)
        signed = deal.headers(wire_type, value, running.upstream)
        await player.send(topic, value, signed, key=key, partition=partition_of(key, PARTITIONS))

    async def reported(status: str, minor: str) -> None:
        def found(record: Seen) -> bool:
            if record.key != key or record.type != f"crps.instruction.{status}.v1":
                return False
            told = record.json
            return bool(told["source"] == SOURCE and told["data"]["money"]["amount"] == minor)

        await player.wait(found, f"{status} of {minor} by {SOURCE}")

    payer = {"party": deal.PAYER, "account": "example-payer-1"}
    async with connecting(running.addresses.kafka):
        await send(deal.ORDERS, deal.PLACED, deal.order(payer=payer), "order")
        # The sandbox bank pays for other accounts only: this money is the sample's.
        await player.event(contract_id, "crps.contract.effective.v1")
        part = {"amount": "4000", "asset": "CNY/2"}
        await send(deal.COMMANDS, deal.RELEASE, deal.release(part), "part")
        await send(deal.COMMANDS, deal.RELEASE, deal.release(), "rest")
        for minor in ("4000", "6000"):
            for status in ("accepted", "arrived"):
                await reported(status, minor)
        closed = await player.event(contract_id, "crps.contract.closed.v1")
    assert closed.json["data"]["payee"] == "10000"
    letters = [r for r in player.seen if r.type == "crps.record.quarantined.v1" and r.key == key]
    assert letters == []
