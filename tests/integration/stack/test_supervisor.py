"""Services that die come back, stopped ones do not, and none is left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from crps.stack import process
from crps.stack.home import Home
from crps.stack.supervisor import Supervisor, next_backoff

PATIENT = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True)\nwhile True: signal.pause()"
)


@pytest_asyncio.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(Home(tmp_path))
    yield supervisor
    await supervisor.stop_all(timeout_s=0.5)


async def start(supervisor: Supervisor, name: str, code: str = PATIENT) -> int:
    return await supervisor.start(name, [sys.executable, "-c", code], os.environ)


@pytest.mark.parametrize(
    ("last_s", "lived_s", "expected_s"),
    [(0.0, 0.1, 0.3), (0.3, 0.1, 0.6), (4.0, 4.9, 5.0), (5.0, 1.0, 5.0), (5.0, 5.0, 0.3)],
)
def test_backoff_grows_while_it_dies_young(
    last_s: float, lived_s: float, expected_s: float
) -> None:
    assert next_backoff(last_s, lived_s) == expected_s


async def test_a_killed_service_comes_back(supervisor: Supervisor) -> None:
    first = await start(supervisor, "one")
    other = await start(supervisor, "two")
    assert supervisor.kill("one") == first
    async with asyncio.timeout(10):
        second = await supervisor.restarted("one", beyond=0)
    assert second != first
    assert supervisor.restarts == {"one": 1, "two": 0}
    assert supervisor.pid("two") == other


async def test_a_service_that_ends_by_itself_comes_back_again_and_again(
    supervisor: Supervisor,
) -> None:
    await start(supervisor, "one", "pass")
    async with asyncio.timeout(20):
        await supervisor.restarted("one", beyond=1)
    assert supervisor.restarts["one"] >= 2


async def test_a_stopped_service_stays_dead(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = [await start(supervisor, "one"), await start(supervisor, "two")]
    await supervisor.stop_all()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert supervisor.restarts == {}
    assert list((tmp_path / "run").glob("*.pid")) == []


async def test_a_service_that_ignores_the_request_is_killed(
    supervisor: Supervisor, tmp_path: Path, eventually
) -> None:
    pid = await start(supervisor, "one", STUBBORN)
    await eventually(lambda: "ready" in process.tail(tmp_path / "logs" / "one.log"))
    await supervisor.stop("one", timeout_s=0.2)
    assert not psutil.pid_exists(pid)


async def test_a_service_is_stopped_while_it_waits_for_its_restart(
    supervisor: Supervisor, eventually
) -> None:
    await start(supervisor, "one", "pass")
    await eventually(lambda: supervisor.pid("one") is None)
    assert supervisor.kill("one") is None
    await supervisor.stop("one")
    assert supervisor.restarts == {}


async def test_a_name_is_supervised_once(supervisor: Supervisor) -> None:
    await start(supervisor, "one")
    with pytest.raises(ValueError, match="already supervised"):
        await start(supervisor, "one")


async def test_a_program_that_cannot_be_executed_is_an_error(supervisor: Supervisor) -> None:
    with pytest.raises(FileNotFoundError):
        await supervisor.start("one", ["/no/such/program"], {})
    assert supervisor.restarts == {}


OWNER = """
import asyncio, os, signal, sys
from pathlib import Path
from crps.stack.home import Home
from crps.stack.supervisor import Supervisor

# As in a foreground job: a background one is started with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def main():
    supervisor = Supervisor(Home(Path(sys.argv[1])))
    await supervisor.start("one", [sys.executable, "-c", sys.argv[2]], os.environ)
    supervisor.kill("one")
    await supervisor.restarted("one", beyond=0)
    print("started", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel call exists on Linux only")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_no_service_outlives_its_supervisor(
    tmp_path: Path, end: signal.Signals, eventually
) -> None:
    """The restarted child is tied too, whatever ends its owner, and without any clean-up."""
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(tmp_path), PATIENT),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"started\n"
    child = process.find(Home(tmp_path), "one")
    assert child is not None
    owner.send_signal(end)
    await owner.wait()
    await eventually(lambda: not process.alive(child))
