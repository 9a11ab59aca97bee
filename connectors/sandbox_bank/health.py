"""``/health/live`` and ``/health/ready`` of the sandbox bank, with the reason in the body."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn


class HealthServer(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process."""

    def __init__(self, readiness: Callable[[], str | None], host: str, port: int) -> None:
        """``readiness`` returns why the process is not ready; None when it is."""

        async def application(scope: dict[str, Any], _: Any, send: Any) -> None:
            status, body = _answer(scope["path"], readiness)
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(body).encode()})

        super().__init__(
            uvicorn.Config(
                application,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing: the process handles SIGTERM and SIGINT."""
        yield


def _answer(path: str, readiness: Callable[[], str | None]) -> tuple[int, dict[str, str]]:
    if path == "/health/live":
        return 200, {"status": "live"}
    if path != "/health/ready":
        return 404, {"status": "not found"}
    reason = readiness()
    if reason is not None:
        return 503, {"status": "not ready", "reason": reason}
    return 200, {"status": "ready"}
