"""SIGTERM ends a program the way Ctrl-C does: with its clean-up."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crps.stack.signals import sigterm_as_ctrl_c

PROGRAM = """
import asyncio, sys
from pathlib import Path
from crps.stack.signals import sigterm_as_ctrl_c

async def main():
    with sigterm_as_ctrl_c():
        try:
            print("inside", flush=True)
            await asyncio.Event().wait()
        finally:
            Path(sys.argv[1]).touch()

asyncio.run(main())
"""


# What a shell does to a background job: it ignores Ctrl-C, and so do its children.
IGNORE_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("launcher", [[], ["-c", IGNORE_SIGINT]], ids=["foreground", "background"])
def test_sigterm_runs_the_clean_up(tmp_path: Path, launcher: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, *launcher, "-c", PROGRAM, str(tmp_path / "clean")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"inside\n"
        program.send_signal(signal.SIGTERM)
    assert (tmp_path / "clean").exists()


def test_the_former_handler_comes_back() -> None:
    # A stack that other tests of this run hold open may have set the handler already.
    found = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with sigterm_as_ctrl_c():
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, found)
