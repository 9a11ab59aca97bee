"""The sandbox bank as a process: health, signals, and the loop it lives and dies with."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from typing import Final

import structlog
import uvloop
from pydantic import ValidationError

from connectors.sandbox_bank.bank import SandboxBank
from connectors.sandbox_bank.config import SandboxBankSettings
from connectors.sandbox_bank.health import HealthServer

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0


def run(settings: SandboxBankSettings) -> None:
    """Run the bank until SIGTERM or SIGINT; a non-zero exit when its loop died."""
    _configure_logs()
    uvloop.run(_main(settings))


async def _main(settings: SandboxBankSettings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    bank = SandboxBank(settings)

    def liveness() -> str | None:
        still = bank.still_for
        return None if still < settings.wedged_seconds else f"stands still for {still:.0f} s"

    health = HealthServer(
        liveness, bank.readiness, bank.metrics, settings.health_host, settings.health_port
    )
    watching = asyncio.create_task(_watch(liveness, stopping), name="watch")
    serving = asyncio.create_task(bank.run(stopping), name="bank")
    answering = asyncio.create_task(health.serve(), name="health")
    try:
        await asyncio.wait({serving, answering, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()
        elif not serving.done():
            raise RuntimeError("the health server ended")
        await serving
    finally:
        health.should_exit = True
        for task in (serving, watching):
            task.cancel()
        await asyncio.gather(serving, watching, answering, return_exceptions=True)
        log.info("bank.stopped")


async def _watch(liveness: Callable[[], str | None], stopping: asyncio.Event) -> None:
    """Raise once the loop stands still; return when the process stops."""
    while not stopping.is_set():
        if (reason := liveness()) is not None:
            raise RuntimeError(f"the bank's loop {reason}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)


def _configure_logs() -> None:
    """Send our lines and the libraries' warnings to the log, one JSON object each."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


if __name__ == "__main__":
    try:
        settings = SandboxBankSettings()
    except ValidationError as error:
        flaws = "; ".join(f"{flaw['loc'][0]}: {flaw['msg']}" for flaw in error.errors())
        sys.exit(f"SETTINGS_REFUSED: {flaws}")
    run(settings)
