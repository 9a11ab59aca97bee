"""A service process from start to stop: wait for what it needs, run its loops, leave cleanly.

If a loop dies, ends unasked or stands still the process dies with it, so that its supervisor
starts a whole one; it never lingers with half of itself running.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import structlog
import uvloop
from tenacity import AsyncRetrying, wait_exponential_jitter

from schemas.topics import is_sandbox, topics_in
from services.chassis import logs
from services.chassis.bus import Bus
from services.chassis.clock_topic import ClockTopic
from services.chassis.config import ServiceSettings
from services.chassis.db import open_pool
from services.chassis.errors import ServiceError, SettingsRefused
from services.chassis.gauges import Gauges
from services.chassis.health import Health, HealthServer
from services.chassis.inbox import Service, Subscription
from services.chassis.intake import Intake
from services.chassis.meters import Meters
from services.chassis.outbox import Relay
from services.chassis.processor import Processor, never_set
from services.chassis.pulse import Pulse
from services.chassis.readiness import Parts, Readiness, Worker
from services.chassis.virtual import check_time
from services.chassis.watchdog import Guard, watch_loops

log = structlog.get_logger()

COLLECT: Final = (50_000, 20, 20)
"""Objects made beyond those freed, then how often each generation before the next is looked at."""
CLOSE_SECONDS: Final = 5.0
"""How long a connection may take to be given back when the process stops."""


class LoopEnded(ServiceError):
    """A loop ended although nobody asked it to."""


@dataclass(slots=True)
class Process:
    """What a running service has at hand; given to the makers of its workers."""

    name: str
    settings: ServiceSettings
    pool: asyncpg.Pool
    relay: Relay
    meters: Meters


def _no_gauges(_meters: Meters, _parts: Parts) -> None:
    """Add nothing: the service has what all have."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that makes one service: its name, settings, wiring and rooms."""

    name: str
    settings: ServiceSettings
    subscriptions: Sequence[Subscription]
    service: Service[Any]
    workers: Sequence[Callable[[Process], Worker]] = field(default=())
    gauges: Callable[[Meters, Parts], None] = _no_gauges
    """Adds the metrics of its own kind."""


def run(assemble: Callable[[], Runtime]) -> None:
    """Run a service until SIGTERM or SIGINT; a non-zero exit when a loop died or it cannot start.

    Settings that are refused are told in a plain line: how to log is one of them.
    """
    try:
        runtime = assemble()
    except SettingsRefused as error:
        sys.exit(f"SETTINGS_REFUSED: {error}")
    logs.configure(runtime.name, runtime.settings.log_level)
    _calm_collector()
    try:
        uvloop.run(_main(runtime))
    except Exception:
        log.critical("service.died", exc_info=True)
        sys.exit(1)


def _calm_collector() -> None:
    """Look for garbage cycles once a batch or so, and never again among the code itself.

    A batch makes tens of thousands of objects that references alone free; by default the collector
    would go through them all every 700, again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


async def _main(runtime: Runtime) -> None:
    settings, stopping = runtime.settings, asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    failure: asyncio.Future[None] = loop.create_future()
    guard = Guard(settings.wedged_seconds)

    def fail(error: BaseException) -> None:
        guard.must_leave()
        if not failure.done():
            failure.set_exception(error)

    running = _Running(runtime, stopping, fail)
    parts = running.parts
    app = Health(parts.pulses, settings.wedged_seconds, Readiness(parts), running.meters.render)
    health = HealthServer(app, settings.health_host, settings.health_port)
    server = asyncio.create_task(health.serve(), name="health")
    main = asyncio.create_task(running.run(), name="service")
    watch = asyncio.create_task(
        watch_loops(parts.pulses, settings.wedged_seconds, stopping, fail), name="watch"
    )
    try:
        with guard.guarding():
            await asyncio.wait({main, failure, server}, return_when=asyncio.FIRST_COMPLETED)
            try:
                if failure.done():
                    failure.result()
                if main.done():
                    main.result()
                elif not stopping.is_set():
                    raise LoopEnded("health")
                await main
            finally:
                stopping.set()
                main.cancel()
                await asyncio.gather(main, watch, return_exceptions=True)
    finally:
        health.should_exit = True
        await asyncio.gather(server, return_exceptions=True)
        log.info("service.stopped")


async def _close(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


class _Running:
    """The loops of one process."""

    def __init__(
        self, runtime: Runtime, stopping: asyncio.Event, fail: Callable[[BaseException], None]
    ) -> None:
        self._runtime = runtime
        self._stopping = stopping
        # Elsewhere than in a sandbox some topics do not exist.
        there = topics_in(runtime.settings.environment)
        self._subscriptions = [s for s in runtime.subscriptions if s.topic in there]
        bus = Bus(runtime.name, runtime.settings, self._subscriptions, fail)
        self.parts = Parts(runtime.name, bus)
        self.meters = Meters()
        Gauges(self.meters, self.parts)
        runtime.gauges(self.meters, self.parts)

    async def run(self) -> None:
        """Wait for database and log, then run the loops until told to stop."""
        runtime, settings, parts = self._runtime, self._runtime.settings, self.parts
        parts.pool = pool = await self._insist(self._open_pool, "database")
        relay = Relay(pool, settings.kafka, f"{runtime.name}-{settings.instance}", self.meters)
        parts.relay = relay
        keys = {u: k.get_secret_value().encode() for u, k in settings.upstream_keys.items()}
        parts.intake = Intake(
            self._subscriptions, keys, parts.bus.partitions_of, settings.environment
        )
        clock = ClockTopic(settings.kafka)
        processor = Processor(
            runtime.name,
            pool,
            self._subscriptions,
            runtime.service,
            parts.intake,
            committed=self._committed,
            backoff=self._back_off,
            meters=self.meters,
            stands_at=clock.read if is_sandbox(settings.environment) else never_set,
        )
        process = Process(runtime.name, settings, pool, relay, self.meters)
        parts.workers = [make(process) for make in runtime.workers]
        try:
            await check_time(pool, settings.environment)
            await self._insist(lambda: parts.bus.start(processor), "kafka")
            log.info("service.started")
            await self._run_loops(relay)
        finally:
            await parts.bus.stop()
            await clock.stop()
            await _close(pool)

    async def _run_loops(self, relay: Relay) -> None:
        bus = self.parts.bus
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._unceasing("relay", relay.run))
            loops.create_task(self._unceasing("attend", bus.attend))
            for worker in self.parts.workers:
                loops.create_task(self._unceasing(type(worker).__name__, worker.run))
            for pulse in self._turning(relay):
                pulse.turn()
            self.parts.running = True
            await self._stopping.wait()
            self.parts.running = False
            await bus.stop()

    def _turning(self, relay: Relay) -> Sequence[Pulse]:
        """Return every loop's pulse; from here on each must turn."""
        return [self.parts.bus.pulse, relay.pulse, *(w.pulse for w in self.parts.workers)]

    async def _unceasing(
        self, name: str, loop: Callable[[asyncio.Event], Coroutine[Any, Any, None]]
    ) -> None:
        """Run ``loop``; that it ends before it is asked to is as bad as that it dies."""
        await loop(self._stopping)
        if not self._stopping.is_set():
            raise LoopEnded(name)

    async def _open_pool(self) -> asyncpg.Pool:
        return await open_pool(
            self._runtime.settings.postgres.get_secret_value(),
            schema=self._runtime.name,
            application=f"crps-{self._runtime.name}",
        )

    async def _insist(self, start: Callable[[], Coroutine[Any, Any, Any]], what: str) -> Any:
        """Try ``start`` until it works or the process is told to stop."""
        async for attempt in AsyncRetrying(wait=wait_exponential_jitter(multiplier=0.2, max=3)):
            with attempt:
                if self._stopping.is_set():
                    raise SystemExit(0)
                try:
                    result = await start()
                except Exception as error:
                    self.parts.trouble = f"waiting for {what}: {error!r}"
                    log.warning("service.waiting", what=what, error=repr(error))
                    raise
        self.parts.trouble = None
        return result

    def _committed(self) -> None:
        parts = self.parts
        parts.trouble = None
        parts.bus.pulse.turn()
        if parts.relay is not None:
            parts.relay.wake()
        for worker in parts.workers:
            wake = getattr(worker, "wake", None)
            if wake is not None:
                wake()

    async def _back_off(self, error: BaseException) -> None:
        self.parts.trouble = f"retrying a batch: {error!r}"
        self.parts.bus.pulse.turn()
        if self._stopping.is_set():
            raise SystemExit(0)
        await asyncio.sleep(0.3)
