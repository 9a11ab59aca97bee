"""SIGTERM means the same as Ctrl-C: stop what was started, then end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Turn SIGTERM into SIGINT inside the block, so that one way of ending serves both.

    `asyncio.run` answers SIGINT by cancelling the main task, pytest by tearing its fixtures
    down. Only the main thread may set handlers; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _raise_sigint)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise_sigint(_number: int, _frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL, None):
        # A shell starts its background jobs with SIGINT ignored; they must hear SIGTERM still.
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
