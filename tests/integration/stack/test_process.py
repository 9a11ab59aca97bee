"""One child: found again by its identity, stopped for sure, tied to its parent if wanted."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from crps.stack import process
from crps.stack.home import Home

PATIENT = "import signal; print('ready', flush=True); signal.pause()"
ZOMBIE_KEEPER = """
import signal, subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "pass"]).pid, flush=True)
signal.pause()
"""
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True)\nwhile True: signal.pause()"
)


def start(home: Home, code: str) -> process.Running:
    return process.launch(home, process.Launch("child", [sys.executable, "-c", code]))


async def test_a_child_is_found_again_and_stopped(tmp_path: Path) -> None:
    home = Home(tmp_path)
    running = start(home, PATIENT)
    assert process.find(home, "child") == running
    assert os.getsid(running.pid) == running.pid
    assert await process.stop(home, "child")
    assert not process.alive(running)
    assert not psutil.pid_exists(running.pid)
    assert process.find(home, "child") is None
    assert not await process.stop(home, "child")


async def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path, eventually) -> None:
    home = Home(tmp_path)
    running = start(home, STUBBORN)
    await eventually(lambda: "ready" in process.tail(home.log_file("child")))
    assert await process.stop(home, "child", timeout_s=0.2)
    assert not psutil.pid_exists(running.pid)


async def test_a_dead_child_is_reaped_by_whoever_looks(tmp_path: Path, eventually) -> None:
    running = start(Home(tmp_path), PATIENT)
    os.kill(running.pid, signal.SIGKILL)
    await eventually(lambda: not process.alive(running))
    assert not psutil.pid_exists(running.pid)


async def test_a_zombie_of_another_parent_is_dead(tmp_path: Path, eventually) -> None:
    zombie = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ZOMBIE_KEEPER, stdout=asyncio.subprocess.PIPE
    )
    assert zombie.stdout is not None
    pid = int(await zombie.stdout.readline())
    running = process.Running(pid, psutil.Process(pid).create_time())
    await eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert not process.alive(running)
    zombie.kill()
    await zombie.wait()


def test_a_stale_pid_file_never_points_at_a_stranger(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    ourselves = psutil.Process()
    stale = {"pid": ourselves.pid, "created": ourselves.create_time() - 60}
    home.pid_file("child").write_text(json.dumps(stale))
    assert process.find(home, "child") is None


@pytest.mark.parametrize("garbage", ["", "{}", "[]", '{"pid": "x", "created": 1}'])
def test_a_broken_pid_file_is_no_process(tmp_path: Path, garbage: str) -> None:
    home = Home(tmp_path)
    home.create()
    home.pid_file("child").write_text(garbage)
    assert process.find(home, "child") is None


def test_the_tail_is_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert process.tail(log) == ""
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    assert process.tail(log, lines=2) == "line 98\nline 99"


PARENT = """
import signal, sys
from pathlib import Path
from crps.stack import process
from crps.stack.home import Home
home = Home(Path(sys.argv[1]))
for name, death in (("tied", signal.SIGKILL), ("free", None)):
    process.launch(home, process.Launch(
        name, [sys.executable, "-c", sys.argv[2]], death_signal=death))
print("started", flush=True)
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel call exists on Linux only")
async def test_a_killed_parent_takes_its_tied_children_along(tmp_path: Path, eventually) -> None:
    home = Home(tmp_path)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path), PATIENT), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"started\n"
    tied, free = process.find(home, "tied"), process.find(home, "free")
    assert tied is not None
    assert free is not None
    parent.kill()
    await parent.wait()
    await eventually(lambda: not process.alive(tied))
    assert process.alive(free)
    await process.stop(home, "free")
    assert not process.alive(free)
