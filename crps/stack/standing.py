"""Which system stands already, kept running by somebody else, and what a command may use of it.

In this order: the addresses in the environment, the system of docker compose that `.env` in the
working directory describes, what `crps dev` keeps up.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from crps.stack import process
from crps.stack.addresses import Addresses, given_addresses
from crps.stack.env_file import ENV_FILE, read_env_file
from crps.stack.home import Home, default_home
from crps.stack.local import status
from crps.stack.services import ALL
from crps.stack.upstream import (
    CLOCK_KEY_VARIABLE,
    Upstream,
    dev_clock_key,
    dev_upstream,
    given_upstream,
)

_ANSWER_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A system that stands: `upstream` is known to its services, None where none are running."""

    addresses: Addresses
    upstream: Upstream | None
    whose: str
    """In words: who keeps it running."""
    clock_key: str | None = None
    """By which its services know who sets their clock, where they are running."""


async def standing_system() -> Standing | None:
    """Return the system to use, None where none stands.

    Raises `StackError` for an environment or an `.env` in which something is missing.
    """
    return named_system() or await compose_system() or await _dev_system(default_home())


def named_system() -> Standing | None:
    """Return the system that the environment names; its upstream too where services run."""
    given = given_addresses()
    if given is None:
        return None
    whose = "that is named in the environment"
    return Standing(given, given_upstream(), whose, os.environ.get(CLOCK_KEY_VARIABLE) or None)


async def compose_system(file: Path = ENV_FILE) -> Standing | None:
    """Return the system that docker compose runs, if its broker's port answers."""
    described = read_env_file(file)
    if described is None:
        return None
    addresses, upstream, clock_key = described
    if not await _answers(addresses.kafka):
        return None
    return Standing(addresses, upstream, f"of docker compose, as {file} has it", clock_key)


async def _dev_system(home: Home) -> Standing | None:
    if not home.run.is_dir():
        return None
    address_of = {server.name: server.address for server in await status() if not server.trouble}
    kafka, postgres = address_of.get("kafka"), address_of.get("postgres")
    if kafka is None or postgres is None:
        return None
    served = all(process.find(home, name) is not None for name in ALL)
    upstream, clock_key = (dev_upstream(home), dev_clock_key(home)) if served else (None, None)
    return Standing(Addresses(kafka, postgres), upstream, "of `crps dev`", clock_key)


async def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
