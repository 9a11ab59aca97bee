"""What `crps dev status` sees of services: from their health ports, and without them."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crps.stack import process, services_status
from crps.stack.commands import dev
from crps.stack.home import Home
from crps.stack.readiness import Readiness

METRICS = """\
# TYPE crps_consumer_lag_records gauge
crps_consumer_lag_records{topic="a"} 3.0
crps_consumer_lag_records{topic="b"} 4.0
# TYPE crps_outbox_age_seconds gauge
crps_outbox_age_seconds NaN
# TYPE crps_blocked_contracts gauge
crps_blocked_contracts 2.0
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.create()
    return home


def serve(monkeypatch: pytest.MonkeyPatch, answer: Readiness, metrics: str) -> None:
    async def ready(_: int) -> Readiness:
        return answer

    async def counted(_: int) -> str:
        return metrics

    monkeypatch.setattr(services_status, "ask_readiness", ready)
    monkeypatch.setattr(services_status, "ask_metrics", counted)


async def test_without_services_nothing_is_said_of_them(home: Home) -> None:
    assert await services_status.services_status(home) == []


async def test_a_service_that_serves(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.health_file("ledger").write_text("20001\n")
    process.record(home, "ledger", os.getpid())
    serve(monkeypatch, Readiness(True, "{}"), METRICS)
    (seen,) = await services_status.services_status(home)
    assert (seen.name, seen.pid, seen.port, seen.trouble) == ("ledger", os.getpid(), 20001, None)
    assert (seen.lag, seen.outbox_age_s, seen.blocked, seen.held) == (7, None, 2, None)


async def test_a_service_that_is_not_ready_says_why(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.health_file("ledger").write_text("20001\n")
    process.record(home, "ledger", os.getpid())
    body = '{"status": "not ready", "reasons": {"database": "refused", "relay": "stuck"}}'
    serve(monkeypatch, Readiness(False, body), "")
    (seen,) = await services_status.services_status(home)
    assert seen.trouble == "database: refused; relay: stuck"


def test_a_service_that_is_gone_is_shown_and_the_command_fails(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.health_file("ledger").write_text("20001\n")
    serve(monkeypatch, Readiness(False, "no answer"), "")
    result = CliRunner().invoke(
        dev, ["status", "--home", str(home.root)], env={"COLUMNS": "200", "CRPS_KAFKA": ""}
    )
    assert result.exit_code == 1
    assert "ledger" in result.output
    assert result.output.count("it does not run") == 3
