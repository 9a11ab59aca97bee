"""The layout of a state folder: where the stack keeps data, logs and what runs.

One folder holds one stack. Two stacks in two folders do not know each other; the broker's jars
alone are shared by all stacks of the working directory.
"""

import asyncio
import fcntl
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crps.stack.errors import StackError

_LOCK_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Home:
    """A state folder and the names inside it."""

    root: Path

    @property
    def kafka(self) -> Path:
        """The broker's log folders and its properties."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Pid files, the lock, and `state.json` with the ports last used."""
        return self.root / "run"

    def log_file(self, name: str) -> Path:
        """Return where the process of this name writes."""
        return self.logs / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        """Return where the process of this name is recorded."""
        return self.run / f"{name}.pid"

    def health_file(self, name: str) -> Path:
        """Return where the health port of the service of this name is recorded."""
        return self.run / f"{name}.health"

    def create(self) -> None:
        """Make the folders that do not exist yet."""
        for folder in (self.kafka, self.postgres, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)

    def wipe(self) -> None:
        """Forget data, logs and ports, but keep the locks. Nothing may be running."""
        for folder in (self.kafka, self.postgres, self.logs):
            shutil.rmtree(folder, ignore_errors=True)
        self._state_file.unlink(missing_ok=True)
        self.create()

    def read_state(self) -> dict[str, Any]:
        """Return what was last written with `write_state`, else an empty record."""
        try:
            state = json.loads(self._state_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return state if isinstance(state, dict) else {}

    def write_state(self, state: dict[str, Any]) -> None:
        """Record the ports and addresses in `run/state.json`, whole or not at all."""
        partial = self._state_file.with_suffix(".partial")
        partial.write_text(json.dumps(state, indent=2) + "\n")
        partial.replace(self._state_file)

    @property
    def _state_file(self) -> Path:
        return self.run / "state.json"

    @asynccontextmanager
    async def locked(self, purpose: str, *, timeout_s: float) -> AsyncIterator[None]:
        """Hold the folder against other processes with the same purpose.

        `change` is held while processes are started or stopped, `own` by who stops the stack at
        its end. Raises `StackError` (`STACK_BUSY`) when another holds it longer than `timeout_s`.
        The kernel drops the lock with its holder, so that a killed holder never blocks anybody.
        """
        self.run.mkdir(parents=True, exist_ok=True)
        with (self.run / f"{purpose}.lock").open("a") as handle:
            await _lock(handle.fileno(), self.root, timeout_s)
            yield


async def _lock(descriptor: int, root: Path, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(_LOCK_POLL_S)
                else:
                    return
    except TimeoutError as error:
        raise StackError(
            "STACK_BUSY",
            f"another command has been using {root} for {timeout_s:.0f} s",
            "Wait for it to end, stop it, or use another state folder.",
        ) from error


def default_home() -> Home:
    """Return the state folder of `crps dev`: `var/stack` below the working directory."""
    return Home(Path.cwd() / "var" / "stack")


def home_at(path: Path | Home | None) -> Home:
    """Return the state folder at this path, absolute; the default one for `None`."""
    if isinstance(path, Home):
        return path
    return default_home() if path is None else Home(path.absolute())


def shared_library() -> Path:
    """Return the folder of downloads shared by all state folders of the working directory."""
    return Path.cwd() / "var" / "lib"
