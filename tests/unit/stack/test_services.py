"""How services are started: their environment, and what is said when one is not ready."""

import asyncio
from pathlib import Path

import psutil
import pytest

from crps.stack import services
from crps.stack.addresses import Addresses
from crps.stack.errors import StackError
from crps.stack.services import PROGRAMS, Program, run_services, service_dsn, service_environment

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


def test_the_table_names_every_process() -> None:
    assert {name: program.module for name, program in PROGRAMS.items()} == {
        "contracts": "services.contracts.app",
        "disputes": "services.disputes.app",
        "ledger": "services.ledger.app",
        "scheduler": "services.scheduler.app",
        "sandbox-bank": "connectors.sandbox_bank.app",
    }
    assert tuple(PROGRAMS) == services.ALL


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        (
            "postgresql://postgres@127.0.0.1:5432/crps",
            "postgresql://svc_ledger@127.0.0.1:5432/crps",
        ),
        ("postgresql://a:p%40ss@db/crps?ssl=on", "postgresql://svc_ledger@db/crps?ssl=on"),
        ("postgresql://db:5432/crps", "postgresql://svc_ledger@db:5432/crps"),
    ],
)
def test_a_service_gets_its_own_role(admin: str, expected: str) -> None:
    assert service_dsn(admin, "ledger") == expected


def test_a_service_knows_its_own_addresses_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRPS_SERVERS", raising=False)
    monkeypatch.setenv("CRPS_UPSTREAM_KEYS", "shop=key")
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    monkeypatch.setenv("CRPS_CONTRACTS_POSTGRES_PASSWORD", "another's")
    env = service_environment("ledger", ADDRESSES, 20_001, has_schema=True, extra={"A": "b"})
    ours = {key: value for key, value in env.items() if key.startswith("CRPS_")}
    assert ours == {
        "CRPS_KAFKA": "127.0.0.1:9092",
        "CRPS_LEDGER_POSTGRES": "postgresql://svc_ledger@127.0.0.1:5432/crps",
        "CRPS_LEDGER_HEALTH_PORT": "20001",
        "CRPS_UPSTREAM_KEYS": "shop=key",
    }
    assert env["A"] == "b"


def test_the_bank_stands_outside_and_gets_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    env = service_environment("sandbox-bank", ADDRESSES, 20_001, has_schema=False)
    assert not [key for key in env if key.startswith("CRPS_") and "POSTGRES" in key]
    assert env["CRPS_SANDBOX_BANK_HEALTH_PORT"] == "20001"


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
