"""``crps calendar`` says in a line, with a code, why it cannot do what it is asked."""

from pathlib import Path

import pytest
from asyncpg import UndefinedTableError
from typer.testing import CliRunner

from crps.calendars import commands
from crps.calendars.document import CalendarDocument, CalendarError
from crps.calendars.publishing import VersionTakenError
from crps.cli import app

NOWHERE = ["--postgres", "postgresql://127.0.0.1:1/none"]


def test_a_file_that_is_no_calendar_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "calendar.json"
    file.write_text("{}")
    for source in (str(file), str(tmp_path / "none.json")):
        result = CliRunner().invoke(app, ["calendar", "add", source, *NOWHERE])
        assert result.exit_code == 2
        assert result.stderr.startswith("CALENDAR_INVALID: ")
        assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("command", "work", "error", "code"),
    [
        (["add", "CN"], "published", UndefinedTableError("none"), "NOT_MIGRATED"),
        (["list"], "published", ConnectionRefusedError("no"), "SERVER_UNREACHABLE"),
        (["show", "CN"], "read_published", CalendarError("no calendar CN"), "CALENDAR_UNKNOWN"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_code(
    monkeypatch: pytest.MonkeyPatch, command: list[str], work: str, error: Exception, code: str
) -> None:
    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(commands, work, fail)
    result = CliRunner().invoke(app, ["calendar", *command, *NOWHERE])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (True, "CN chinesecalendar-"),
        (False, "stands already"),
        (VersionTakenError("CN x stands with other days"), "CALENDAR_VERSION_TAKEN: CN x"),
    ],
)
def test_what_came_of_a_publication_is_said(
    monkeypatch: pytest.MonkeyPatch, answer: bool | Exception, said: str
) -> None:
    async def nothing(_: str) -> list[object]:
        return []

    async def give(_: str, document: CalendarDocument) -> bool:
        assert document.id == "CN"
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(commands, "published", nothing)
    monkeypatch.setattr(commands, "publish", give)
    result = CliRunner().invoke(app, ["calendar", "add", "CN", *NOWHERE])
    assert said in result.output + result.stderr
    assert result.exit_code == (1 if isinstance(answer, Exception) else 0)
