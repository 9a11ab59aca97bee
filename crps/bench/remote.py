"""The handle on the driver process: start it, give it work, take its timings, end it."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from crps.bench.traffic import Timings
from crps.stack.home import Home
from crps.stack.tether import tether
from crps.stack.upstream import Upstream

NAME: Final = "driver"
_LINE_BYTES: Final = 256 * 1024 * 1024
_END_SECONDS: Final = 5.0


class DriverDiedError(Exception):
    """The driver process ended before it answered; its log says why."""


class Driver:
    """A running driver process."""

    def __init__(self, process: asyncio.subprocess.Process, log: str) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    async def prepare(self, kafka: str, upstream: Upstream, tag: str, count: int) -> None:
        """Let it make and sign the records of ``count`` contracts."""
        await self._ask(
            {
                "prepare": count,
                "kafka": kafka,
                "upstream": upstream.id,
                "key": upstream.key,
                "tag": tag,
            }
        )

    async def run(self, rate: float | None) -> Timings:
        """Let it play what it prepared, at ``rate`` contracts a second or all at once."""
        return Timings(**await self._ask({"run": rate}))

    async def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "it was started with a pipe"
        assert stdout is not None, "it was started with a pipe"
        stdin.write(json.dumps(job).encode() + b"\n")
        await stdin.drain()
        line = await stdout.readline()
        if not line:
            raise DriverDiedError(f"the driver died; see {self._log}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def driver_process(home: Home) -> AsyncIterator[Driver]:
    """Run a driver for the block; it ends with it, and never outlives this process."""
    home.create()
    log_file = home.log_file(NAME)
    with log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "crps.bench.driver"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=_LINE_BYTES,
            start_new_session=True,
            preexec_fn=tether(signal.SIGKILL),
        )
    try:
        yield Driver(process, str(log_file))
    finally:
        if process.stdin is not None:
            process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
