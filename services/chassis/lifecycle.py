"""A service process from start to stop: wait for what it needs, run its loops, leave cleanly.

If a loop dies the process dies with it, so that its supervisor starts a whole one; it never
lingers with half of itself running.
"""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import asyncpg
import structlog
import uvloop
from tenacity import AsyncRetrying, wait_exponential_jitter

from services.chassis import logs
from services.chassis.bus import Bus
from services.chassis.config import ServiceSettings
from services.chassis.db import open_pool
from services.chassis.health import Health, HealthServer
from services.chassis.inbox import Service, Subscription
from services.chassis.intake import Intake
from services.chassis.migrate import expected_version
from services.chassis.outbox import Relay
from services.chassis.processor import Processor

log = structlog.get_logger()

BEAT_SECONDS: Final = 15.0
"""A loop that has not gone round for so long is not well."""
COLLECT: Final = (50_000, 20, 20)
"""Objects made beyond those freed, then how often each generation before the next is looked at."""
CLOSE_SECONDS: Final = 5.0
"""How long a connection may take to be given back when the process stops."""


class Worker(Protocol):
    """A loop of a service's own, such as the scheduler's."""

    beat: float

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until ``stopping``."""


@dataclass(slots=True)
class Process:
    """What a running service has at hand; given to the makers of its workers."""

    name: str
    settings: ServiceSettings
    pool: asyncpg.Pool
    relay: Relay


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that makes one service: its name, settings, wiring and rooms."""

    name: str
    settings: ServiceSettings
    subscriptions: Sequence[Subscription]
    service: Service[Any]
    workers: Sequence[Callable[[Process], Worker]] = field(default=())


def run(runtime: Runtime) -> None:
    """Run the service until SIGTERM or SIGINT; a non-zero exit when a loop died."""
    logs.configure(runtime.name)
    _calm_collector()
    uvloop.run(_main(runtime))


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

    def fail(error: BaseException) -> None:
        if not failure.done():
            failure.set_exception(error)

    running = _Running(runtime, stopping, fail)
    health = HealthServer(Health(running.checks()), settings.health_host, settings.health_port)
    server = asyncio.create_task(health.serve(), name="health")
    main = asyncio.create_task(running.run(), name="service")
    stopped = asyncio.create_task(stopping.wait(), name="stopping")
    try:
        await asyncio.wait({main, failure, server}, return_when=asyncio.FIRST_COMPLETED)
        if failure.done():
            failure.result()
        if main.done():
            main.result()
        elif not stopping.is_set():
            raise RuntimeError("the health server ended")
        await main
    finally:
        stopping.set()
        health.should_exit = True
        for task in (main, stopped):
            task.cancel()
        await asyncio.gather(main, stopped, server, return_exceptions=True)
        log.info("service.stopped")


async def _close(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


class _Running:
    """The loops of one process, and what its readiness looks at."""

    def __init__(
        self, runtime: Runtime, stopping: asyncio.Event, fail: Callable[[BaseException], None]
    ) -> None:
        self._runtime = runtime
        self._stopping = stopping
        self._fail = fail
        self._bus = Bus(runtime.name, runtime.settings, runtime.subscriptions, fail)
        self._pool: asyncpg.Pool | None = None
        self._relay: Relay | None = None
        self._intake: Intake | None = None
        self._workers: list[Worker] = []
        self._trouble: str | None = None

    async def run(self) -> None:
        runtime, settings = self._runtime, self._runtime.settings
        self._pool = pool = await self._insist(self._open_pool, "database")
        owner = f"{runtime.name}-{settings.instance}"
        self._relay = relay = Relay(pool, settings.kafka, owner)
        keys = {u: k.get_secret_value().encode() for u, k in settings.upstream_keys.items()}
        self._intake = Intake(runtime.subscriptions, keys, self._bus.partitions_of)
        processor = Processor(
            runtime.name,
            pool,
            runtime.subscriptions,
            runtime.service,
            self._intake,
            committed=self._committed,
            backoff=self._back_off,
        )
        process = Process(runtime.name, settings, pool, relay)
        self._workers = [make(process) for make in runtime.workers]
        try:
            if await self._insist(lambda: self._bus.start(processor), "kafka") is None:
                log.info("service.started")
            async with asyncio.TaskGroup() as loops:
                loops.create_task(relay.run(self._stopping))
                loops.create_task(self._bus.attend(self._stopping))
                for worker in self._workers:
                    loops.create_task(worker.run(self._stopping))
                await self._stopping.wait()
                await self._bus.stop()
        finally:
            await self._bus.stop()
            await _close(pool)

    def checks(self) -> dict[str, Callable[[], Coroutine[Any, Any, str | None]]]:
        """Return what readiness asks, by name."""
        return {
            "database": self._check_database,
            "consumer": self._check_consumer,
            "relay": self._check_relay,
            "workers": self._check_workers,
            "timestamps": self._check_timestamps,
        }

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
                    self._trouble = f"waiting for {what}: {error!r}"
                    log.warning("service.waiting", what=what, error=repr(error))
                    raise
        self._trouble = None
        return result

    def _committed(self) -> None:
        self._trouble = None
        if self._relay is not None:
            self._relay.wake()
        for worker in self._workers:
            wake = getattr(worker, "wake", None)
            if wake is not None:
                wake()

    async def _back_off(self, error: BaseException) -> None:
        self._trouble = f"retrying a batch: {error!r}"
        if self._stopping.is_set():
            raise SystemExit(0)
        await asyncio.sleep(0.3)

    async def _check_database(self) -> str | None:
        if self._pool is None:
            return self._trouble or "not connected"
        try:
            version = await self._pool.fetchval(
                "SELECT max(version) FROM schema_migration", timeout=3
            )
        except Exception as error:
            return repr(error)
        expected = expected_version(self._runtime.name)
        return None if version == expected else f"schema {version}, this code needs {expected}"

    async def _check_consumer(self) -> str | None:
        return self._trouble or self._bus.readiness()

    async def _check_relay(self) -> str | None:
        if self._relay is None or self._pool is None:
            return "not started"
        age = asyncio.get_running_loop().time() - self._relay.beat
        return None if age < BEAT_SECONDS else f"has not gone round for {age:.0f} s"

    async def _check_workers(self) -> str | None:
        now = asyncio.get_running_loop().time()
        late = [type(w).__name__ for w in self._workers if now - w.beat > BEAT_SECONDS]
        return f"standing still: {', '.join(late)}" if late else None

    async def _check_timestamps(self) -> str | None:
        seen = self._intake.foreign_timestamps if self._intake else 0
        return f"{seen} records without the broker's append time" if seen else None
