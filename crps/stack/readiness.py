"""Ask a service how it is: ready, live, and what it counts, over HTTP on its health port."""

import asyncio
import http.client
from dataclasses import dataclass

from crps.stack.ports import LOOPBACK

_TIMEOUT_S = 5.0
_BODY_LIMIT = 262_144


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a service said of itself: ready or not, and its words."""

    ready: bool
    body: str


async def ask_readiness(port: int) -> Readiness:
    """Return the service's answer; a port that does not answer is not ready. Never raises."""
    return await asyncio.to_thread(_ask, port, "/health/ready")


async def ask_liveness(port: int) -> bool:
    """Tell whether the service says that its loops go round. Never raises."""
    return (await asyncio.to_thread(_ask, port, "/health/live")).ready


async def ask_metrics(port: int) -> str:
    """Return the service's metrics as Prometheus reads them; empty when it does not answer."""
    answer = await asyncio.to_thread(_ask, port, "/metrics")
    return answer.body if answer.ready else ""


def _ask(port: int, path: str) -> Readiness:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(_BODY_LIMIT).decode(errors="replace").strip()
        return Readiness(response.status == http.HTTPStatus.OK, body)
    except (OSError, http.client.HTTPException) as error:
        return Readiness(False, f"no answer: {error or type(error).__name__}")
    finally:
        connection.close()
