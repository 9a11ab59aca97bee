"""Which Kafka and PostgreSQL a replay uses, and that it uses them alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crps.replay.narrator import Narrator
from crps.stack.addresses import Addresses, given_addresses
from crps.stack.home import Home, default_home
from crps.stack.local import local_stack, status


@asynccontextmanager
async def servers(home: Home, tell: Narrator, *, own: bool) -> AsyncIterator[Addresses]:
    """Give the servers of the environment, or those of `crps dev`, or new ones in `home`.

    New ones begin empty and are stopped at the end of the block. `own` passes over those of
    `crps dev`. Raises StackError when they do not start.
    """
    given = given_addresses()
    if given is not None:
        tell.say("Using the Kafka and the PostgreSQL named in the environment.")
        yield given
        return
    running = None if own else await _dev_stack()
    if running is not None:
        tell.say("Using the Kafka and the PostgreSQL of `crps dev`, which stay up afterwards.")
        yield running
        return
    tell.say("Starting Kafka and PostgreSQL (the very first time fetches Kafka, with Maven).")
    async with local_stack(home, fresh=True) as addresses:
        tell.say(f"Kafka answers at {addresses.kafka}, PostgreSQL beside it.")
        yield addresses
    tell.say("Kafka and PostgreSQL are stopped.")


@asynccontextmanager
async def alone(home: Home) -> AsyncIterator[None]:
    """Keep a second replay off: two would share the consumer groups of one broker.

    Raises StackError (`STACK_BUSY`) when there is one.
    """
    async with home.locked("services", timeout_s=1.0):
        yield


async def _dev_stack() -> Addresses | None:
    if not default_home().run.is_dir():
        return None
    address_of = {server.name: server.address for server in await status() if not server.trouble}
    kafka, postgres = address_of.get("kafka"), address_of.get("postgres")
    return None if kafka is None or postgres is None else Addresses(kafka, postgres)
