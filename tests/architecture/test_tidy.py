"""The house: sizes, names, and what must not stand in a file (ARCHITECTURE 2, style C6 and C7)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .sources import MONEY_ROOMS, PACKAGES, PRODUCT, ROOT, SQL, TESTS, name, text, tree, under

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
MAX_LINE = 100
BANNED = ("util", "utils", "helper", "helpers", "manager", "managers", "data", "common", "misc")
# Split, so that the search does not find itself.
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK")))

EVERYTHING = [*PRODUCT, *TESTS, *SQL]


def banned_words(identifier: str) -> set[str]:
    """The banned words in a module's or a class's name."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    return {word.lower() for word in words} & set(BANNED)


def test_files_are_short() -> None:
    lengths = {name(p): text(p).count("\n") for p in EVERYTHING}
    assert {p: n for p, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    long = {
        f"{name(path)}:{node.name}": length
        for path in [*PRODUCT, *TESTS]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_lines_are_short() -> None:
    long = [
        f"{name(path)}:{number}"
        for path in EVERYTHING
        for number, line in enumerate(text(path).splitlines(), start=1)
        # As the linter counts: neither pragmas nor a single unbroken word.
        if len(re.sub(r"  # (noqa|type): .*", "", line)) > MAX_LINE and len(line.split()) > 1
    ]
    assert long == []


def test_modules_and_classes_have_names_that_say_something() -> None:
    found = [name(path) for path in PRODUCT if banned_words(path.stem)]
    found += [name(path.parent) for path in PRODUCT if banned_words(path.parent.name)]
    for path in PRODUCT:
        found += [
            f"{name(path)}:{node.name}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.ClassDef) and banned_words(node.name)
        ]
    assert found == []


@pytest.mark.parametrize(
    "identifier", ["utils", "db_utils", "DataStore", "OrderManager", "HTTPHelper", "common_data"]
)
def test_the_ban_sees_through_both_ways_of_writing(identifier: str) -> None:
    assert banned_words(identifier)


@pytest.mark.parametrize("identifier", ["database", "DatasetTables", "commonplace", "candidate"])
def test_the_ban_spares_longer_words(identifier: str) -> None:
    assert not banned_words(identifier)


def test_nothing_is_left_for_later() -> None:
    assert [name(path) for path in EVERYTHING if UNFINISHED.search(text(path))] == []


def test_every_package_says_what_it_is() -> None:
    folders = {path.parent for path in PRODUCT}
    folders |= {ROOT / package for package in PACKAGES}
    assert [name(f) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


def test_every_module_says_what_it_owns() -> None:
    assert [name(path) for path in PRODUCT if not ast.get_docstring(tree(path))] == []


def test_no_test_folder_is_a_package() -> None:
    # pytest imports by path; a package there could shadow a real one.
    assert [name(path) for path in TESTS if path.name == "__init__.py"] == []


def test_every_file_ends_with_one_newline() -> None:
    def ends_well(path: Path) -> bool:
        return text(path).endswith("\n") and not text(path).endswith("\n\n")

    assert [name(path) for path in EVERYTHING if text(path) and not ends_well(path)] == []


def test_no_float_in_the_rooms_of_money() -> None:
    found = [
        f"{name(path)}:{ast.unparse(node)}"
        for path in under(*MONEY_ROOMS)
        for node in ast.walk(tree(path))
        if _is_float(node)
    ]
    assert found == []


def _is_float(node: ast.AST) -> bool:
    return (
        (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    )


def test_no_test_sleeps() -> None:
    sleeping = [name(path) for path in TESTS if any(_sleeps(tree(path)))]
    # A backoff between tries of a bounded wait, and nothing else, may let the loop breathe.
    allowed = {"tests/integration/chassis/benches.py"}
    assert set(sleeping) <= allowed | _polls()


def _sleeps(module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "asyncio.sleep"):
            yield node


def _polls() -> set[str]:
    """Tests whose every sleep stands in a loop or yields once: they wait on a condition."""
    found = set()
    for path in TESTS:
        loops = [
            n for n in ast.walk(tree(path)) if isinstance(n, ast.While | ast.For | ast.AsyncFor)
        ]
        inside = {id(call) for loop in loops for call in ast.walk(loop)}
        if all(
            id(call) in inside or ast.unparse(call).endswith("sleep(0)")
            for call in _sleeps(tree(path))
        ):
            found.add(name(path))
    return found
