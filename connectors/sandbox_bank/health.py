"""``/health/live``, ``/health/ready``, ``/metrics`` of the bank, with the reason in the body."""

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4


class HealthServer(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process."""

    def __init__(
        self,
        liveness: Callable[[], str | None],
        readiness: Callable[[], str | None],
        metrics: Callable[[], Awaitable[bytes]],
        host: str,
        port: int,
    ) -> None:
        """Take from ``liveness`` and ``readiness`` why the process is not; None when it is."""

        async def application(scope: dict[str, Any], _: Any, send: Any) -> None:
            if scope["path"] == "/metrics":
                status, kind, text = 200, CONTENT_TYPE_PLAIN_0_0_4.encode(), await metrics()
            else:
                status, body = _answer(scope["path"], liveness, readiness)
                kind, text = b"application/json", json.dumps(body).encode()
            headers = [(b"content-type", kind)]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": text})

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


def _answer(
    path: str, liveness: Callable[[], str | None], readiness: Callable[[], str | None]
) -> tuple[int, dict[str, Any]]:
    if path == "/health/live":
        return _said("live", liveness())
    if path == "/health/ready":
        return _said("ready", readiness())
    return 404, {"status": "not found"}


def _said(what: str, reason: str | None) -> tuple[int, dict[str, Any]]:
    if reason is not None:
        return 503, {"status": f"not {what}", "reasons": {"bank": reason}}
    return 200, {"status": what}
