"""The broker's jars: fetched once by Maven, kept for all stacks of the working directory."""

import asyncio
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from crps.stack.errors import StackError
from crps.stack.home import shared_library

KAFKA_VERSION = "4.3.1"

_FETCH_TIMEOUT_S = 600


async def kafka_jars() -> Path:
    """Return the folder with the broker's jars, fetching them at the first call.

    The folder appears whole or not at all: an interrupted download is never taken for a whole
    one. Raises `StackError`: `MAVEN_MISSING`, `KAFKA_FETCH_FAILED`.
    """
    maven = find_maven()
    if maven is not None:
        await _fetch(maven, _folder())
    return _folder()


def find_maven() -> str | None:
    """Return the path of the `mvn` that will fetch the jars, `None` if they are there already.

    Raises `StackError` (`MAVEN_MISSING`).
    """
    if _folder().is_dir():
        return None
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError(
            "MAVEN_MISSING",
            "the local Kafka is fetched by Maven, and no `mvn` was found",
            "Install Maven (Debian: apt install maven), or name a running broker and database",
            "in CRPS_KAFKA and CRPS_POSTGRES.",
        )
    return maven


def _folder() -> Path:
    return shared_library() / f"kafka-{KAFKA_VERSION}"


async def _fetch(maven: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        await _copy_dependencies(maven, partial)
        _publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(partial: Path, folder: Path) -> None:
    partial.chmod(0o755)
    try:
        partial.rename(folder)
    except OSError:
        # Another stack finished the same download first; its jars are as good.
        if not folder.is_dir():
            raise


async def _copy_dependencies(maven: str, target: Path) -> None:
    with as_file(files("crps.stack") / "kafka-pom.xml") as pom:
        process = await asyncio.create_subprocess_exec(
            *(maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"),
            *("-DincludeScope=runtime", f"-DoutputDirectory={target}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_FETCH_TIMEOUT_S):
                output, _ = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
    if process.returncode != 0 or not (target / f"kafka_2.13-{KAFKA_VERSION}.jar").is_file():
        last = output.decode(errors="replace").splitlines()[-15:]
        raise StackError(
            "KAFKA_FETCH_FAILED",
            f"Maven could not fetch Kafka {KAFKA_VERSION} (exit {process.returncode})",
            *last,
        )
