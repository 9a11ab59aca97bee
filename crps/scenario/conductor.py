"""Many scenarios on one system: who can act acts, and time moves when all wait for it.

There is one virtual clock for all. Whoever plays says until when it waits. Once all of them wait,
the system comes to rest, and those go on whose instant has come. If there is none, the clock is
set to the earliest instant that anybody waits for or at which something of theirs is due, so that
all that is due on the way happens first, one instant after the other. With outages some service is
away each time, and back before time moves on.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crps.scenario.outages import Outages
from crps.scenario.stack_stage import StackStage
from crps.scenario.system import System
from schemas.sandbox_v1 import CLOCK_ENDS


class Conductor:
    """Leads those who play at the same time."""

    def __init__(self, system: System, outages: Outages | None = None) -> None:
        self._system = system
        self._outages = outages
        self._stages: dict[UUID, StackStage] = {}
        self._waiting: list[tuple[datetime, UUID, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()
        self._is_quiet = False
        self.failure: Exception | None = None
        """Why nobody can play on this system any more."""

    def stage(self, contract_id: UUID) -> StackStage:
        """Return the stage of a contract that somebody is going to play."""
        stage = StackStage(contract_id, self._system, self)
        self._stages[contract_id] = stage
        return stage

    def disturb(self) -> None:
        """Say that something was done, so that the system must come to rest anew."""
        self._is_quiet = False

    async def until(self, instant: datetime, contract_id: UUID) -> None:
        """Wait until that instant has come and the system rests; one that is past has come.

        Raises what kept the system from it, and LookupError of an instant that never comes.
        """
        if instant >= CLOCK_ENDS:
            raise LookupError(f"the clock ends with the year {CLOCK_ENDS.year - 1}")
        if self.failure is not None:
            raise self.failure
        now = self._system.now
        if self._is_quiet and now is not None and instant <= now:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((instant, contract_id, future))
        self._changed.set()
        await future

    async def pause(self, service: str) -> None:
        """Let a service stand still until it is resumed; if it is away it comes back first."""
        if self._outages is not None:
            await self._outages.end(self._system)
        await self._system.pause(service)
        self.disturb()

    async def play(self, plays: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """Play all at the same time to their ends; return what came of each."""
        tasks = [asyncio.create_task(play) for play in plays]
        for task in tasks:
            task.add_done_callback(lambda _: self._changed.set())
        try:
            while not all(task.done() for task in tasks):
                self._changed.clear()
                if len(self._waiting) == sum(not task.done() for task in tasks):
                    await self._turn()
                else:
                    await self._changed.wait()
            return [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> Exception | None:
        """Let everybody go on who was paused, and come to rest; return what kept it from that."""
        if self._outages is not None:
            await self._outages.end(self._system)
        self._system.resume_all()
        if self.failure is None:
            try:
                await self._system.rest()
            except Exception as error:
                self.failure = error
        return self.failure

    async def _turn(self) -> None:
        """All wait: bring the system to rest or time forward, and let those go on who can."""
        try:
            if self._is_quiet or self._system.now is None:
                await self._system.set_clock(await self._next_instant())
            await self._rest()
            await self._hear()
        except Exception as error:
            self.failure = error
        else:
            self._is_quiet = True
        now, still = self._system.now, []
        for instant, contract_id, future in self._waiting:
            if self.failure is not None:
                future.set_exception(self.failure)
            elif now is not None and instant <= now:
                future.set_result(None)
            else:
                still.append((instant, contract_id, future))
        self._waiting = still

    async def _rest(self) -> None:
        if self._outages is None:
            await self._system.rest()
        else:
            await self._outages.rest(self._system)

    async def _next_instant(self) -> datetime:
        """Return the earliest instant that is waited for, or at which something is due."""
        wished = min(instant for instant, _, _ in self._waiting)
        due = await self._system.next_due([contract_id for _, contract_id, _ in self._waiting])
        return wished if due is None else min(wished, due)

    async def _hear(self) -> None:
        """Let each stage take in what was said on it since the last time."""
        system, stages = self._system, self._stages.values()
        open_ = [place for stage in stages for place in stage.undecided()]
        applied, buried = await system.applied(open_), await system.buried(open_)
        held = await system.held(open_)
        issued = await system.instructions(list(self._stages))
        records = await system.heard()
        for contract_id, stage in self._stages.items():
            stage.take_in(
                [record for record in records if stage.concerns(record)],
                applied=applied,
                buried=buried,
                held=held,
                instructions=issued.get(contract_id, []),
            )
