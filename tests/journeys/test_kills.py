"""A replay of real orders while every service is killed with -9, again and again."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from crps.replay.session import Options, run_replay
from crps.stack.home import home_at
from crps.stack.services import ALL

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]


async def test_nothing_is_lost_and_nothing_paid_twice(second_system: None, tmp_path: Path) -> None:
    """The auditor finds every promise kept, and each service died at least twice."""
    said = StringIO()
    report = await run_replay(
        Options(
            orders=Path("samples/olist"),
            out=tmp_path / "report.json",
            scale_ms=40,
            limit=None,
            kill_every_s=1.5,
            seed=20,
            home=home_at(Path("var/test-kills")),
            own=True,
        ),
        Console(file=said),
    )
    assert report.violations == 0, said.getvalue() + (tmp_path / "report.json").read_text()
    assert not report.failed
    assert report.contracts == 365
    assert set(report.invariants.values()) == {"ok"}
    assert all(report.kills[name] >= 2 for name in ALL), report.kills
    assert report.money["BRL/2"].open == 0
