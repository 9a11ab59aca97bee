"""One long-running child: started with a log and a pid file, found again, stopped for sure.

A child runs in a session of its own, so that Ctrl-C in the terminal reaches only the command,
which then stops its children in order. A pid file holds the pid with the moment the process was
created, because pids are reused and a stale file must never point at a stranger.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from crps.stack.home import Home
from crps.stack.starting import Starting
from crps.stack.tether import tether

_POLL_S = 0.02
_KILL_WAIT_S = 5.0

# The kernel's boot time, from which the creation time is computed, moves with clock corrections.
_CREATED_TOLERANCE_S = 2.0

# Children of this very process, kept so that they are reaped and not left as zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Running:
    """A process and the moment it was created, in seconds since the epoch: its identity."""

    pid: int
    created: float

    @property
    def uptime_s(self) -> float:
        """Seconds since it was created."""
        return max(0.0, time.time() - self.created)


@dataclass(frozen=True, slots=True)
class Launch:
    """What to run and how: arguments, environment, folder, user, and what ends it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: int | None = None
    group: int | None = None
    death_signal: signal.Signals | None = None  # None: it outlives the command that starts it.


def launch(home: Home, what: Launch) -> Running:
    """Start a child in its own session, with log and pid file. Raises `OSError`."""
    home.create()
    with home.log_file(what.name).open("ab") as log:
        child = subprocess.Popen(
            what.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=None if what.env is None else dict(what.env),
            cwd=what.cwd,
            start_new_session=True,
            user=what.user,
            group=what.group,
            extra_groups=None if what.user is None else [],
            # Safe beside threads: what runs between fork and exec is a bare system call.
            preexec_fn=tether(what.death_signal) if what.death_signal else None,  # noqa: PLW1509
        )
    _children[child.pid] = child
    return record(home, what.name, child.pid)


def record(home: Home, name: str, pid: int) -> Running:
    """Write the pid file of a child that was just started and is not reaped yet."""
    running = Running(pid, psutil.Process(pid).create_time())
    home.pid_file(name).write_text(json.dumps(asdict(running)))
    return running


def find(home: Home, name: str) -> Running | None:
    """Return the running process of this name, if its pid file still tells the truth."""
    try:
        fields = json.loads(home.pid_file(name).read_text())
        running = Running(int(fields["pid"]), float(fields["created"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return running if alive(running) else None


def alive(running: Running) -> bool:
    """Tell whether this very process still runs. A zombie does not."""
    child = _children.get(running.pid)
    if child is not None:
        # Asked through its parent, a process with threads ends only when the last has let go of
        # ports and files; in the process table its leader looks dead before that.
        if child.poll() is None:
            return True
        del _children[running.pid]
        return False
    try:
        process = psutil.Process(running.pid)
        if abs(process.create_time() - running.created) > _CREATED_TOLERANCE_S:
            return False
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def stop(
    home: Home, name: str, *, ask: signal.Signals = signal.SIGTERM, timeout_s: float = 20.0
) -> bool:
    """Stop the process of this name: ask, wait, then kill its group. False if none ran."""
    running = find(home, name)
    if running is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, ask)
        if not await _gone(running, timeout_s):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            await _gone(running, _KILL_WAIT_S)
    home.pid_file(name).unlink(missing_ok=True)
    return running is not None


async def _gone(running: Running, timeout_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            # The kernel tells only a parent about an end, and this may be another command.
            while alive(running):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_S)
    return not alive(running)


def starting(
    home: Home, name: str, running: Running, ask: Callable[[], Awaitable[str | None]]
) -> Starting:
    """Return a server process that was launched just now, to be waited for."""
    log_file = home.log_file(name)

    async def lives() -> bool:
        return alive(running)

    async def last_words() -> list[str]:
        return [*tail(log_file).splitlines(), f"All of it: {log_file}"]

    return Starting(name, ask, lives, last_words)


def tail(log_file: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log, for an error message; empty when there is none."""
    try:
        text = log_file.read_bytes()[-16_384:].decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
