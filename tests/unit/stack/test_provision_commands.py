"""``crps topics apply`` and ``crps migrate`` say in a line why they cannot, and end with 1."""

from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from asyncpg import ClientConfigurationError, InvalidPasswordError
from typer.testing import CliRunner

from crps import provision
from crps.cli import app
from services.chassis.migrate import MigrationError

MIGRATE = ["migrate", "--postgres", "postgresql://127.0.0.1:1/none"]
TOPICS = ["topics", "apply", "--kafka", "127.0.0.1:1"]


@pytest.mark.parametrize(
    ("command", "work", "error", "code"),
    [
        (MIGRATE, "apply_migrations", MigrationError("x was changed"), "MIGRATION_REFUSED"),
        (MIGRATE, "apply_migrations", ConnectionRefusedError("no"), "SERVER_UNREACHABLE"),
        (MIGRATE, "apply_migrations", InvalidPasswordError("wrong"), "DATABASE_REFUSED"),
        (MIGRATE, "apply_migrations", ClientConfigurationError("dsn"), "DATABASE_REFUSED"),
        (TOPICS, "apply_topics", provision.ProvisionError("x"), "TOPICS_DIFFER"),
        (TOPICS, "apply_topics", KafkaConnectionError("no"), "SERVER_UNREACHABLE"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_code(
    monkeypatch: pytest.MonkeyPatch, command: list[str], work: str, error: Exception, code: str
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(provision, work, fail)
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert "Traceback" not in result.output


def test_a_password_that_clients_spell_differently_is_refused_by_its_variable_s_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRPS_LEDGER_POSTGRES_PASSWORD", "pässword")
    result = CliRunner().invoke(app, MIGRATE)
    assert result.exit_code == 1
    assert result.stderr.startswith("PASSWORD_UNUSABLE: CRPS_LEDGER_POSTGRES_PASSWORD ")
    assert "pässword" not in result.output


@pytest.mark.parametrize(
    ("command", "other"),
    [(["migrate"], "CRPS_KAFKA"), (["topics", "apply"], "CRPS_POSTGRES")],
)
def test_the_other_server_s_address_alone_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str], other: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CRPS_KAFKA", "CRPS_POSTGRES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(other, "somewhere")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert result.stderr.startswith("ADDRESS_INCOMPLETE: ")
