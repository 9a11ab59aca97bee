"""One run: prepare, read the counters, play, let everything finish, read them again, judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from crps.bench.figures import Figures, figures
from crps.bench.gate import Gate, judge
from crps.bench.meters import Meters, cpu_seconds
from crps.bench.remote import Driver
from crps.replay.stillness import wait_until_still
from crps.stack.addresses import Addresses
from crps.stack.own import Servers
from crps.stack.upstream import Upstream

STILL_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Costs:
    """What one contract cost, by mean over all of the run."""

    cpu_ms: Mapping[str, float]
    """By process, with their sum as ``total``."""
    records_written: float
    records_read: float
    commits: float
    wal_bytes: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run's name, figures, costs and validity."""

    name: str
    contracts: int
    figures: Figures
    costs: Costs
    gate: Gate
    still: bool
    """Everything was read and sent in the end."""

    @property
    def valid(self) -> bool:
        """Tell whether the run counts at all."""
        return self.gate.valid and self.still


@dataclass(frozen=True, slots=True)
class Rig:
    """The running system with what drives and reads it."""

    addresses: Addresses
    servers: Servers | None
    """None where somebody else keeps them running."""
    driver: Driver
    meters: Meters
    upstream: Upstream
    pids: Callable[[], Mapping[str, int]]
    """Name -> pid of every process that is measured."""


async def run_once(rig: Rig, name: str, contracts: int, rate: float | None) -> Run:
    """Play ``contracts`` of W1 at ``rate`` a second, or all at once for a drain.

    The CPU is read when the last contract was seen closed; offsets, commits and WAL once all is
    still, so that nothing of the run is missing from them.
    """
    await rig.driver.prepare(rig.addresses.kafka, rig.upstream, name, contracts)
    before, cpu_before = await rig.meters.count(), cpu_seconds(rig.pids())
    timings = await rig.driver.run(rate)
    cpu_after = cpu_seconds(rig.pids())
    leftover = await wait_until_still(rig.addresses, timeout_s=STILL_SECONDS)
    after = await rig.meters.count()
    gate = await judge(
        rig.addresses.kafka, before, after, offered=contracts, answers=timings.answers
    )
    spent = {n: (cpu_after[n] - cpu_before[n]) * 1000 / contracts for n in cpu_before}
    costs = Costs(
        cpu_ms={**spent, "total": sum(spent.values())},
        records_written=after.written_since(before) / contracts,
        records_read=after.read_since(before) / contracts,
        commits=(after.commits - before.commits) / contracts,
        wal_bytes=(after.wal_bytes - before.wal_bytes) / contracts,
    )
    return Run(name, contracts, figures(timings, rate), costs, gate, leftover is None)
