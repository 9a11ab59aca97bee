"""A child that cannot outlive its parent, whatever ends the parent.

A parent killed with -9 runs no cleanup, so the kernel must do it: on Linux `PR_SET_PDEATHSIG`
asks it to signal the child when the thread that forked it ends. Start tethered children from a
thread that lives as long as the program (the event loop's in the main thread), never from a
pool. Other kernels have no such call; there a child is only stopped by a parent that ends
cleanly.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1

# Loaded here, because the time between fork and exec is no time to import or to allocate.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def tether(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what a child must run between fork and exec to die with this process.

    The setting survives exec, but not a change of user: that must come first, as it does in
    `subprocess`. `None` where the kernel has no such call.
    """
    if _libc is None:
        return None
    parent = os.getpid()
    prctl, number = _libc.prctl, int(death_signal)

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        # The parent may have died before the call; then nobody would ever send the signal.
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return die_with_parent
