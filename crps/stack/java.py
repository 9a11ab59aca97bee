"""The Java that runs the broker: found, and new enough."""

import asyncio
import os
import re
import shutil
from pathlib import Path

from crps.stack.errors import StackError

# Kafka 4's broker is compiled for it.
LOWEST_VERSION = 17

_INSTALL = (
    f"Install Java {LOWEST_VERSION} or newer (Debian: apt install openjdk-17-jre-headless), or",
    "name a running broker and database in CRPS_KAFKA and CRPS_POSTGRES.",
)


async def find_java() -> str:
    """Return the path of a `java` that can run the broker.

    `JAVA_HOME` goes before `PATH`. Raises `StackError`: `JAVA_MISSING`, `JAVA_TOO_OLD`.
    """
    path = _candidate()
    if path is None:
        raise StackError("JAVA_MISSING", "the local Kafka needs Java and none was found", *_INSTALL)
    process = await asyncio.create_subprocess_exec(
        path, "-version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    version = major_version(output.decode(errors="replace"))
    if version is None or version < LOWEST_VERSION:
        found = "an unreadable version" if version is None else f"Java {version}"
        raise StackError("JAVA_TOO_OLD", f"{path} is {found}, Kafka needs more", *_INSTALL)
    return path


def _candidate() -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home:
        path = Path(home) / "bin" / "java"
        if path.is_file():
            return str(path)
    return shutil.which("java")


def major_version(banner: str) -> int | None:
    """Read the major version from what `java -version` prints (`1.8.0` is 8, `17.0.15` is 17)."""
    match = re.search(r'version "(\d+)(?:\.(\d+))?', banner)
    if match is None:
        return None
    first = int(match.group(1))
    return int(match.group(2) or 0) if first == 1 else first
