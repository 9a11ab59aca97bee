"""What the pages tell a newcomer to type does what they say, in a fresh clone of this checkout.

A page is one shell, its commands in order. A command that stays in the foreground is what a person
would start in a second terminal: it runs until the page ends.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from crps.stack.addresses import given_addresses
from tests.unit.docs.pages import ROOT, Command, commands, name, pages

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

ELSEWHERE: Final = {
    "make setup": "whoever runs this test did",
    "make demo": "the first thing a person tries; longer than everything here",
    "make test": "runs this test",
    "crps scenario run samples/scenarios/race-*.yaml --on stack --outages --seed 7":
        "test_races.py does",
    "pytest tests/journeys/test_connector.py": "of this ring",
    "pytest tests/unit/samples/test_connector.py": "of the unit ring",
}  # fmt: skip
"""Commands that are not run here, and why."""

FOREGROUND: Final = {"crps dev serve": "export CRPS_UPSTREAM_KEY"}
"""Commands that stay, and what they say once they serve. A person copies their exports."""

ABSENT: Final = {
    "docker": None
    if os.environ.get("CRPS_DOCS_DOCKER") == "1" and shutil.which("docker")
    else "needs a Docker engine and CRPS_DOCS_DOCKER=1",
    "node": None if shutil.which("npm") else "needs Node",
}
"""What a block of commands may need -> why it cannot be had."""

HAS_JAVA: Final = bool(shutil.which("java") or os.environ.get("JAVA_HOME"))
PATIENCE_S: Final = 400.0
_BEGIN: Final = """\
set -eu -o pipefail
serving=()
end() {
  for one in "${serving[@]}"; do kill "$one" && wait "$one" || true; done
  if [ -d var/stack ]; then .venv/bin/crps dev down > /dev/null 2>&1 || true; fi
  if [ -f .env ]; then docker compose down --volumes > /dev/null 2>&1; fi
}
trap end EXIT
started() {
  for _ in {1..600}; do
    if grep -q "$2" "$1.log"; then eval "$(grep '^ *export ' "$1.log")"; return; fi
    kill -0 "${serving[-1]}" || { cat "$1.log"; return 1; }
    sleep 0.1
  done
  cat "$1.log"; return 1
}
"""
_END: Final = 'for one in "${serving[@]}"; do kill -0 "$one"; done\n'


def to_run(page: Path) -> list[Command]:
    """Return the page's commands that are run here and now.

    Where Docker brings the system up, nothing is started beside it: they are two ways of one thing.
    """
    there = [c for c in commands(page) if c.text not in ELSEWHERE and not ABSENT.get(c.needs)]
    by_docker = any(c.needs == "docker" for c in there)
    return [c for c in there if not (by_docker and c.text in FOREGROUND)]


def script(page: Path) -> str:
    """Return the page as a program for bash, which tells each command before it is run."""
    lines = [_BEGIN]
    for number, command in enumerate(to_run(page)):
        lines.append(f"echo {shlex.quote('$ ' + command.text)}\n")
        if command.text in FOREGROUND:
            lines.append(f"{command.text} > {number}.log 2>&1 & serving+=($!)\n")
            lines.append(f"started {number} {shlex.quote(FOREGROUND[command.text])}\n")
        else:
            lines.append(f"{command.text}\n")
    return "".join([*lines, _END])


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the checkout as it is, set up, with the broker's jars."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    place = tmp_path / "clone"
    for file in filter(None, listed.split("\0")):
        if (ROOT / file).is_file():
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, place / file)
    shared = [(Path(".venv", entry.name), entry) for entry in Path(sys.prefix).iterdir()]
    (ROOT / "var/lib").mkdir(parents=True, exist_ok=True)
    for link, target in [*shared, (Path("var/lib"), ROOT / "var/lib")]:
        (place / link).parent.mkdir(parents=True, exist_ok=True)
        (place / link).symlink_to(target)
    # What `make setup` leaves behind, newer than all it depends on.
    (place / ".venv/.ready").unlink(missing_ok=True)
    (place / ".venv/.ready").touch()
    return place


@pytest.fixture
def newcomer() -> dict[str, str]:
    """The environment of somebody who has set up nothing; a compose system of his own."""
    ours = Path(sys.prefix, "bin")
    path = [p for p in os.environ["PATH"].split(os.pathsep) if Path(p).absolute() != ours]
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("CRPS_", "PYTEST_", "VIRTUAL"))
    }
    return kept | {"PATH": os.pathsep.join(path), "COMPOSE_PROJECT_NAME": "crps-docs"}


def does_something(command: Command) -> bool:
    """Tell whether a command is run here, if what it needs can be had, and has an effect."""
    return command.text not in ELSEWHERE and not command.text.startswith("source ")


PAGES: Final = [page for page in pages() if any(map(does_something, commands(page)))]


@pytest.mark.parametrize("page", PAGES, ids=name)
@pytest.mark.skipif(given_addresses() is not None, reason="the pages bring their own servers up")
@pytest.mark.skipif(not HAS_JAVA, reason="crps dev serve needs Java")
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, clone: Path, newcomer: dict[str, str]
) -> None:
    if not to_run(page):
        pytest.skip(
            " and ".join(sorted({ABSENT[c.needs] or "" for c in commands(page) if c.needs}))
        )
    said = clone.parent / "said.txt"
    with said.open("w") as output:
        shell = subprocess.Popen(
            ["bash", "-c", script(page)],
            cwd=clone, env=newcomer, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            shell.wait(PATIENCE_S)
        finally:
            # A page that hangs leaves nothing behind either.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    assert shell.returncode == 0, said.read_text("utf-8", "replace")[-6000:]


def test_what_is_not_run_here_is_still_on_some_page() -> None:
    there = {command.text for page in pages() for command in commands(page)}
    assert set(ELSEWHERE) | set(FOREGROUND) <= there
