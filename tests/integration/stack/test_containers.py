"""Both servers in containers: like the local ones, where they were after a stop, and none left."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import docker
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from rich.console import Console

from crps.replay.narrator import Narrator
from crps.replay.servers import own_servers
from crps.stack import containers, kafka, postgres
from crps.stack.addresses import Addresses
from crps.stack.containers import check_containers, container_stack
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.local import SERVERS
from crps.stack.ports import LOOPBACK, free_port

from .asking import query, receive, send

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """The engine's own client, on a machine that has one."""
    try:
        check_containers()
    except StackError as error:
        pytest.skip(f"{error.code}: {error.what}")
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture
def home(engine: Any, tmp_path: Path) -> Home:
    return Home(tmp_path / "a folder")


def there(engine: Any, home: Home) -> list[Any]:
    """Every container of the folder, running or not."""
    label = f"crps.owner={socket.gethostname()}:{home.root}"
    return list(engine.containers.list(all=True, filters={"label": label}, ignore_removed=True))


async def broker_settings(addresses: Addresses) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses.kafka)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")])
    finally:
        await admin.close()
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


async def test_settings_are_those_of_the_local_stack_and_only_we_reach_it(
    engine: Any, home: Home
) -> None:
    async with container_stack(home) as servers:
        set_here = {
            name: await query(servers.addresses, f"SHOW {name}") for name in postgres.SETTINGS
        }
        assert set_here == postgres.SETTINGS
        assert str(await query(servers.addresses, "SHOW server_version")).startswith("18")
        assert await query(servers.addresses, "SHOW server_encoding") == "UTF8"
        order = "SELECT datlocale FROM pg_database WHERE datname = 'crps'"
        assert await query(servers.addresses, order) == "C.UTF-8"
        answered = await broker_settings(servers.addresses)
        assert {name: answered[name] for name in kafka.SETTINGS} == kafka.SETTINGS
        published = [
            binding["HostIp"]
            for container in there(engine, home)
            for bindings in container.attrs["NetworkSettings"]["Ports"].values()
            for binding in bindings or ()
        ]
        assert published == [LOOPBACK] * len(SERVERS)
    assert there(engine, home) == []


async def test_a_server_that_was_stopped_comes_back_where_it_was(home: Home) -> None:
    async with container_stack(home) as servers:
        await send(servers.addresses, "kept", b"a record")
        await query(servers.addresses, "CREATE TABLE kept AS SELECT 42 AS answer")
        logged = await servers.log(postgres.NAME)
        for name in SERVERS:
            assert await servers.pid(name) is not None
            await servers.stop(name)
            assert await servers.pid(name) is None
        assert await kafka.probe(servers.addresses.kafka) is not None
        assert await postgres.probe(servers.addresses.postgres) is not None

        for name in SERVERS:
            await servers.start(name)
        assert await receive(servers.addresses, "kept") == b"a record"
        assert await query(servers.addresses, "SELECT answer FROM kept") == 42
        grown = await servers.log(postgres.NAME)
        assert grown.startswith(logged)
        assert b"received fast shutdown request" in grown[len(logged) :]


async def test_a_replay_without_java_takes_containers_and_says_why(
    engine: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home.root))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("CRPS_SERVERS", raising=False)
    said = StringIO()
    async with own_servers(home, Narrator(Console(file=said, width=200))) as addresses:
        assert await postgres.probe(addresses.postgres) is None
        assert await kafka.probe(addresses.kafka) is None
        assert len(there(engine, home)) == len(SERVERS)
    assert "in containers (JAVA_MISSING: " in said.getvalue()


OWNER = """
import asyncio, signal, sys
from pathlib import Path
from crps.stack.containers import container_stack
from crps.stack.home import Home

# As in a foreground job: a background one is started with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def main():
    async with container_stack(Home(Path(sys.argv[1]))):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def end_an_owner(home: Home, how: signal.Signals) -> None:
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(home.root)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"up\n"
    owner.send_signal(how)
    await owner.wait()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
async def test_no_container_outlives_its_owner(
    engine: Any, home: Home, end: signal.Signals
) -> None:
    await end_an_owner(home, end)
    assert there(engine, home) == []


async def test_what_a_killed_owner_left_is_removed_by_the_next(engine: Any, home: Home) -> None:
    await end_an_owner(home, signal.SIGKILL)
    left = {container.id for container in there(engine, home)}
    async with container_stack(home):
        now = {container.id for container in there(engine, home)}
        assert len(now) == len(SERVERS)
        assert not now & left
    assert there(engine, home) == []


async def test_a_start_that_is_cut_short_leaves_none(engine: Any, home: Home) -> None:
    async def start() -> None:
        async with container_stack(home):
            raise AssertionError("it was cut short before")

    starting = asyncio.create_task(start())
    async with asyncio.timeout(60):
        # The engine tells of its containers when it is asked.
        while not await asyncio.to_thread(there, engine, home):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert there(engine, home) == []


async def test_a_taken_port_is_refused_with_a_code_and_leaves_none(
    engine: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((LOOPBACK, 0)) as neighbour:
        ports = iter([free_port(), free_port(), neighbour.getsockname()[1]])
        monkeypatch.setattr(containers, "free_port", lambda **_: next(ports))
        with pytest.raises(StackError, match="CONTAINER_REFUSED") as caught:
            async with container_stack(home):
                pass
    assert len(str(caught.value).splitlines()) == 1
    assert there(engine, home) == []


async def test_a_server_that_dies_at_its_start_is_reported_with_its_last_words(
    engine: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "max_connections", "none")
    with pytest.raises(StackError, match="POSTGRES_DIED") as caught:
        async with container_stack(home):
            pass
    assert "max_connections" in str(caught.value)
    assert there(engine, home) == []
