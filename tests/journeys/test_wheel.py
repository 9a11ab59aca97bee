"""The wheel, installed alone in a clean environment and run from `/`: all it needs is inside."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crps.stack.services import PROGRAMS
from schemas.topics import RAILS, SERVICES
from services.chassis.db import Queries
from services.chassis.migrate import migrations_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "crps", "schemas", "services")

# The clean environment is filled over the network, the first time at least.
pytestmark = pytest.mark.timeout(300)

WHAT_IS_FOUND = f"""
import json
from services.chassis.db import Queries
from services.chassis.migrate import migrations_of
print(json.dumps({{
    service: {{
        "migrations": [m.checksum for m in migrations_of(service)],
        "queries": sorted(Queries.load(f"services.{{service}}")),
    }}
    for service in {SERVICES}
}}))
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def done(*command: str | Path) -> None:
    """Run what prepares the tests; its own words are the failure."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of the clean environment from `/`, with an empty home and nothing else."""
    place = tmp_path_factory.mktemp("clean")
    python, home = place / "venv" / "bin" / "python", place / "home"
    home.mkdir()
    done(sys.executable, "-m", "venv", "--without-pip", place / "venv")
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    done(*install, "--require-hashes", "--requirement", ROOT / "requirements.lock")
    done(*install, "--no-index", "--no-deps", wheel)
    environment = {"HOME": str(home), "PATH": f"{python.parent}:{os.defpath}", "COLUMNS": "200"}

    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_the_command_line_says_what_it_can(run: Run) -> None:
    result = run("crps", "--help")
    assert result.returncode == 0, result.stderr
    assert "replay" in result.stdout


def test_every_process_has_all_its_modules(run: Run) -> None:
    modules = [program.module for program in PROGRAMS.values()]
    result = run("python", "-c", f"import {', '.join(modules)}, sys; print(sys.path)")
    assert result.returncode == 0, result.stderr
    assert str(ROOT) not in result.stdout


def test_the_migrations_and_queries_of_every_service_are_found(run: Run) -> None:
    result = run("python", "-c", WHAT_IS_FOUND)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        service: {
            "migrations": [m.checksum for m in migrations_of(service)],
            "queries": sorted(Queries.load(f"services.{service}")),
        }
        for service in SERVICES
    }


def test_every_file_of_the_packages_is_inside_and_the_licence_with_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    files = {path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()}
    ours = {p.relative_to(ROOT).as_posix() for p in files if "__pycache__" not in p.parts}
    assert ours - inside == set()
    for published in (
        "schemas/samples/",
        "schemas/json/",
        "schemas/rails/",
        "services/contracts/sql/",
    ):
        assert any(name.startswith(published) for name in inside), published
    licences = {name.rpartition("/")[2] for name in inside if ".dist-info/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}
    assert {name.partition("/")[0] for name in inside if ".dist-info/" not in name} == set(PACKAGES)


def test_the_rails_are_declared_inside(run: Run) -> None:
    result = run("crps", "rail", "list")
    assert result.returncode == 0, result.stderr
    assert all(rail in result.stdout for rail in RAILS)


def test_the_demo_away_from_a_checkout_names_the_orders_that_are_missing(run: Run) -> None:
    result = run("crps", "demo")
    assert result.returncode == 2
    assert "samples/olist" in result.stderr
    assert "Traceback" not in result.stderr
