"""``/health/live`` and ``/health/ready``: the truth, with the reason in the body."""

import contextlib
import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any

import uvicorn

Check = Callable[[], Awaitable[str | None]]
"""Returns why something is not well; None when it is."""


class Health:
    """A small ASGI application: live while the loops run, ready when every check passes."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == "/health/live":
            status, body = 200, {"status": "live"}
        elif path == "/health/ready":
            status, body = await self._ready()
        else:
            status, body = 404, {"status": "not found"}
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async def _ready(self) -> tuple[int, dict[str, Any]]:
        reasons = {name: reason for name, check in self._checks.items()
                   if (reason := await check()) is not None}  # fmt: skip
        if reasons:
            return 503, {"status": "not ready", "reasons": reasons}
        return 200, {"status": "ready"}


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
