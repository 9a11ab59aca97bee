"""Service processes kept running: started, restarted when they die by themselves, stopped.

Promises: a child that ends unasked comes back after a short backoff that grows while it keeps
dying young; `stop_all` leaves none; and none outlives this process, however it ends.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from crps.stack import process
from crps.stack.home import Home
from crps.stack.tether import tether

_FIRST_BACKOFF_S = 0.3
_LONGEST_BACKOFF_S = 5.0
_YOUNG_S = 5.0
_KILL_WAIT_S = 5.0


def next_backoff(last_s: float, lived_s: float) -> float:
    """Return how long to wait before a restart, in seconds.

    A child that lived a while starts over at once; one that dies young waits longer each time.
    """
    if lived_s >= _YOUNG_S or last_s == 0:
        return _FIRST_BACKOFF_S
    return min(last_s * 2, _LONGEST_BACKOFF_S)


@dataclass(slots=True)
class _Service:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    child: asyncio.subprocess.Process | None = None
    keeper: asyncio.Task[None] | None = None
    restarts: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)


class Supervisor:
    """Keeps service processes running, one a name. Use it from one event loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._services: dict[str, _Service] = {}

    async def start(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> int:
        """Start a service and keep it running; return its pid.

        Its output goes to `logs/NAME.log`. Raises `OSError` when it cannot be executed, and
        `ValueError` when the name already runs.
        """
        if name in self._services:
            raise ValueError(f"{name} is already supervised")
        self._home.create()
        service = _Service(name, list(argv), dict(env))
        pid = await self._spawn(service)
        self._services[name] = service
        service.keeper = asyncio.create_task(self._keep(service), name=f"keep-{name}")
        return pid

    @property
    def restarts(self) -> dict[str, int]:
        """How often each service was started again after it had died."""
        return {name: service.restarts for name, service in self._services.items()}

    def pid(self, name: str) -> int | None:
        """Return the pid of a service, `None` while it is dead."""
        child = self._services[name].child
        return child.pid if child is not None and child.returncode is None else None

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int | None:
        """Send a signal to a service, as a failing machine would; it is restarted if it dies.

        Returns the pid that was hit, `None` if the service is dead at this moment.
        """
        pid = self.pid(name)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pid

    async def restarted(self, name: str, *, beyond: int) -> int:
        """Wait until a service was restarted more than `beyond` times; return its new pid."""
        service = self._services[name]
        async with service.changed:
            await service.changed.wait_for(lambda: service.restarts > beyond)
            assert service.child is not None, "a restarted service has a process"
            return service.child.pid

    async def stop(self, name: str, *, timeout_s: float = 15.0) -> None:
        """Stop one service for good: SIGTERM, wait, then SIGKILL to its whole group."""
        service = self._services.pop(name, None)
        if service is None:
            return
        if service.keeper is not None:
            service.keeper.cancel()
            await asyncio.gather(service.keeper, return_exceptions=True)
        if service.child is not None:
            await _end(service.child, timeout_s)
        self._home.pid_file(name).unlink(missing_ok=True)

    async def stop_all(self, *, timeout_s: float = 15.0) -> None:
        """Stop every service, all at once."""
        await asyncio.gather(*(self.stop(name, timeout_s=timeout_s) for name in [*self._services]))

    async def _spawn(self, service: _Service) -> int:
        with self._home.log_file(service.name).open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *service.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=service.env,
                start_new_session=True,
                preexec_fn=tether(signal.SIGKILL),
            )
        # At once: a cancellation at the next await must find the child, or nobody would stop it.
        service.child = child
        # It may be dead already; its keeper will notice.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.record(self._home, service.name, child.pid)
        return child.pid

    async def _keep(self, service: _Service) -> None:
        clock = asyncio.get_running_loop().time
        backoff_s = 0.0
        while True:
            born = clock()
            assert service.child is not None, "a kept service was spawned"
            await service.child.wait()
            backoff_s = next_backoff(backoff_s, clock() - born)
            await asyncio.sleep(backoff_s)
            try:
                await self._spawn(service)
            except OSError:
                # No process or file handle is left at this moment: the next round tries again.
                continue
            async with service.changed:
                service.restarts += 1
                service.changed.notify_all()


async def _end(child: asyncio.subprocess.Process, timeout_s: float) -> None:
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(timeout_s):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        async with asyncio.timeout(_KILL_WAIT_S):
            await child.wait()
