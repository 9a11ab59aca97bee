"""Services run for a block: none is left after it, and who is not ready is named with its words."""

import asyncio
from pathlib import Path

import psutil
import pytest

from crps.stack.addresses import Addresses
from crps.stack.errors import StackError
from crps.stack.services import Program, run_services

ADDRESSES = Addresses("127.0.0.1:9092", "postgresql://postgres@127.0.0.1:5432/crps")

STAND_IN = """
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.end_headers()
        self.wfile.write(b"{body}")

    def log_message(self, *_):
        pass

print("serving", flush=True)
port = int(os.environ["CRPS_LEDGER_HEALTH_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def _stand_in(folder: Path, *, status: int = 200, body: str = "fine") -> dict[str, Program]:
    (folder / "stand_in.py").write_text(
        STAND_IN.replace("{status}", str(status)).replace("{body}", body)
    )
    return {"ledger": Program("stand_in")}


async def test_the_block_runs_with_a_ready_service_and_leaves_none(tmp_path: Path) -> None:
    async with run_services(
        ADDRESSES,
        tmp_path / "home",
        ["ledger"],
        {"PYTHONPATH": str(tmp_path)},
        programs=_stand_in(tmp_path),
    ) as supervisor:
        pid = supervisor.pid("ledger")
        assert pid is not None
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


async def test_a_failing_block_leaves_none_either(tmp_path: Path) -> None:
    pids: list[int | None] = []

    async def fail_inside() -> None:
        async with run_services(
            ADDRESSES,
            tmp_path / "home",
            ["ledger"],
            {"PYTHONPATH": str(tmp_path)},
            programs=_stand_in(tmp_path),
        ) as supervisor:
            pids.append(supervisor.pid("ledger"))
            raise RuntimeError("the block fails")

    with pytest.raises(RuntimeError, match="the block fails"):
        await fail_inside()
    assert pids[0] is not None
    assert not psutil.pid_exists(pids[0])


async def test_a_cancelled_block_leaves_none_either(tmp_path: Path) -> None:
    ready: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        async with run_services(
            ADDRESSES,
            tmp_path / "home",
            ["ledger"],
            {"PYTHONPATH": str(tmp_path)},
            programs=_stand_in(tmp_path),
        ) as supervisor:
            ready.set_result(supervisor.pid("ledger"))
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    pid = await asyncio.wait_for(ready, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_a_service_that_never_gets_ready_is_named_with_its_words_and_log(
    tmp_path: Path,
) -> None:
    with pytest.raises(StackError) as caught:
        async with run_services(
            ADDRESSES,
            tmp_path / "home",
            ["ledger"],
            {"PYTHONPATH": str(tmp_path)},
            programs=_stand_in(tmp_path, status=503, body="no partitions yet"),
            ready_timeout_s=2,
        ):
            pytest.fail("it is not ready")
    text = str(caught.value)
    assert text.startswith("SERVICE_NOT_READY: ledger ")
    assert "no partitions yet" in text
    assert "serving" in text


async def test_a_service_that_keeps_dying_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "stand_in.py").write_text("raise SystemExit('cannot read my settings')\n")
    with pytest.raises(StackError, match="it died 4 times") as caught:
        async with run_services(
            ADDRESSES,
            tmp_path / "home",
            ["ledger"],
            {"PYTHONPATH": str(tmp_path)},
            programs={"ledger": Program("stand_in")},
            ready_timeout_s=60,
        ):
            pytest.fail("it is not ready")
    assert "cannot read my settings" in str(caught.value)
