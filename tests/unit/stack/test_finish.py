"""Clean-up that a cancellation cannot cut short."""

import asyncio

import pytest

from crps.stack.finish import finish


async def test_cancelled_clean_up_still_ends() -> None:
    begun, let_go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def clean_up() -> None:
        begun.set()
        await let_go.wait()
        done.set()

    caller = asyncio.create_task(finish(clean_up()))
    await begun.wait()
    caller.cancel()
    let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done.is_set()


async def test_a_failing_clean_up_is_heard() -> None:
    async def clean_up() -> None:
        raise OSError("disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        await finish(clean_up())
