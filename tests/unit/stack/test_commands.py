"""`crps dev` says what is, and how to go on."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crps.stack.commands import dev, readable_duration


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.delenv("CRPS_KAFKA", raising=False)
    monkeypatch.delenv("CRPS_POSTGRES", raising=False)
    return CliRunner()


def test_status_of_nothing_fails_and_says_so(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(dev, ["status", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert result.output.count("it does not run") == 2


def test_down_of_nothing_is_fine(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(dev, ["down", "--home", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output == f"Nothing of {tmp_path} was running.\n"


def test_an_error_is_one_code_and_a_remedy(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRPS_KAFKA", "127.0.0.1:9092")
    result = runner.invoke(dev, ["up", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith("ADDRESS_INCOMPLETE: ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (3_600, "1 h"), (97_200, "1 d 3 h")],
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert readable_duration(seconds) == text
