"""The wait for a server that is starting: until it answers what its clients will ask, or died."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from crps.stack.errors import StackError

_TIMEOUT_S = 60.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Starting:
    """A server that was started just now, and how to look at it."""

    name: str
    ask: Callable[[], Awaitable[str | None]]
    """Ask it something: `None` if it answers, else why not."""
    alive: Callable[[], Awaitable[bool]]
    last_words: Callable[[], Awaitable[Sequence[str]]]
    """The end of its log, in lines."""


async def wait_until_ready(server: Starting) -> None:
    """Return once the server answers; an open port is not enough.

    Raises `StackError` with the end of the log: `KAFKA_DIED`, `KAFKA_NOT_READY`, and the same of
    `POSTGRES`.
    """
    code = server.name.upper()
    complaint = "it did not open its port"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_TIMEOUT_S):
            while await server.alive():
                found = await server.ask()
                if found is None:
                    return
                complaint = found
                await asyncio.sleep(_POLL_S)
            raise StackError(
                f"{code}_DIED",
                f"{server.name} ended while starting. The end of its log:",
                *await server.last_words(),
            )
    raise StackError(
        f"{code}_NOT_READY",
        f"{server.name} did not answer within {_TIMEOUT_S:.0f} s: {complaint}. Its log ends:",
        *await server.last_words(),
    )
