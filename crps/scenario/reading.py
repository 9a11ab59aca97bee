"""Reads scenario files: YAML into the typed script, or where and why it is none."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from crps.scenario.script import Scenario
from crps.yaml_text import read_yaml

_UNKNOWN_KEY: Final = "extra_forbidden"
_GRAMMARS_OWN: Final = re.compile(r"^[A-Z]|^(str|int|float|bytes|datetime)$|\[")
"""What pydantic says of the branch of a union, which is nothing that stands in the file."""


class InvalidScenarioError(Exception):
    """The file is no scenario; the text names step and key."""


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and the ``*.yaml`` of the folders, in the order of their names.

    Raises ``InvalidScenarioError`` where there is nothing.
    """
    found: list[Path] = []
    for path in paths:
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        if not files or not files[0].is_file():
            raise InvalidScenarioError(f"{path}: there is no scenario")
        found += files
    return found


def read_scenario(path: Path) -> Scenario:
    """Return the scenario that stands in ``path``; raises ``InvalidScenarioError``."""
    try:
        raw = read_yaml(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise InvalidScenarioError(" ".join(str(error).split())) from None
    if not isinstance(raw, dict):
        raise InvalidScenarioError("a scenario is a mapping with scenario, terms and steps")
    try:
        return Scenario.model_validate(raw)
    except ValidationError as error:
        raise InvalidScenarioError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    """Return the first flaw in a person's words; a key that is not known before all others."""
    flaws = error.errors(include_url=False)
    first = min(flaws, key=lambda flaw: flaw["type"] != _UNKNOWN_KEY)
    why = "no such key" if first["type"] == _UNKNOWN_KEY else first["msg"]
    return f"{_place(first['loc'])}{why.removeprefix('Value error, ')}"


def _place(location: tuple[int | str, ...]) -> str:
    """Return where it is: ``step 3, release.by:``; nothing of how the grammar is built."""
    parts = [str(part) for part in location if not _GRAMMARS_OWN.search(str(part))]
    if len(parts) > 1 and parts[0] == "steps":
        step, keys = f"step {int(parts[1]) + 1}", parts[2:]
        return f"{step}, {'.'.join(keys)}: " if keys else f"{step}: "
    return f"{'.'.join(parts)}: " if parts else ""
