"""A process that is broken inside goes, and a whole one takes its place: no fault lingers."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from crps.stack.addresses import Addresses
from crps.stack.readiness import Readiness, ask_readiness
from crps.stack.services import Program, run_services
from crps.stack.supervisor import Supervisor
from schemas import topics

pytestmark = pytest.mark.connected

SERVICE = "disputes"
WEDGED_S, LINGERS_S = 2.0, 6.0


@dataclass(frozen=True, slots=True)
class Broken:
    """A service under a supervisor, and where to demand a fault of it."""

    kafka: str
    supervisor: Supervisor
    demand: Path
    home: Path

    async def after(self, fault: str) -> str:
        """Demand ``fault``; returns the log once another process took over and is ready."""
        begin = len(self.log())
        restarts = self.supervisor.restarts[SERVICE]
        partial = self.demand.with_suffix(".partial")
        partial.write_text(fault)
        partial.rename(self.demand)
        await self.taken_over(restarts)
        return self.log()[begin:]

    async def taken_over(self, restarts: int) -> None:
        async with asyncio.timeout(40):
            await self.supervisor.restarted(SERVICE, beyond=restarts)
            await self.ready()

    async def ready(self) -> Readiness:
        port = int((self.home / "run" / f"{SERVICE}.health").read_text())
        while True:
            answer = await ask_readiness(port)
            if answer.ready:
                return answer
            await asyncio.sleep(0.05)

    async def feed(self) -> None:
        """Append a record that the service reads and does not want."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka) as producer:
            await producer.send_and_wait(
                topics.CONTRACTS_EVENTS.name,
                b"{}",
                key=str(uuid4()).encode(),
                headers=[("type", b"crps.nothing.happened.v1")],
            )

    def log(self) -> str:
        return (self.home / "logs" / f"{SERVICE}.log").read_text()


@pytest.fixture(scope="module")
async def broken(
    stack: Addresses, database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Broken]:
    folder = tmp_path_factory.mktemp("faults")
    environment = {
        "PYTHONPATH": str(Path(__file__).parent),
        "FAULT_DEMAND": str(folder / "demand"),
        "CRPS_DISPUTES_WEDGED_SECONDS": str(WEDGED_S),
    }
    async with run_services(
        Addresses(stack.kafka, database),
        folder,
        [SERVICE],
        environment,
        programs={SERVICE: Program("faulty")},
        lingers_s=LINGERS_S,
    ) as supervisor:
        yield Broken(stack.kafka, supervisor, folder / "demand", folder)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("dies", "RuntimeError"),
        ("ends", "LoopEnded"),
        ("stands", '"loops": {"Saboteur": "has not gone round'),
        ("blocks", "most recent call first"),
        ("deafens", "consumer.wedged"),
    ],
)
async def test_a_broken_loop_takes_its_process_along(broken: Broken, fault: str, said: str) -> None:
    assert said in await broken.after(fault)


async def test_a_batch_that_never_ends_takes_its_process_along(broken: Broken) -> None:
    async def feed() -> None:
        while True:
            with contextlib.suppress(Exception):
                await broken.feed()
            await asyncio.sleep(0.5)

    feeding = asyncio.create_task(feed())
    try:
        assert '"consumer": "has not gone round' in await broken.after("sticks")
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def test_a_process_that_was_stopped_whole_is_replaced(broken: Broken) -> None:
    restarts = broken.supervisor.restarts[SERVICE]
    assert broken.supervisor.kill(SERVICE, signal.SIGSTOP) is not None
    await broken.taken_over(restarts)
