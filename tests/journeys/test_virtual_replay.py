"""A replay at true dates through real processes: months pass in seconds, the amounts stay."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from crps.replay.olist import read_orders
from crps.replay.plan import plan_orders
from crps.replay.session import Options, run_replay
from crps.stack.home import home_at
from tests.unit.replay.in_memory import replayed
from tests.unit.replay.played import MS

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

ORDERS = Path("samples/olist")
LIMIT = 12
STATE = home_at(Path.cwd() / "var" / "test-virtual-replay")


async def test_it_settles_as_the_compressed_replay_does(
    second_system: None, tmp_path: Path
) -> None:
    said = StringIO()
    options = Options(
        orders=ORDERS,
        out=tmp_path / "report.json",
        scale_ms=None,
        limit=LIMIT,
        kill_every_s=None,
        seed=0,
        home=STATE,
        own=True,
    )
    virtual = await run_replay(options, Console(file=said))
    assert (virtual.violations_listed, virtual.failed) == ((), False)
    assert virtual.compared == {"comparable": virtual.contracts, "near": 0, "displaced": 0}
    assert virtual.simulated_days is not None
    assert virtual.simulated_days > 20

    plans, _ = plan_orders(read_orders(ORDERS, LIMIT))
    compressed = (await replayed(plans, lag=20 * MS)).report
    assert compressed.compared["comparable"] == len(plans)
    assert virtual.money == compressed.money
    assert virtual.outcomes == compressed.outcomes
