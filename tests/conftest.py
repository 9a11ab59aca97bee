"""Servers for the connected rings, one pair a session, a fresh database a module; and no luck.

Containers are preferred. Which servers it is, and why, is said before the first test, quiet or
not; and it is settled there for all that a test starts, also in processes of its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings

from crps import provision
from crps.stack.addresses import Addresses, given_addresses
from crps.stack.errors import StackError
from crps.stack.own import SERVERS_VARIABLE, Kind, choose, given_or_own_servers

_NUMBERS = count(1)
_STATE = Path("var/test")

# The same examples each time, so that a red run says something of what was changed. Who wants
# others says --hypothesis-profile=default.
settings.register_profile("the same", derandomize=True)
settings.load_profile("the same")


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> str | None:
    """Choose the servers of this run, if one of its tests needs any, and say which and why."""
    if config.option.collectonly or not any(item.get_closest_marker("connected") for item in items):
        return None
    try:
        if given_addresses() is not None:
            return "servers: those that the environment names"
        choice = asyncio.run(choose(Kind.CONTAINERS))
    except StackError as error:
        raise pytest.UsageError(str(error)) from None
    os.environ[SERVERS_VARIABLE] = choice.kind
    return f"servers: {choice}"


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Addresses]:
    """Real Kafka and PostgreSQL: those in the environment, else servers of our own."""
    async with given_or_own_servers(_STATE, Kind.CONTAINERS) as servers:
        await provision.apply_topics(servers.addresses.kafka)
        yield servers.addresses


@pytest.fixture(scope="module")
async def database(stack: Addresses) -> AsyncIterator[str]:
    """The administrator's DSN of a fresh database with every schema in it."""
    name = f"test_{next(_NUMBERS)}"
    admin = await asyncpg.connect(stack.postgres)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name}")
        dsn = stack.postgres.rpartition("/")[0] + f"/{name}"
        await provision.apply_migrations(dsn)
        yield dsn
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
