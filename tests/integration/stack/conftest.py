"""What the stack's unit tests share: real child processes are waited for, never slept for."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition about another process holds; fail after 10 s."""

    async def wait_until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            # Another process ends: nothing in this one could set an event.
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    return wait_until
