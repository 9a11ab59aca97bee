"""``crps scenario run``: exit codes, what a person is told, and what a program reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crps.cli import app

Written = Callable[[str], Path]

HOLDS = "steps:\n  - wait: {}\n    state: EFFECTIVE\n"
FAILS = "steps:\n  - wait: {}\n    state: CLOSED\n"
LACKS = "steps:\n  - lift: {reference: order}\n"
INVALID = "steps:\n  - wait: {}\n    stat: CLOSED\n"


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["scenario", "run", *map(str, arguments)])


@pytest.mark.parametrize(
    ("texts", "exit_code"),
    [((HOLDS,), 0), ((HOLDS, FAILS), 1), ((LACKS, HOLDS), 1), ((INVALID, HOLDS, FAILS), 2)],
)
def test_exit_code_0_means_that_everything_held(
    texts: tuple[str, ...], exit_code: int, written: Written
) -> None:
    assert run(*(written(text) for text in texts)).exit_code == exit_code


def test_the_json_file_says_what_came_of_each_file(written: Written, tmp_path: Path) -> None:
    files = [written(text) for text in (HOLDS, FAILS, LACKS, INVALID)]
    outcome = tmp_path / "new" / "outcome.json"
    run(*files, "--json", outcome)
    told = json.loads(outcome.read_text("utf-8"))
    assert (told["passed"], told["failed"]) == (1, 3)
    holds, fails, lacks, invalid = told["files"]
    assert holds == {"file": str(files[0]), "ok": True}
    assert fails == {
        "file": str(files[1]),
        "ok": False,
        "step": 1,
        "expected": "state: CLOSED",
        "found": "EFFECTIVE",
    }
    assert lacks["found"] == "NOT_YET_KNOWN lift"
    assert invalid["found"] == "SCENARIO_INVALID: step 1, stat: no such key"


def test_a_person_reads_a_table_and_the_sums(written: Written) -> None:
    told = run(written(HOLDS), written(FAILS), written(LACKS), "--on", "memory").stdout
    assert "1 hold, 1 fail, 1 need what is not known yet." in told


def test_an_invalid_file_is_told_in_one_line_with_its_code(written: Written) -> None:
    file = written(INVALID)
    told = run(file).stderr
    assert told == f"SCENARIO_INVALID: step 1, stat: no such key, in {file}\n"


def test_a_path_without_scenarios_ends_with_code_2(tmp_path: Path) -> None:
    ended = run(tmp_path / "nothing.yaml")
    assert ended.exit_code == 2
    assert ended.stderr.startswith("SCENARIO_INVALID: ")


def test_folders_are_played_whole(written: Written, tmp_path: Path) -> None:
    written(HOLDS), written(FAILS)
    assert "1 hold, 1 fail" in run(tmp_path).stdout
