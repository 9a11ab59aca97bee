"""`crps replay --virtual` starts nothing where its clock would contradict something."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crps.cli import app

NAMED = {"CRPS_KAFKA": "127.0.0.1:1", "CRPS_POSTGRES": "postgresql://u@127.0.0.1:1/crps"}
NOBODY = dict.fromkeys(
    ("CRPS_ENVIRONMENT", "CRPS_KAFKA", "CRPS_POSTGRES", "CRPS_UPSTREAM", "CRPS_UPSTREAM_KEY")
)


@pytest.mark.parametrize(
    ("options", "environment", "code"),
    [
        ((), {"CRPS_ENVIRONMENT": "production"}, "CLOCK_REFUSED"),
        ((), {"CRPS_ENVIRONMENT": "staging"}, "CLOCK_REFUSED"),
        (("--time-scale", "100ms"), {}, "OPTIONS_CONTRADICT"),
        ((), NAMED, "CLOCK_NOT_OURS"),
    ],
)
def test_what_contradicts_it_is_refused_in_one_line(
    tmp_path: Path, options: tuple[str, ...], environment: dict[str, str], code: str
) -> None:
    out = tmp_path / "report.json"
    result = CliRunner().invoke(
        app,
        ["replay", "samples/olist", "--virtual", "--out", str(out), *options],
        env={**NOBODY, **environment},
    )
    assert result.exit_code != 0
    assert result.stderr.startswith(f"{code}: ")
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not out.exists()
