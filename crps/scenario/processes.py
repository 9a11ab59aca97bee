"""The processes of a real system, as scenarios and outages handle them."""

import asyncio
import contextlib
import signal
from enum import StrEnum
from typing import Final, NamedTuple

import psutil

from crps.stack.supervisor import Supervisor

_LOOK_SECONDS: Final = 0.02


class Kind(StrEnum):
    """How a service is taken away, in the word of the report."""

    PAUSED = "paused"
    RESTARTED = "restarted"
    KILLED = "killed"


class Outage(NamedTuple):
    """One service away, and how."""

    service: str
    kind: Kind


_ENDS: Final = {Kind.RESTARTED: signal.SIGTERM, Kind.KILLED: signal.SIGKILL}


class Processes:
    """One process a service, started anew by its supervisor whenever it ends."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._restarts: dict[str, int] = {}
        """Of a service that is away: how often it had been started anew before."""

    async def halt(self, service: str) -> None:
        """Stop the process where it stands, by SIGSTOP; returns once it stands still.

        One that ends at this moment, as whoever finds that it stood still too long does, has a
        successor, which is stopped in its place.
        """
        while True:
            pid = self._supervisor.kill(service, signal.SIGSTOP)
            with contextlib.suppress(psutil.NoSuchProcess):
                if pid is not None and psutil.Process(pid).status() == psutil.STATUS_STOPPED:
                    return
            # Nobody tells when it does.
            await asyncio.sleep(_LOOK_SECONDS)

    def go_on(self, service: str) -> None:
        """Let a process that stands still go on."""
        self._supervisor.kill(service, signal.SIGCONT)

    async def stop(self, name: str) -> None:
        """Stop it for good."""
        await self._supervisor.stop(name)

    async def take_away(self, outage: Outage) -> None:
        """Let the service stand still, or have its process end, with warning or without."""
        service, kind = outage
        if kind is Kind.PAUSED:
            await self.halt(service)
            return
        self._restarts[service] = self._supervisor.restarts[service]
        self._supervisor.kill(service, _ENDS[kind])

    async def bring_back(self, outage: Outage) -> None:
        """Return once the service has a process that goes on, or a new one that starts."""
        service, kind = outage
        if kind is Kind.PAUSED:
            self.go_on(service)
        else:
            await self._supervisor.restarted(service, beyond=self._restarts.pop(service))
