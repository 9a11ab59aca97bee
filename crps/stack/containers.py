"""Kafka and PostgreSQL in containers, for machines with a Docker engine.

Promises: the same versions and settings as the local stack's, on free ports of the loopback
address that stay the same when a server is stopped and started; none is left however the block
ends. Those of a killed process are removed by testcontainers' reaper where it runs, else by the
next block for the same state folder. Needs the extra `local`.
"""

import asyncio
import contextlib
import gc
import re
import secrets
import socket
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docker.errors import APIError, DockerException, ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.exceptions import ContainerConnectException

from crps.stack import kafka, postgres
from crps.stack.addresses import Addresses
from crps.stack.errors import StackError
from crps.stack.finish import finish
from crps.stack.home import Home
from crps.stack.kafka_jars import KAFKA_VERSION
from crps.stack.local import SERVERS, owned
from crps.stack.ports import LOOPBACK, free_port
from crps.stack.starting import Starting, wait_until_ready

_POSTGRES_VERSION = 18
_IMAGES = {
    kafka.NAME: f"apache/kafka:{KAFKA_VERSION}",
    postgres.NAME: f"postgres:{_POSTGRES_VERSION}",
}

# On each container: the host and the state folder that it belongs to.
_OWNER_LABEL = "crps.owner"

_STOP_TIMEOUT_S = 20
_LOG_LINES = 15
_HERE = ("localhost", LOOPBACK, "::1")


@dataclass(frozen=True, slots=True)
class ContainerServers:
    """The servers that run in containers, one by one, by name."""

    addresses: Addresses
    containers: Mapping[str, DockerContainer]
    asks: Mapping[str, Callable[[], Awaitable[str | None]]]
    """What each of them answers once it is ready."""

    async def stop(self, name: str) -> None:
        """Stop a server cleanly; its container stays, with what it stored."""
        stop = _refusals_in_a_line()(self._engine(name).stop)
        await asyncio.to_thread(stop, timeout=_STOP_TIMEOUT_S)

    async def start(self, name: str) -> None:
        """Start a server that was stopped again, where it was; return once it answers."""
        await asyncio.to_thread(_refusals_in_a_line()(self._engine(name).start))
        await self.wait(name)

    async def log(self, name: str) -> bytes:
        """Return all that a server has logged."""
        return bytes(await asyncio.to_thread(self._engine(name).logs))

    async def pid(self, name: str) -> int | None:
        """Return the pid of a server, `None` while it is down or where it cannot be seen."""
        container = self._engine(name)
        await asyncio.to_thread(container.reload)
        pid = int(container.attrs["State"]["Pid"])
        return pid if await asyncio.to_thread(_runs_here, container.id, pid) else None

    async def wait(self, name: str) -> None:
        """Return once a server that is starting answers. Raises what `wait_until_ready` does."""

        async def alive() -> bool:
            await asyncio.to_thread(self._engine(name).reload)
            return bool(self._engine(name).status == "running")

        async def last_words() -> list[str]:
            text = (await self.log(name)).decode(errors="replace")
            return text.splitlines()[-_LOG_LINES:]

        await wait_until_ready(Starting(name, self.asks[name], alive, last_words))

    def _engine(self, name: str) -> Any:
        """Return the engine's own view of a container; its library has no types."""
        return self.containers[name].get_wrapped_container()


@asynccontextmanager
async def container_stack(home: Home) -> AsyncIterator[ContainerServers]:
    """Run new, empty servers in containers for the block; the folder is wiped and only owned.

    Raises `StackError`: `STACK_BUSY` when another owns the folder, `CONTAINER_REFUSED` when the
    engine does not start one, and what `wait_until_ready` raises.
    """
    async with owned(home, fresh=True):
        servers = await asyncio.to_thread(_described, home)
        try:
            await finish(asyncio.to_thread(_start, servers, home))
            for name in SERVERS:
                await servers.wait(name)
            yield servers
        finally:
            await finish(asyncio.to_thread(_remove, servers))


def check_containers() -> None:
    """Make sure that an engine of this machine answers and has the images; else pull them.

    Raises `StackError` (`CONTAINERS_UNAVAILABLE`) with what is missing.
    """
    client = _connected()
    with contextlib.closing(client):
        host = urlsplit(client.api.base_url).hostname
        if host not in _HERE:
            raise _unavailable(f"the Docker engine is on another machine, {host}")
        for image in _IMAGES.values():
            try:
                _pull_once(client, image)
            except (DockerException, OSError) as error:
                raise _unavailable(f"the image {image} is not there", error) from None


def _connected() -> Any:
    with warnings.catch_warnings():
        # The engine's library leaves its socket to the collector when nobody answers.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return DockerClient().client
        except (DockerException, OSError) as error:
            trouble = _unavailable("no Docker engine answers", error)
        gc.collect()
    raise trouble


def _unavailable(what: str, error: Exception | None = None) -> StackError:
    why = "" if error is None else f": {_line(error)}"
    return StackError(
        "CONTAINERS_UNAVAILABLE",
        what + why,
        "Start a Docker engine here that has the images or can pull them.",
    )


def _pull_once(client: Any, name: str) -> None:
    image = testcontainers_config.hub_image_name_prefix + name
    try:
        client.images.get(image)
    except ImageNotFound:
        client.images.pull(image)


@contextlib.contextmanager
def _refusals_in_a_line() -> Iterator[None]:
    try:
        yield
    except (DockerException, ContainerConnectException, OSError) as error:
        raise StackError("CONTAINER_REFUSED", _line(error)) from error


@contextlib.contextmanager
def _removed_by_anybody() -> Iterator[None]:
    """Let a container be gone already, or be going: the reaper removes them too."""
    try:
        yield
    except APIError as error:
        if error.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise


@_refusals_in_a_line()
def _described(home: Home) -> ContainerServers:
    """Return the servers of a folder as they shall be; none of the containers is made yet."""
    client = free_port()
    controller = free_port(avoid=frozenset({client}))
    database = free_port(avoid=frozenset({client, controller}))
    broker = _broker(kafka.Ports(client, controller))
    containers = {kafka.NAME: broker, postgres.NAME: _database(database)}
    tag = secrets.token_hex(3)
    # What an engine lets a name consist of.
    folder = re.sub(r"[^a-zA-Z0-9_.-]+", "-", home.root.name)
    for name, container in containers.items():
        container.with_name(f"crps-{folder}-{name}-{tag}")
        container.with_kwargs(labels={_OWNER_LABEL: _owner(home)})
    addresses = Addresses(f"{LOOPBACK}:{client}", postgres.admin_dsn(database))
    asks = {
        kafka.NAME: partial(kafka.probe, addresses.kafka),
        postgres.NAME: partial(postgres.create_database, database),
    }
    return ContainerServers(addresses, containers, asks)


def _broker(ports: kafka.Ports) -> DockerContainer:
    """Return the broker: the same port inside as outside, so that it too finds itself there."""
    properties = {
        **kafka.SETTINGS,
        **kafka.listeners(ports, bind=""),
        # The image formats the log itself, for a quorum that is named.
        "controller.quorum.voters": f"1@{LOOPBACK}:{ports.controller}",
        "log.dirs": "/var/lib/kafka/data",
    }
    container = DockerContainer(_IMAGES[kafka.NAME])
    for key, value in properties.items():
        container.with_env(f"KAFKA_{key.upper().replace('.', '_')}", value)
    container.with_env("CLUSTER_ID", kafka.new_cluster_id())
    container.with_env("KAFKA_HEAP_OPTS", kafka.HEAP)
    container.with_env("KAFKA_JVM_PERFORMANCE_OPTS", " ".join(kafka.JVM))
    return _published(container, inside=ports.client, outside=ports.client)


def _database(port: int) -> DockerContainer:
    settings = (f"--{key}={value}" for key, value in postgres.SETTINGS.items())
    container = (
        DockerContainer(_IMAGES[postgres.NAME])
        .with_env("POSTGRES_USER", postgres.ADMIN)
        .with_env("POSTGRES_HOST_AUTH_METHOD", "trust")
        .with_env("POSTGRES_INITDB_ARGS", " ".join(postgres.initdb_options(_POSTGRES_VERSION)))
        .with_command(["postgres", *settings])
    )
    return _published(container, inside=5432, outside=port)


def _published(container: DockerContainer, *, inside: int, outside: int) -> DockerContainer:
    """Publish a port on the loopback address alone, which the library has no words for."""
    ports: dict[str, Any] = container.ports
    ports[f"{inside}/tcp"] = (LOOPBACK, outside)
    return container


@_refusals_in_a_line()
def _start(servers: ContainerServers, home: Home) -> None:
    """Start both, after removing what a killed owner of the folder has left."""
    engine = servers.containers[kafka.NAME].get_docker_client().client
    _do_without_an_absent_reaper(engine)
    mine = {"label": f"{_OWNER_LABEL}={_owner(home)}"}
    for left in engine.containers.list(all=True, filters=mine, ignore_removed=True):
        with _removed_by_anybody():
            left.remove(force=True, v=True)
    for name in SERVERS:
        servers.containers[name].start()


def _do_without_an_absent_reaper(engine: Any) -> None:
    """Let this process leave the reaper out where its image cannot be had; it only saves time."""
    if not testcontainers_config.ryuk_disabled:
        try:
            _pull_once(engine, testcontainers_config.ryuk_image)
        except (DockerException, OSError):
            testcontainers_config.ryuk_disabled = True


@_refusals_in_a_line()
def _remove(servers: ContainerServers) -> None:
    """Remove both: the second even if the first cannot be."""
    with contextlib.ExitStack() as stack:
        for container in servers.containers.values():
            stack.callback(_removed_by_anybody()(container.stop))


def _runs_here(container_id: str, pid: int) -> bool:
    """Tell whether a container's pid is one of this kernel's; not so with a virtual machine."""
    try:
        return container_id in Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False


def _owner(home: Home) -> str:
    return f"{socket.gethostname()}:{home.root}"


def _line(error: Exception) -> str:
    said = error.explanation if isinstance(error, APIError) else error
    return " ".join(str(said).split())
