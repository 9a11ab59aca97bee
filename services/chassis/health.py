"""The health port: ``/health/live``, ``/health/ready`` and ``/metrics``, the truth in the body.

Live while every loop goes round: whoever is not, ends itself soon. Ready when every check passes.
"""

import contextlib
import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from services.chassis.pulse import Pulse
from services.chassis.watchdog import standing_still

JSON = b"application/json"
Answer = tuple[int, bytes, bytes]
"""Status, content type, body."""


class Health:
    """A small ASGI application."""

    def __init__(
        self,
        pulses: Callable[[], Mapping[str, Pulse]],
        wedged_seconds: float,
        readiness: Callable[[], Awaitable[tuple[dict[str, str], dict[str, Any]]]],
        metrics: Callable[[], Awaitable[bytes]],
    ) -> None:
        """``readiness`` returns reasons against it by check, and what else there is to tell."""
        self._pulses = pulses
        self._wedged_seconds = wedged_seconds
        self._readiness = readiness
        self._metrics = metrics

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, content_type, body = await self._answer(scope["path"])
        headers = [(b"content-type", content_type)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str) -> Answer:
        if path == "/health/live":
            return self._live()
        if path == "/health/ready":
            return await self._ready()
        if path == "/metrics":
            return 200, CONTENT_TYPE_PLAIN_0_0_4.encode(), await self._metrics()
        return _json(404, {"status": "not found"})

    def _live(self) -> Answer:
        pulses = self._pulses()
        still = standing_still(pulses, self._wedged_seconds)
        loops = {name: round(pulse.still_for, 3) for name, pulse in pulses.items()}
        if still:
            return _json(503, {"status": "not live", "reasons": still, "still_seconds": loops})
        return _json(200, {"status": "live", "still_seconds": loops})

    async def _ready(self) -> Answer:
        reasons, told = await self._readiness()
        if reasons:
            return _json(503, {"status": "not ready", "reasons": reasons, **told})
        return _json(200, {"status": "ready", **told})


def _json(status: int, body: dict[str, Any]) -> Answer:
    return status, JSON, json.dumps(body).encode()


class HealthServer(uvicorn.Server):
    """A uvicorn server that leaves the signals to the service's own lifecycle."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                health, host=host, port=port, log_config=None, access_log=False, lifespan="off"
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing: the lifecycle handles SIGTERM and SIGINT."""
        yield
