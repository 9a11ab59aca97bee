"""A service that is to stand still does, also one whose process ends at that very moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import psutil
import pytest

from crps.scenario.processes import Processes
from crps.stack.supervisor import Supervisor

ENDS, LASTS = "pass", "import time; time.sleep(600)"


@pytest.fixture
def ended() -> int:
    child = subprocess.Popen([sys.executable, "-c", ENDS])
    child.wait()
    return child.pid


@pytest.fixture
def lasting() -> Iterator[int]:
    child = subprocess.Popen([sys.executable, "-c", LASTS])
    yield child.pid
    child.kill()
    child.wait()


class Restarting:
    """A supervisor that knows of the first process when it has ended, then of none, then of a new
    one."""

    def __init__(self, ended: int, lasting: int) -> None:
        self._pids = [ended, None, lasting]

    def kill(self, _: str, number: signal.Signals) -> int | None:
        pid = self._pids.pop(0) if len(self._pids) > 1 else self._pids[0]
        if pid is not None and psutil.pid_exists(pid):
            os.kill(pid, number)
        return pid


async def test_in_the_place_of_a_process_that_ended_its_successor_stands_still(
    ended: int, lasting: int
) -> None:
    processes = Processes(cast("Supervisor", Restarting(ended, lasting)))
    await processes.halt("contracts")
    assert psutil.Process(lasting).status() == psutil.STATUS_STOPPED
