"""A service that starts before its broker says so, stays alive, and serves once the broker came."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from crps.stack.addresses import Addresses
from crps.stack.ports import free_port
from crps.stack.readiness import Readiness, ask_readiness
from crps.stack.services import PROGRAMS, service_environment

pytestmark = pytest.mark.connected

SERVICE = "disputes"


async def said(port: int, expected: Callable[[Readiness], bool]) -> Readiness:
    answer = Readiness(False, "nothing yet")
    async with asyncio.timeout(40):
        while not expected(answer):
            answer = await ask_readiness(port)
            await asyncio.sleep(0.05)
    return answer


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def door(port: int, bootstrap: str) -> AsyncIterator[None]:
    """Open ``port`` and pass everything on to the broker; it tells its own address then."""
    host, _, target = bootstrap.rpartition(":")
    pumps: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(host, int(target))
        for a, b in ((reader, forth), (back, writer)):
            pumps.add(asyncio.create_task(pump(a, b)))

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


@contextlib.asynccontextmanager
async def process(
    addresses: Addresses, port: int, log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    env = service_environment(SERVICE, addresses, port, has_schema=True)
    with log.open("wb") as out:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", PROGRAMS[SERVICE].module, env=env, stdout=out, stderr=out
        )
        try:
            yield child
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()


async def ends(child: asyncio.subprocess.Process) -> int:
    child.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        return await child.wait()


async def test_without_kafka_it_is_not_ready_says_why_and_goes_when_told(
    database: str, tmp_path: Path
) -> None:
    nowhere = Addresses(f"127.0.0.1:{free_port()}", database)
    port = free_port()
    async with process(nowhere, port, tmp_path / "log") as child:
        answer = await said(port, lambda a: "waiting for kafka" in a.body)
        assert not answer.ready
        assert child.returncode is None
        assert await ends(child) == 0


async def test_it_serves_once_kafka_came(stack: Addresses, database: str, tmp_path: Path) -> None:
    late = free_port()
    port = free_port(avoid=frozenset({late}))
    async with process(Addresses(f"127.0.0.1:{late}", database), port, tmp_path / "log") as child:
        await said(port, lambda a: "waiting for kafka" in a.body)
        async with door(late, stack.kafka):
            await said(port, lambda a: a.ready)
            assert await ends(child) == 0


async def test_without_its_database_it_is_not_ready_and_says_why(
    stack: Addresses, tmp_path: Path
) -> None:
    nowhere = Addresses(stack.kafka, f"postgresql://postgres@127.0.0.1:{free_port()}/crps")
    port = free_port()
    async with process(nowhere, port, tmp_path / "log") as child:
        answer = await said(port, lambda a: "waiting for database" in a.body)
        assert not answer.ready
        assert await ends(child) == 0
