"""Named SQL of a package: read once, every name once."""

import re
import sys
from pathlib import Path

import pytest

from services.chassis.db import Queries

FILE = """-- The first block has a head of two lines.

-- name: one
-- Says what it is for.
-- And why.
SELECT 1;

-- name: two
SELECT 2
-- a remark inside
WHERE true;
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = "queries_of_a_test"
    folder = tmp_path / name / "sql"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    (folder / "queries.sql").write_text(FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


def test_blocks_become_statements_without_their_head(package: str) -> None:
    queries = Queries.load(package)
    assert dict(queries) == {"one": "SELECT 1", "two": "SELECT 2\n-- a remark inside\nWHERE true"}
    assert len(queries) == 2


def test_an_unknown_name_is_an_error(package: str) -> None:
    with pytest.raises(KeyError):
        Queries.load(package)["three"]


def test_a_name_that_stands_twice_is_an_error(package: str, tmp_path: Path) -> None:
    file = tmp_path / package / "sql" / "queries.sql"
    file.write_text(FILE + "\n-- name: one\nSELECT 3;\n")
    with pytest.raises(ValueError, match="query one stands twice"):
        Queries.load(package)


@pytest.mark.parametrize(
    "package",
    [f"services.{n}" for n in ("chassis", "contracts", "disputes", "ledger", "scheduler")],
)
def test_every_block_of_ours_is_one_statement_with_its_purpose(package: str) -> None:
    queries = Queries.load(package)
    text = (Path(*package.split(".")) / "sql" / "queries.sql").read_text("utf-8")
    assert len(queries) == len(re.findall(r"^-- name: \w+\n-- \S", text, re.MULTILINE))
    for name, statement in queries.items():
        code = re.sub(r"--.*", "", statement)
        assert ";" not in code, name
        assert code.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"), name
