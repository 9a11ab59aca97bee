"""The whole measurement: a fresh system, warm-up, a drain, the search, then the latency runs."""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from crps.bench.meters import Meters
from crps.bench.remote import NAME, driver_process
from crps.bench.run import Rig, Run, run_once
from crps.provision import provision
from crps.replay.narrator import Narrator
from crps.replay.servers import alone
from crps.stack.home import Home
from crps.stack.local import SERVERS
from crps.stack.own import Kind, Servers, given_or_own_servers
from crps.stack.services import ALL, run_services
from crps.stack.signals import sigterm_as_ctrl_c
from crps.stack.upstream import Upstream

DURABILITY: Final = ("fsync", "full_page_writes", "synchronous_commit", "server_version")

_FIRST_SHARE: Final = 0.9
_UP: Final = 1.12
_DOWN: Final = 0.85
_TRIES: Final = 5
LATENCY_SHARES: Final = (0.5, 0.8)


@dataclass(frozen=True, slots=True)
class Measured:
    """Every run of a measurement in its order, and the one that shows the sustained rate."""

    warm_up: Run
    runs: tuple[Run, ...]
    sustained: Run | None
    """The fastest run whose backlog did not grow; None when none was found."""
    latency: Mapping[float, Run]
    """Share of the sustained rate -> run."""
    settings: Mapping[str, str]

    @property
    def valid(self) -> bool:
        """Tell whether every run that is reported counts."""
        return self.sustained is not None and all(run.valid for run in self.runs)


@asynccontextmanager
async def rig(home: Home, tell: Narrator) -> AsyncIterator[Rig]:
    """Run a fresh system for the block; servers named in the environment are used, not stopped.

    Raises StackError when something does not start.
    """
    upstream = Upstream(f"bench-{secrets.token_hex(4)}", secrets.token_hex(32))
    keys = {"CRPS_UPSTREAM_KEYS": json.dumps({upstream.id: upstream.key})}
    with sigterm_as_ctrl_c():
        async with (
            alone(home),
            given_or_own_servers(home, Kind.LOCAL) as servers,
        ):
            addresses = servers.addresses
            await provision(addresses)
            async with (
                run_services(addresses, home, ALL, keys) as supervisor,
                driver_process(home) as driver,
                Meters(addresses) as meters,
            ):
                tell.say(f"Running: {', '.join(ALL)}, the driver.")
                tell.say(f"Kafka and PostgreSQL run {servers.where}.")
                standing = {NAME: driver.pid, **await _server_pids(servers.own)}

                def pids() -> dict[str, int]:
                    found = {name: supervisor.pid(name) for name in ALL} | standing
                    return {name: pid for name, pid in found.items() if pid is not None}

                yield Rig(addresses, servers.own, driver, meters, upstream, pids)


async def _server_pids(servers: Servers | None) -> dict[str, int | None]:
    return {} if servers is None else {name: await servers.pid(name) for name in SERVERS}


async def measure(
    rig: Rig, tell: Narrator, *, contracts: int, rate: float | None, warm_up: int
) -> Measured:
    """Warm up, then measure: at ``rate`` only, or search the sustained rate and go on from it."""
    runs: list[Run] = []

    async def play(name: str, count: int, at: float | None) -> Run:
        run = await run_once(rig, name, count, at)
        tell.say(_sentence(run))
        return run

    settings = await rig.meters.settings(DURABILITY)
    first = await play("warm-up", warm_up, None)
    if rate is not None:
        runs.append(await play("given-rate", contracts, rate))
        held = runs[0] if runs[0].figures.sustained else None
        return Measured(first, tuple(runs), held, {}, settings)
    runs.append(await play("drain", contracts, None))
    best: Run | None = None
    candidate = runs[0].figures.settled_per_s * _FIRST_SHARE
    for attempt in range(_TRIES):
        run = await play(f"search-{attempt + 1}", contracts, candidate)
        runs.append(run)
        if run.figures.sustained and run.valid:
            best = run
            candidate *= _UP
        elif best is not None:
            break
        else:
            candidate *= _DOWN
    latency = {}
    if best is not None and best.figures.offered_per_s is not None:
        for share in LATENCY_SHARES:
            offered = best.figures.offered_per_s * share
            latency[share] = await play(f"at-{share * 100:.0f}-percent", contracts, offered)
            runs.append(latency[share])
    return Measured(first, tuple(runs), best, latency, settings)


def _sentence(run: Run) -> str:
    shown = run.figures
    how = "all at once" if shown.offered_per_s is None else f"at {shown.offered_per_s:.0f}/s"
    latency = shown.latency_ms
    late = "" if latency is None else f", p50 {latency.p50:.0f} ms, p99 {latency.p99:.0f} ms"
    backlog = "" if latency is None else f", backlog {shown.growth_per_s:+.0f}/s"
    void = "" if run.valid else f"  VOID: {run.gate}, still: {run.still}"
    return (
        f"{run.name}: {run.contracts} {how}: {shown.settled_per_s:.0f} settled/s, "
        f"{run.costs.cpu_ms['total']:.2f} CPU-ms{late}{backlog}{void}"
    )
