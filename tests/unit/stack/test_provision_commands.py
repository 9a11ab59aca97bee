"""``crps topics apply`` and ``crps migrate`` say in a line why they cannot, and end with 1."""

from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from typer.testing import CliRunner

from crps import provision
from crps.cli import app
from services.chassis.migrate import MigrationError

SERVERS = ["--kafka", "127.0.0.1:1", "--postgres", "postgresql://127.0.0.1:1/none"]


@pytest.mark.parametrize(
    ("command", "work", "error", "code"),
    [
        (["migrate"], "apply_migrations", MigrationError("x was changed"), "MIGRATION_REFUSED"),
        (["migrate"], "apply_migrations", ConnectionRefusedError("no"), "SERVER_UNREACHABLE"),
        (["topics", "apply"], "apply_topics", provision.ProvisionError("x"), "TOPICS_DIFFER"),
        (["topics", "apply"], "apply_topics", KafkaConnectionError("no"), "SERVER_UNREACHABLE"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_code(
    monkeypatch: pytest.MonkeyPatch, command: list[str], work: str, error: Exception, code: str
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(provision, work, fail)
    result = CliRunner().invoke(app, [*command, *SERVERS])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert "Traceback" not in result.output
