"""The state folder: its record survives, its lock holds, its wipe spares what is not ours."""

import asyncio
from pathlib import Path

import pytest

from crps.stack.errors import StackError
from crps.stack.home import Home, default_home, home_at


def test_the_default_lies_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_home().root == tmp_path / "var" / "stack"
    assert home_at(None) == default_home()
    assert home_at(Path("var/demo")).root == tmp_path / "var" / "demo"


def test_state_is_read_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    assert home.read_state() == {}
    home.write_state({"ports": {"kafka": 20_001}})
    assert home.read_state() == {"ports": {"kafka": 20_001}}


@pytest.mark.parametrize("garbage", ["", "{", "[1]"])
def test_an_unreadable_state_is_no_state(tmp_path: Path, garbage: str) -> None:
    home = Home(tmp_path)
    home.create()
    (home.run / "state.json").write_text(garbage)
    assert home.read_state() == {}


def test_wipe_forgets_state_and_spares_what_is_not_ours(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    home.write_state({"ports": {}})
    (home.kafka / "formatted").touch()
    (tmp_path / "mine.txt").touch()
    home.wipe()
    assert home.read_state() == {}
    assert list(home.kafka.iterdir()) == []
    assert (tmp_path / "mine.txt").exists()


async def test_the_lock_excludes_the_same_purpose_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    async with home.locked("own", timeout_s=1):
        async with home.locked("change", timeout_s=1):
            pass
        with pytest.raises(StackError, match="STACK_BUSY"):
            async with home.locked("own", timeout_s=0.1):
                pytest.fail("two owners of one folder")
    async with home.locked("own", timeout_s=1):
        pass


async def test_the_lock_is_handed_on(tmp_path: Path) -> None:
    home = Home(tmp_path)
    inside = asyncio.Event()
    leave = asyncio.Event()

    async def first() -> None:
        async with home.locked("own", timeout_s=5):
            inside.set()
            await leave.wait()

    async def second() -> bool:
        async with home.locked("own", timeout_s=5):
            return True

    holder = asyncio.create_task(first())
    await inside.wait()
    waiter = asyncio.create_task(second())
    leave.set()
    assert await waiter
    await holder
