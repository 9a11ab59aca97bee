"""The rails: each declaration is read, and what is none is said to be none."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crps.cli import app
from schemas import topics
from schemas.rails import RAILS, RailInvalidError, read_or_exit, read_rails

SANDBOX = {"name": "sandbox", "minimum": "1", "partial": "many", "margin_hours": 0}


def declared(folder: Path, stem: str, /, **said: Any) -> list[Path]:
    (folder / f"{stem}.json").write_text(json.dumps(SANDBOX | said), "utf-8")
    return list(folder.iterdir())


def test_every_declared_rail_has_its_pair_of_topics() -> None:
    assert tuple(RAILS) == topics.RAILS
    for rail in RAILS:
        assert topics.settlements_events(rail) in topics.TOPICS
        assert topics.bank_events(rail) in topics.TOPICS


def test_the_sandbox_can_do_everything() -> None:
    said = RAILS["sandbox"].model_dump(exclude_none=True)
    assert said == SANDBOX


def test_a_declaration_is_a_file_of_its_rails_name(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no declaration")
    files = declared(tmp_path, "branch", name="branch", minimum="100", currencies=["CNY"])
    assert read_rails(files)["branch"].currencies == ["CNY"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": "other"}, "its name within is other"),
        ({"minimum": 5}, "minimum"),
        ({"currencies": ["XQZ"]}, "XQZ"),
        ({"currencies": ["CNY/2"]}, "currencies"),
        ({"currencies": []}, "currencies"),
        ({"holds": 5}, "holds"),
    ],
)
def test_what_is_no_declaration_is_named_in_one_line(
    tmp_path: Path, said: dict[str, Any], why: str
) -> None:
    with pytest.raises(RailInvalidError) as told:
        read_rails(declared(tmp_path, "branch", **{"name": "branch", **said}))
    assert str(told.value).startswith("RAIL_INVALID: branch.json: ")
    assert why in str(told.value)
    assert "\n" not in str(told.value)


def test_a_program_that_finds_no_declaration_in_a_file_ends_with_that_line(tmp_path: Path) -> None:
    (tmp_path / "branch.json").write_bytes(b"\xff{")
    with pytest.raises(SystemExit, match=r"^RAIL_INVALID: branch\.json: "):
        read_or_exit(tmp_path.iterdir())
    (tmp_path / "branch.json").write_text("{")
    with pytest.raises(SystemExit, match=r"^RAIL_INVALID: branch\.json: Invalid JSON"):
        read_or_exit(tmp_path.iterdir())


def test_the_rails_are_listed_with_what_they_can_do() -> None:
    told = CliRunner().invoke(app, ["rail", "list"]).stdout
    for name in RAILS:
        assert name in told
    assert "no bound" in told
