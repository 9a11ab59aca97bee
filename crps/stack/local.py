"""Kafka and PostgreSQL of one state folder, brought up and down together.

Promises: `up` starts only what does not run, on ports that are free; `local_stack` stops what it
started however the block ends, and a killed owner takes its servers along. Addresses in the
environment win over everything: then nothing is started or stopped.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from crps.stack import kafka, postgres, process
from crps.stack.addresses import Addresses, given_addresses
from crps.stack.errors import StackError
from crps.stack.finish import finish
from crps.stack.home import Home, home_at
from crps.stack.java import find_java
from crps.stack.kafka_jars import find_maven
from crps.stack.ports import LOOPBACK, free_port, is_free
from crps.stack.postgres_binaries import find_binaries
from crps.stack.signals import sigterm_as_ctrl_c

SERVERS = (kafka.NAME, postgres.NAME)

_CONTROLLER = "kafka_controller"
_PORTS_OF = {kafka.NAME: (kafka.NAME, _CONTROLLER), postgres.NAME: (postgres.NAME,)}

_CHANGE_TIMEOUT_S = 700.0  # The first start of another command may include a download.
_OWN_TIMEOUT_S = 5.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server as seen now. `trouble` is why it is not ready; `None` when it is."""

    name: str
    address: str | None
    pid: int | None
    uptime_s: float | None
    trouble: str | None


async def up(home: Path | Home | None = None) -> Addresses:
    """Bring both servers up, concurrently, and keep them running after this process.

    Idempotent. Raises `StackError`; then what this call had started is stopped again.
    """
    place = home_at(home)
    return _foreign(place) or await _up(place, tied=False)


async def down(home: Path | Home | None = None) -> list[str]:
    """Stop both servers of the folder and return the names of those that ran."""
    place = home_at(home)
    if not place.run.is_dir() or _foreign(place) is not None:
        return []
    async with place.locked("change", timeout_s=_CHANGE_TIMEOUT_S):
        return await _stop(place, SERVERS)


async def status(home: Path | Home | None = None) -> list[ServerStatus]:
    """Look at both servers and say of each whether it is ready, or why not."""
    place = home_at(home)
    foreign = _foreign(place)
    addresses = foreign or _recorded(place)
    return [await _look(place, name, addresses, own=foreign is None) for name in SERVERS]


@asynccontextmanager
async def local_stack(
    home: Path | Home | None = None, *, fresh: bool = False
) -> AsyncIterator[Addresses]:
    """Bring the stack up for the block, and stop what was started when it ends, in any way.

    `fresh` stops and wipes the folder's stack first. Servers that ran already and are not wiped
    go on running. The servers are tied to this process: kill -9 takes them along. Enter it in
    the thread that runs the event loop for the program's whole life. Raises `StackError`;
    `STACK_BUSY` when another `local_stack` owns the folder.
    """
    given = given_addresses()
    if given is not None:
        yield given
        return
    place = home_at(home)
    async with owned(place, fresh=fresh):
        before = _running(place)
        try:
            yield await _up(place, tied=True)
        finally:
            await finish(_stop_started(place, before))


@asynccontextmanager
async def owned(home: Home, *, fresh: bool) -> AsyncIterator[None]:
    """Own the folder for the block, and end it on SIGTERM too; `fresh` stops and wipes what it has.

    Raises `StackError` (`STACK_BUSY`) when another owns the folder.
    """
    with sigterm_as_ctrl_c():
        async with home.locked("own", timeout_s=_OWN_TIMEOUT_S):
            if fresh:
                async with home.locked("change", timeout_s=_CHANGE_TIMEOUT_S):
                    await _stop(home, SERVERS)
                    home.wipe()
            yield


@dataclass(frozen=True, slots=True)
class LocalServers:
    """The servers of a folder whose `local_stack` is up, one by one, by name."""

    addresses: Addresses
    home: Home

    async def stop(self, name: str) -> None:
        """Stop a server cleanly."""
        await _stop(self.home, [name])

    async def start(self, name: str) -> None:
        """Start a server that was stopped again, where it was; return once it answers."""
        async with self.home.locked("change", timeout_s=_CHANGE_TIMEOUT_S):
            await _ensure(self.home, name, tied=True)

    async def log(self, name: str) -> bytes:
        """Return all that a server has logged."""
        return await asyncio.to_thread(self.home.log_file(name).read_bytes)

    async def pid(self, name: str) -> int | None:
        """Return the pid of a server, `None` while it is down."""
        running = process.find(self.home, name)
        return None if running is None else running.pid


async def check_local() -> None:
    """Raise the `StackError` that tells why the servers cannot be started here, if it is known.

    Nothing is fetched: `JAVA_MISSING`, `JAVA_TOO_OLD`, `MAVEN_MISSING`, `POSTGRES_MISSING`,
    `POSTGRES_TOO_OLD`.
    """
    await find_java()
    find_maven()
    find_binaries()


async def _up(home: Home, *, tied: bool) -> Addresses:
    home.create()
    async with home.locked("change", timeout_s=_CHANGE_TIMEOUT_S):
        before = _running(home)
        try:
            results = await asyncio.gather(
                *(_ensure(home, name, tied=tied) for name in SERVERS), return_exceptions=True
            )
            for result in results:
                if isinstance(result, BaseException):
                    raise result
        except BaseException:
            await finish(_stop_started(home, before))
            raise
        addresses = _recorded(home)
        assert addresses is not None, "the ports of running servers are recorded"
        home.write_state({**home.read_state(), "addresses": asdict(addresses)})
    return addresses


def _foreign(home: Home) -> Addresses | None:
    """Return the addresses in the environment, unless they are those of this very folder.

    Who exported what `up` printed must still be able to look at that stack and to stop it.
    """
    given = given_addresses()
    return None if given == _recorded(home) else given


def _running(home: Home) -> dict[str, process.Running | None]:
    return {name: process.find(home, name) for name in SERVERS}


async def _ensure(home: Home, name: str, *, tied: bool) -> None:
    if process.find(home, name) is not None:
        if await _probe(name, _recorded(home)) is None:
            return
        # It runs and cannot be used.
        await _stop(home, [name])
    for attempt in range(1, _ATTEMPTS + 1):
        ports = _reserve(home, name)
        try:
            await _start(home, name, ports, tied=tied)
        except StackError:
            await _stop(home, [name])
            # Somebody else may have bound a port between our look and the server's bind.
            if attempt == _ATTEMPTS or all(is_free(port) for port in ports):
                raise
        else:
            return


async def _start(home: Home, name: str, ports: list[int], *, tied: bool) -> None:
    if name == kafka.NAME:
        await kafka.start(home, kafka.Ports(*ports), tied=tied)
    else:
        await postgres.start(home, *ports, tied=tied)


async def _probe(name: str, addresses: Addresses | None) -> str | None:
    if addresses is None:
        return "it was never started"
    if name == kafka.NAME:
        return await kafka.probe(addresses.kafka)
    return await postgres.probe(addresses.postgres)


async def _stop(home: Home, names: Iterable[str]) -> list[str]:
    stop_of = {kafka.NAME: kafka.stop, postgres.NAME: postgres.stop}
    wanted = list(names)
    ran = await asyncio.gather(*(stop_of[name](home) for name in wanted))
    return [name for name, did_run in zip(wanted, ran, strict=True) if did_run]


async def _stop_started(home: Home, before: dict[str, process.Running | None]) -> None:
    now = _running(home)
    await _stop(home, [name for name in SERVERS if now[name] not in (None, before[name])])


def _ports(home: Home) -> dict[str, int]:
    ports = home.read_state().get("ports")
    return ports if isinstance(ports, dict) else {}


def _reserve(home: Home, name: str) -> list[int]:
    """Choose and record the ports of a server: its last ones if they are free."""
    ports = _ports(home)
    for key in _PORTS_OF[name]:
        taken = frozenset(port for other, port in ports.items() if other != key)
        ports[key] = free_port(ports.get(key), avoid=taken)
    home.write_state({"ports": ports})
    return [ports[key] for key in _PORTS_OF[name]]


def _recorded(home: Home) -> Addresses | None:
    ports = _ports(home)
    if not all(name in ports for name in SERVERS):
        return None
    return Addresses(
        kafka=f"{LOOPBACK}:{ports[kafka.NAME]}", postgres=postgres.admin_dsn(ports[postgres.NAME])
    )


async def _look(home: Home, name: str, addresses: Addresses | None, *, own: bool) -> ServerStatus:
    running = process.find(home, name) if own else None
    address = getattr(addresses, name) if addresses is not None else None
    trouble = "it does not run" if own and running is None else await _probe(name, addresses)
    return ServerStatus(
        name=name,
        address=address,
        pid=None if running is None else running.pid,
        uptime_s=None if running is None else running.uptime_s,
        trouble=trouble,
    )
