"""Ask a service whether it is ready: `GET /health/ready` on its health port."""

import asyncio
import http.client
from dataclasses import dataclass

from crps.stack.ports import LOOPBACK

_TIMEOUT_S = 5.0
_BODY_LIMIT = 4_096


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a service said of itself: ready or not, and its words."""

    ready: bool
    body: str


async def ask_readiness(port: int) -> Readiness:
    """Return the service's answer; a port that does not answer is not ready. Never raises."""
    return await asyncio.to_thread(_ask, port)


def _ask(port: int) -> Readiness:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        body = response.read(_BODY_LIMIT).decode(errors="replace").strip()
        return Readiness(response.status == http.HTTPStatus.OK, body)
    except (OSError, http.client.HTTPException) as error:
        return Readiness(False, f"no answer: {error or type(error).__name__}")
    finally:
        connection.close()
