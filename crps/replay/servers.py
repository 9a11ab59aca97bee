"""Which system a replay uses, and that it uses it alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crps.replay.narrator import Narrator
from crps.stack.addresses import Addresses
from crps.stack.home import Home
from crps.stack.own import Kind, choose, run_servers
from crps.stack.standing import Standing, named_system, standing_system


@asynccontextmanager
async def system(home: Home, tell: Narrator, *, own: bool) -> AsyncIterator[Standing]:
    """Give the system that stands, or new servers in `home`, for which services must be started.

    `own` passes over what stands, unless the environment names it. Raises StackError when servers
    do not start.
    """
    standing = named_system() if own else await standing_system()
    if standing is not None:
        tell.say(f"Using the system {standing.whose}, which goes on afterwards.")
        yield standing
        return
    async with own_servers(home, tell) as addresses:
        yield Standing(addresses, None, "of this replay")


@asynccontextmanager
async def own_servers(home: Home, tell: Narrator) -> AsyncIterator[Addresses]:
    """Give new, empty servers, stopped at the end of the block."""
    tell.say("Starting Kafka and PostgreSQL (the very first time they are fetched).")
    choice = await choose(Kind.LOCAL)
    async with run_servers(home, choice.kind) as servers:
        tell.say(f"They run {choice}. Kafka answers at {servers.addresses.kafka}.")
        yield servers.addresses
    tell.say("Kafka and PostgreSQL are stopped.")


@asynccontextmanager
async def alone(home: Home) -> AsyncIterator[None]:
    """Keep a second replay off: two would share the consumer groups of one broker.

    Raises StackError (`STACK_BUSY`) when there is one.
    """
    async with home.locked("services", timeout_s=1.0):
        yield
