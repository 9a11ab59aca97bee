"""PostgreSQL and Kafka go and come back: the services say so, stay, and settle what was asked."""

import asyncio
import json
from collections.abc import Callable
from uuid import UUID

import pytest

from crps.stack.home import home_at
from crps.stack.own import Servers
from crps.stack.readiness import Readiness, ask_liveness, ask_readiness
from crps.stack.services import ALL

from . import deal
from .conftest import STATE, Running
from .deal import COMMANDS, ORDERS, PLACED, RELEASE
from .play import Player, contract_in

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180)]

PARTITION = 7
SERVICES = tuple(name for name in ALL if name != "sandbox-bank")


@pytest.fixture
def servers(running: Running) -> Servers:
    """The servers of the system, to be stopped and started."""
    if running.servers is None:
        pytest.skip("the servers that the environment names are not ours to stop")
    return running.servers


async def everybody(names: tuple[str, ...], well: Callable[[Readiness], bool]) -> None:
    """Wait until what each of the services says of itself is as expected."""
    for name in names:
        port = int(home_at(STATE).health_file(name).read_text())
        answer = Readiness(False, "nothing yet")
        try:
            async with asyncio.timeout(60):
                while not well(answer):
                    answer = await ask_readiness(port)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{name} says {answer}") from None


async def all_live() -> bool:
    ports = [int(home_at(STATE).health_file(name).read_text()) for name in ALL]
    return all(await asyncio.gather(*(ask_liveness(port) for port in ports)))


def names_reason(check: str) -> Callable[[Readiness], bool]:
    """Tell whether the answer is a refusal that names this check."""

    def named(answer: Readiness) -> bool:
        if answer.ready or not answer.body.startswith("{"):
            return False
        return check in json.loads(answer.body)["reasons"]

    return named


def ready(answer: Readiness) -> bool:
    return answer.ready


async def say(
    player: Player, running: Running, contract_id: UUID, topic: str, wire_type: str, body: object
) -> None:
    value = deal.message(contract_id, wire_type, body, f"{wire_type}-{contract_id}")
    headers = deal.headers(wire_type, value, running.upstream)
    await player.send(topic, value, headers, key=str(contract_id).encode(), partition=PARTITION)


async def test_postgres_goes_and_comes_back(
    player: Player, running: Running, servers: Servers
) -> None:
    restarts = dict(running.supervisor.restarts)
    before, during = contract_in(PARTITION), contract_in(PARTITION)
    await say(player, running, before, ORDERS, PLACED, deal.order())
    await player.event(before, "crps.contract.effective.v1")

    await servers.stop("postgres")
    await say(player, running, before, COMMANDS, RELEASE, deal.release())
    await say(player, running, during, ORDERS, PLACED, deal.order())
    await everybody(SERVICES, names_reason("database"))
    assert await all_live()

    await servers.start("postgres")
    await player.event(before, "crps.contract.closed.v1")
    await player.event(during, "crps.contract.effective.v1")
    await everybody(ALL, ready)
    assert running.supervisor.restarts == restarts


async def test_kafka_goes_and_comes_back(running: Running, servers: Servers) -> None:
    restarts = dict(running.supervisor.restarts)
    contract_id = contract_in(PARTITION)
    async with Player(running.addresses.kafka).playing() as player:
        await say(player, running, contract_id, ORDERS, PLACED, deal.order())
        await player.event(contract_id, "crps.contract.effective.v1")

    await servers.stop("kafka")
    await everybody(SERVICES, names_reason("consumer"))
    await everybody(("sandbox-bank",), names_reason("bank"))
    assert await all_live()

    await servers.start("kafka")
    async with Player(running.addresses.kafka).playing() as player:
        await say(player, running, contract_id, COMMANDS, RELEASE, deal.release())
        await player.event(contract_id, "crps.contract.closed.v1")
    await everybody(ALL, ready)
    assert running.supervisor.restarts == restarts
