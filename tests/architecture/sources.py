"""Every source file of the project, read once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "crps", "schemas", "services")
MONEY_ROOMS = (
    "services/chassis/answers.py",
    "services/contracts/domain",
    "services/disputes/domain",
    "services/ledger/domain",
    "schemas/values.py",
    "schemas/currencies.py",
)


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def under(*folders: str, suffix: str = ".py") -> list[Path]:
    """Files of these folders (or these files), without caches."""
    found: list[Path] = []
    for folder in folders:
        place = ROOT / folder
        found += [place] if place.is_file() else place.rglob(f"*{suffix}")
    return sorted(p for p in found if "__pycache__" not in p.parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PRODUCT = under(*PACKAGES)
TESTS = under("tests")
SQL = under(*PACKAGES, suffix=".sql")
