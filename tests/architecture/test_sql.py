"""SQL of the services: who decides is told the instant, and what is hashed stays bytes."""

import re
from pathlib import Path

import pytest

from services.chassis.db import Queries

from .sources import ROOT, SQL, name, text

QUERIES = [path for path in SQL if path.name == "queries.sql"]
TABLES = [path for path in SQL if path not in QUERIES]


def code(path: Path) -> str:
    """The file without comments."""
    return re.sub(r"--.*", "", text(path))


def conditions(statement: str) -> list[str]:
    """Every WHERE of a statement, up to where its clause ends."""
    ends = r"\b(?:RETURNING|GROUP BY|ORDER BY|LIMIT|FOR UPDATE|SELECT|SET|VALUES)\b|$"
    return re.findall(rf"\bWHERE\b(.*?)(?={ends})", statement, re.DOTALL | re.IGNORECASE)


def test_there_is_sql_to_look_at() -> None:
    assert len(QUERIES) >= 3


@pytest.mark.parametrize("path", SQL, ids=name)
def test_no_jsonb(path: Path) -> None:
    # jsonb changes bytes: order, spaces, numbers. Nothing that was hashed or signed survives it.
    assert not re.search(r"\bjsonb?\b", code(path), re.IGNORECASE)


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_no_float_column(path: Path) -> None:
    assert not re.search(r"\b(real|float[48]?|double|money)\b", code(path), re.IGNORECASE)


@pytest.mark.parametrize("path", QUERIES, ids=name)
def test_no_clock_in_a_condition(path: Path) -> None:
    # The planner cannot use an index for a volatile function, and who decides must say when.
    package = ".".join(path.relative_to(ROOT).parts[:-2])
    for query, statement in Queries.load(package).items():
        for condition in conditions(re.sub(r"--.*", "", statement)):
            assert not re.search(r"clock_timestamp|\bnow\(|current_timestamp", condition), query


def test_the_search_for_a_clock_finds_one() -> None:
    found = conditions("UPDATE t SET a = 1 WHERE due < clock_timestamp() RETURNING a")
    assert found == [" due < clock_timestamp() "]


@pytest.mark.parametrize("path", SQL, ids=name)
def test_a_sum_of_bigints_is_cast_back(path: Path) -> None:
    # sum(bigint) is numeric and arrives as a Decimal.
    sums = re.findall(r"\bsum\([^()]*\)(\S*)", code(path), re.IGNORECASE)
    assert all(cast.startswith("::") for cast in sums)


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_every_check_has_a_name(path: Path) -> None:
    # A violation is reported by its name, and the store maps names to codes.
    named = re.findall(r"\bCONSTRAINT\s+\w+\s+CHECK\b", code(path))
    assert len(re.findall(r"\bCHECK\b", code(path))) == len(named)
