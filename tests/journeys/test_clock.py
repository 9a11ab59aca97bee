"""A sandbox whose clock is turned: days pass in seconds, through the same processes.

It has servers of its own, since the clock is everybody's who shares them.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from crps import provision
from crps.audit import audit
from crps.audit.log import read_log
from crps.cli import app
from crps.clock.log import COMMANDS as TOLD_FIRST
from crps.clock.log import SET, control, read_clock
from crps.replay.signing import plain_headers, signed_headers
from crps.stack.addresses import Addresses
from crps.stack.own import Kind, given_or_own_servers
from crps.stack.services import ALL, run_services
from crps.stack.supervisor import Supervisor
from crps.stack.upstream import Upstream, keys_setting
from schemas import topics
from schemas.values import written

from . import deal
from .deal import COMMANDS, ORDERS, PLACED, RELEASE
from .play import Player, contract_in

pytestmark = pytest.mark.connected

STATE = Path("var/test-clock")
BEGIN = datetime(2031, 1, 1, 4, tzinfo=UTC)
PERIOD = timedelta(hours=120)
EFFECTIVE, ATTRIBUTED = "crps.contract.effective.v1", "crps.funds.attributed.v1"
CLOSED = "crps.contract.closed.v1"
PARTITION = 7
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A whole system, its services alive, and whoever may turn its clock."""

    addresses: Addresses
    upstream: Upstream
    clock_key: str
    supervisor: Supervisor
    player: Player

    async def clock(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """Run `crps clock`; returns its exit code and all that it said."""
        process = await asyncio.create_subprocess_exec(
            *(Path(sys.executable).with_name("crps"), "clock", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ
            | {
                "CRPS_KAFKA": self.addresses.kafka,
                "CRPS_POSTGRES": self.addresses.postgres,
                "CRPS_CLOCK_KEY": self.clock_key,
            }
            | settings,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def turned(self, *arguments: str) -> datetime:
        """Turn the clock, and return where it stands then."""
        code, said = await self.clock(*arguments)
        assert code == 0, said
        stands_at = await read_clock(self.addresses.kafka)
        assert stands_at is not None
        assert written(stands_at) in said
        return stands_at

    async def begun(self) -> datetime:
        """Return where the clock stands, setting it first if nobody has."""
        stands_at = await read_clock(self.addresses.kafka)
        return stands_at or await self.turned("set", written(BEGIN))

    async def say(self, contract_id: UUID, topic: str, wire_type: str, told: Any) -> str:
        message_id = f"{contract_id}/{secrets.token_hex(4)}"
        value = deal.message(contract_id, wire_type, told, message_id)
        headers = deal.headers(wire_type, value, self.upstream)
        key = str(contract_id).encode()
        await self.player.send(topic, value, headers, key=key, partition=PARTITION)
        return message_id

    async def place(self, now: datetime, period: timedelta = PERIOD) -> UUID:
        """Sell something whose chain period is so long; returns once it is effective."""
        contract_id = contract_in(PARTITION)
        milliseconds = int(period.total_seconds() * 1000)
        tranche = {"amount": "10000", "period": {"unit": "exact", "duration_ms": milliseconds}}
        order = deal.order(tranches=[tranche])
        order["offer_expires_at"] = written(now + timedelta(hours=1))
        await self.say(contract_id, ORDERS, PLACED, order)
        effective = (await self.player.event(contract_id, EFFECTIVE)).json["data"]
        assert datetime.fromisoformat(effective["effective_at"]) == now
        (at,) = [datetime.fromisoformat(t["deadline_at"]) for t in effective["tranches"]]
        assert at == now + period
        return contract_id

    async def outlook(self, contract_id: UUID) -> dict[str, Any]:
        """Return what may come, by the time that it is there."""
        asked = ["contract", "outlook", str(contract_id), "--json"]
        postgres = ["--postgres", self.addresses.postgres]
        said = await asyncio.to_thread(CliRunner().invoke, app, [*asked, *postgres])
        found: dict[str, Any] = json.loads(said.stdout)
        return found

    async def attributed(self, contract_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = (await self.player.event(contract_id, ATTRIBUTED)).json["data"]
        return found


@pytest.fixture(scope="module")
async def sandbox(second_system: None) -> AsyncIterator[Sandbox]:
    upstream = Upstream("shop", secrets.token_hex(32))
    clock_key = secrets.token_hex(32)
    environment = {"CRPS_UPSTREAM_KEYS": keys_setting(upstream, clock_key)}
    async with given_or_own_servers(STATE, Kind.CONTAINERS) as servers:
        await provision.provision(servers.addresses)
        async with (
            run_services(servers.addresses, STATE, ALL, environment) as supervisor,
            Player(servers.addresses.kafka).playing() as player,
        ):
            yield Sandbox(servers.addresses, upstream, clock_key, supervisor, player)


async def test_a_chain_period_of_120_hours_passes_in_seconds(sandbox: Sandbox) -> None:
    begin = await sandbox.begun()
    arriving = await sandbox.place(begin)
    released = await sandbox.place(begin)
    assert await sandbox.turned("advance", "119h59m59.999s") == begin + PERIOD - TICK
    outlook = await sandbox.outlook(arriving)
    (back,) = outlook["can"]["payee"]
    assert back["until"] == written(begin + PERIOD)
    assert ATTRIBUTED in back["would"]
    (move,) = outlook["next_moves"]
    assert (move["who"], move["until"]) == (["payer", "payee"], written(begin + PERIOD))
    # One millisecond before the deadline the payer's own act still counts, at that very instant.
    await sandbox.say(released, COMMANDS, RELEASE, deal.release())
    act = await sandbox.attributed(released)
    assert (act["cause"], instant(act["judged_at"])) == ("release", begin + PERIOD - TICK)
    assert await sandbox.turned("advance", "1ms") == begin + PERIOD
    arrival = await sandbox.attributed(arriving)
    assert (arrival["cause"], instant(arrival["judged_at"])) == ("arrival", begin + PERIOD)
    for contract_id in (arriving, released):
        await sandbox.player.event(contract_id, CLOSED)
    result = await audit(sandbox.addresses, frozenset({arriving, released}))
    assert result.violations == ()


async def test_a_killed_service_knows_what_time_it_is(sandbox: Sandbox) -> None:
    now = await sandbox.begun()
    contract_id = await sandbox.place(now)
    restarts = sandbox.supervisor.restarts["contracts"]
    assert sandbox.supervisor.kill("contracts") is not None
    await sandbox.supervisor.restarted("contracts", beyond=restarts)
    await sandbox.say(contract_id, COMMANDS, RELEASE, deal.release())
    act = await sandbox.attributed(contract_id)
    assert instant(act["judged_at"]) == now


async def test_every_partition_is_told_the_commands_before_the_clock_s_own_topic(
    sandbox: Sandbox,
) -> None:
    begin = await sandbox.begun()
    to = await sandbox.turned("advance", "1s")
    assert to == begin + timedelta(seconds=1)
    told = [topic.name for topic in (*TOLD_FIRST, topics.SANDBOX_CLOCK)]
    log = await read_log(sandbox.addresses.kafka, told)
    controls = [r for r in log.records if written(to).encode() in r.value]
    places = [(record.topic, record.partition) for record in controls]
    assert sorted(places) == sorted((topic, number) for topic in told for number in range(12))
    last = max(r.appended_at for r in controls if r.topic != topics.SANDBOX_CLOCK.name)
    assert last <= min(r.appended_at for r in controls if r.topic == topics.SANDBOX_CLOCK.name)
    code, said = await sandbox.clock("show")
    assert code == 0
    assert said.count(written(to)) == 1 + len(topics.SERVICES)


async def test_time_never_falls_and_what_cannot_be_is_said_in_a_line(sandbox: Sandbox) -> None:
    now = await sandbox.begun()
    for arguments, code, settings in (
        (("set", written(now - TICK)), "CLOCK_BACKWARDS", {}),
        (("set", "tomorrow"), "INSTANT_INVALID", {}),
        (("set", "9000-01-01T00:00:00Z"), "INSTANT_INVALID", {}),
        (("advance", "soon"), "LENGTH_INVALID", {}),
        (("advance", "1h"), "CLOCK_REFUSED", {"CRPS_ENVIRONMENT": "production"}),
        (("set", written(now)), "CLOCK_REFUSED", {"CRPS_ENVIRONMENT": "production"}),
        (("show",), "CLOCK_REFUSED", {"CRPS_ENVIRONMENT": "production"}),
        (("advance", "1h"), "CLOCK_KEY_MISSING", {"CRPS_CLOCK_KEY": ""}),
    ):
        exit_code, said = await sandbox.clock(*arguments, **settings)
        assert exit_code != 0
        assert said.startswith(f"{code}: ")
        assert len(said.splitlines()) == 1
    assert await read_clock(sandbox.addresses.kafka) == now


async def test_whoever_is_not_the_operator_turns_nothing(sandbox: Sandbox) -> None:
    now = await sandbox.begun()
    value = control(SET, now + timedelta(days=1))
    forged = signed_headers(SET, value, topics.CLOCK, "guessed")
    own = signed_headers(SET, value, sandbox.upstream.id, sandbox.upstream.key)
    for headers, code in (
        (forged, "HMAC_INVALID"),
        (own, "CLOCK_REFUSED"),
        (plain_headers(SET), "UPSTREAM_MISSING"),
    ):
        sent = await sandbox.player.send(
            COMMANDS, value, tuple(headers), key=str(UUID(int=0)).encode(), partition=PARTITION
        )
        assert await sandbox.player.verdict(sent) == ("dead", code)
    await sandbox.place(now)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
