"""One system for all journeys: real servers, real service processes, two upstreams with keys."""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crps import provision
from crps.stack.addresses import Addresses, given_addresses
from crps.stack.own import Kind, Servers, given_or_own_servers
from crps.stack.services import ALL, run_services, variable
from crps.stack.supervisor import Supervisor
from crps.stack.upstream import Upstream
from services.chassis.fetching import tolerate_header_names

from .play import Player

STATE = Path("var/test-journeys")


@dataclass(frozen=True, slots=True)
class Running:
    """A system that serves: where it is, who may speak to it, and who keeps it alive."""

    addresses: Addresses
    servers: Servers | None
    """None where somebody else keeps them running."""
    supervisor: Supervisor
    upstream: Upstream
    stranger: Upstream
    """Another upstream, with a valid key of its own."""


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[Running]:
    """All services and the sandbox bank as processes, on servers that start empty."""
    # The auditor in this process reads topics to which strangers have written.
    tolerate_header_names()
    tag = secrets.token_hex(4)
    ours, other = (Upstream(f"{n}-{tag}", secrets.token_hex(32)) for n in ("shop", "stranger"))
    environment = {
        "CRPS_UPSTREAM_KEYS": json.dumps({u.id: u.key for u in (ours, other)}),
        # Shorter than the outages: whoever waits for a server must not be taken for wedged.
        **{variable(name, "WEDGED_SECONDS"): "10" for name in ALL},
        # All that can ever be logged, so that a test can look for what must not be.
        **{variable(name, "LOG_LEVEL"): "debug" for name in ALL if name != "sandbox-bank"},
    }
    with pytest.MonkeyPatch.context() as patch:
        # Not the default: a part that did not know its name would refuse the parties' signatures.
        patch.setenv("CRPS_ENVIRONMENT", f"sandbox-{tag}")
        async with given_or_own_servers(STATE, Kind.CONTAINERS) as servers:
            addresses = servers.addresses
            await provision.provision(addresses)
            async with run_services(addresses, STATE, ALL, environment) as supervisor:
                yield Running(addresses, servers.own, supervisor, ours, other)


@pytest.fixture(scope="session")
def second_system() -> None:
    """Skip where a system beside `running` would have to share its servers, and so its groups."""
    if given_addresses() is not None:
        pytest.skip("the servers that the environment names already carry a system")


@pytest.fixture
async def player(running: Running) -> AsyncIterator[Player]:
    """Somebody who publishes records, good and bad, and reads every answer."""
    async with Player(running.addresses.kafka).playing() as player:
        yield player
