"""Servers for the connected rings: one local stack a session, a fresh database a module."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from crps import provision
from crps.stack.addresses import Addresses
from crps.stack.local import local_stack

_NUMBERS = count(1)
_STATE = Path("var/test")


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Addresses]:
    """Real Kafka and PostgreSQL: those in the environment, else a stack of our own."""
    async with local_stack(_STATE, fresh=True) as addresses:
        await provision.apply_topics(addresses.kafka)
        yield addresses


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
