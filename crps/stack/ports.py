"""Free loopback ports. A port is free when nothing is bound to it at this moment."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range from which the usual kernels take the ports of outgoing connections, so that
# no connection of a neighbour takes the port between our look and the server's bind.
_LOWEST, _HIGHEST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Tell whether a server could bind this port on the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None, *, avoid: frozenset[int] = frozenset()) -> int:
    """Return the preferred port if it is free, else a random free one.

    `avoid` holds ports already promised to somebody who has not bound them yet. Raises
    `OSError` when no port of the range is free.
    """
    if preferred is not None and preferred not in avoid and is_free(preferred):
        return preferred
    candidates = list(range(_LOWEST, _HIGHEST))
    random.shuffle(candidates)
    for port in candidates:
        if port not in avoid and is_free(port):
            return port
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST} on {LOOPBACK}")
