"""Servers of our own: in containers or as processes of this machine, and which of the two.

Whoever needs them says what it prefers; the other is taken where that cannot be had, and the
choice says why. `CRPS_SERVERS` in the environment forces one. Servers that the environment names
win over both, and are only used, never stopped.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

from crps.stack.addresses import Addresses, given_addresses
from crps.stack.errors import StackError
from crps.stack.home import Home, home_at
from crps.stack.local import LocalServers, check_local, local_stack

SERVERS_VARIABLE = "CRPS_SERVERS"


class Kind(StrEnum):
    """In containers, or as processes of this machine."""

    CONTAINERS = "containers"
    LOCAL = "local"


class Servers(Protocol):
    """Kafka and PostgreSQL while they are in use; a server's name is `kafka` or `postgres`."""

    @property
    def addresses(self) -> Addresses:
        """Where they answer; the same again after a server was stopped and started."""

    async def stop(self, name: str) -> None:
        """Stop a server cleanly; what it stored stays."""

    async def start(self, name: str) -> None:
        """Start a server that was stopped again, where it was; return once it answers."""

    async def log(self, name: str) -> bytes:
        """Return all that a server has logged."""

    async def pid(self, name: str) -> int | None:
        """Return the pid of a server, `None` while it is down or where it cannot be seen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which servers are started, and why these."""

    kind: Kind
    why: str

    def __str__(self) -> str:
        place = "in containers" if self.kind is Kind.CONTAINERS else "as processes of this machine"
        return f"{place} ({self.why})"


@dataclass(frozen=True, slots=True)
class InUse:
    """Servers in use. `own` is None where somebody else keeps them running."""

    addresses: Addresses
    own: Servers | None
    where: str
    """In words: where they run, and why there."""


async def choose(preferred: Kind) -> Choice:
    """Return the servers to start: what `CRPS_SERVERS` says, else the preferred, else the other.

    Images that are not there are pulled. Raises `StackError`: `SERVERS_UNKNOWN`, else the code of
    the first that cannot be had, with the ways out of all that were tried.
    """
    forced = _forced()
    kinds = sorted(Kind, key=lambda kind: kind is not preferred) if forced is None else [forced]
    missing: list[StackError] = []
    for kind in kinds:
        try:
            await _check(kind)
        except StackError as error:
            missing.append(error)
        else:
            return Choice(kind, _why(kind, forced, missing))
    first, *rest = missing
    ways = [line for error in rest for line in (f"The other way fails too. {error}".splitlines())]
    raise StackError(first.code, first.what, *first.remedy, *ways)


@asynccontextmanager
async def run_servers(home: Path | Home, kind: Kind) -> AsyncIterator[Servers]:
    """Run new, empty servers for the block; none is left, however it ends.

    The folder is wiped, and holds their state unless it is in containers. Raises what
    `local_stack` and `container_stack` raise.
    """
    place = home_at(home)
    if kind is Kind.CONTAINERS:
        async with _containers().container_stack(place) as containers:
            yield containers
    else:
        async with local_stack(place, fresh=True) as addresses:
            yield LocalServers(addresses, place)


@asynccontextmanager
async def given_or_own_servers(home: Path | Home, preferred: Kind) -> AsyncIterator[InUse]:
    """Use the servers that the environment names, else run own ones for the block.

    Raises what `given_addresses`, `choose` and `run_servers` raise.
    """
    given = given_addresses()
    if given is not None:
        yield InUse(given, None, "where the environment says")
        return
    choice = await choose(preferred)
    async with run_servers(home, choice.kind) as servers:
        yield InUse(servers.addresses, servers, str(choice))


def _forced() -> Kind | None:
    value = os.environ.get(SERVERS_VARIABLE)
    if not value:
        return None
    try:
        return Kind(value)
    except ValueError:
        raise StackError(
            "SERVERS_UNKNOWN",
            f"{SERVERS_VARIABLE} is {value!r}",
            f"It may be {' or '.join(Kind)}; unset, the choice is ours.",
        ) from None


async def _check(kind: Kind) -> None:
    if kind is Kind.LOCAL:
        await check_local()
    else:
        await asyncio.to_thread(_containers().check_containers)


def _containers() -> ModuleType:
    """Return the module that needs the extra `local`, imported only when it is asked for."""
    try:
        return import_module("crps.stack.containers")
    except ModuleNotFoundError as error:
        raise StackError(
            "CONTAINERS_UNAVAILABLE",
            f"the package {error.name} is not installed",
            "Install it: pip install 'crps[local]'.",
        ) from error


def _why(kind: Kind, forced: Kind | None, missing: list[StackError]) -> str:
    if forced is not None:
        return f"{SERVERS_VARIABLE} says so"
    if missing:
        return f"{missing[0].code}: {missing[0].what}"
    return "a Docker engine answers" if kind is Kind.CONTAINERS else "Java and PostgreSQL are here"
