"""The real thing: both servers up, both answer, nothing is left behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from crps.stack import kafka, postgres, process
from crps.stack.home import Home
from crps.stack.local import SERVERS, Addresses, down, local_stack, status, up

from .asking import query, receive, send

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A folder of its own, whatever servers the environment names."""
    monkeypatch.delenv("CRPS_KAFKA", raising=False)
    monkeypatch.delenv("CRPS_POSTGRES", raising=False)
    return Home(tmp_path / "stack")


def running(home: Home) -> dict[str, process.Running | None]:
    return {name: process.find(home, name) for name in SERVERS}


async def gone(*servers: process.Running) -> None:
    async with asyncio.timeout(20):
        # Another process ends: nothing in this one could set an event.
        while any(process.alive(server) for server in servers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_up_is_idempotent_keeps_state_and_down_leaves_nothing(home: Home) -> None:
    addresses = await up(home)
    first = running(home)
    assert None not in first.values()
    assert [server.trouble for server in await status(home)] == [None, None]
    await send(addresses, "kept", b"a record")
    await query(addresses, "CREATE TABLE kept AS SELECT 42 AS answer")
    settings = {
        name: await query(addresses, f"SHOW {name}")
        for name in ("server_encoding", "fsync", "synchronous_commit", "listen_addresses")
    }
    assert settings == {
        "server_encoding": "UTF8",
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "127.0.0.1",
    }

    assert await up(home) == addresses
    assert running(home) == first

    assert await down(home) == list(SERVERS)
    assert not any(process.alive(server) for server in first.values() if server)
    assert [server.trouble for server in await status(home)] == ["it does not run"] * 2

    # A neighbour takes one of the ports while the stack is down: another is chosen.
    host, _, port = addresses.kafka.rpartition(":")
    neighbour = await asyncio.start_server(lambda *_: None, host, int(port))
    try:
        moved = await up(home)
        assert moved.kafka != addresses.kafka
        assert moved.postgres == addresses.postgres
        assert await receive(moved, "kept") == b"a record"
        assert await query(moved, "SELECT answer FROM kept") == 42
    finally:
        neighbour.close()
        await down(home)


async def test_the_block_stops_what_it_started_and_fresh_forgets(home: Home) -> None:
    async with local_stack(home, fresh=True) as addresses:
        inside = running(home)
        await query(addresses, "CREATE TABLE forgotten ()")
    assert not any(process.alive(server) for server in inside.values() if server)

    async with local_stack(home, fresh=True) as addresses:
        assert await query(addresses, "SELECT to_regclass('forgotten')") is None
        # A server killed under our feet is started again, where it was.
        victim = process.find(home, postgres.NAME)
        assert victim is not None
        os.kill(victim.pid, signal.SIGKILL)
        await gone(victim)
        assert await up(home) == addresses
        assert await kafka.probe(addresses.kafka) is None
        assert await postgres.probe(addresses.postgres) is None
    assert set(running(home).values()) == {None}


OWNER = """
import asyncio, signal, sys
from pathlib import Path
from crps.stack.local import local_stack

# As in a foreground job: a background one is started with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def main():
    async with local_stack(Path(sys.argv[1])):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_no_server_outlives_its_owner(home: Home, end: signal.Signals) -> None:
    if end == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("the kernel call exists on Linux only")
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(home.root)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"up\n"
    servers = [server for server in running(home).values() if server is not None]
    assert len(servers) == len(SERVERS)
    owner.send_signal(end)
    await owner.wait()
    await gone(*servers)


async def test_addresses_in_the_environment_win(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRPS_KAFKA", "broker:9092")
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    given = Addresses("broker:9092", "postgresql://admin@db/crps")
    assert await up(home) == given
    async with local_stack(home, fresh=True) as addresses:
        assert addresses == given
    assert not home.root.exists()
