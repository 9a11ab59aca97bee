"""Where a published language is read from: a folder, a git revision, or the models themselves."""

import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from crps.language.verdicts import Language
from schemas.topics import SERVICES

FOLDER: Final = PurePosixPath("schemas")
JSON_FOLDER: Final = FOLDER / "json"
ASYNCAPI: Final = FOLDER / "asyncapi.json"


class SourceError(Exception):
    """What should be read is not there, or not what it should be; the text begins with a code."""


def of_files(files: Mapping[PurePosixPath, bytes], source: str) -> Language:
    """Return the language that ``files`` publish, by their paths in the repository.

    SourceError when the AsyncAPI document or the schemas are not among them or not what they were
    written as; ``source`` is named in it.
    """
    schemas = {path: raw for path, raw in files.items() if path.parent == JSON_FOLDER}
    if ASYNCAPI not in files or not schemas:
        raise SourceError(f"NOTHING_PUBLISHED: {source} holds no {ASYNCAPI} and {JSON_FOLDER}/")
    try:
        channels = json.loads(files[ASYNCAPI])["channels"]
        return Language(
            schemas={path.stem: _object(raw) for path, raw in sorted(schemas.items())},
            topics={name: frozenset(channel["messages"]) for name, channel in channels.items()},
            written_by_us=frozenset(
                name
                for name, channel in channels.items()
                if set(channel["x-writers"]) <= set(SERVICES)
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"PUBLICATION_UNREADABLE: {source} is not as it was exported ({error})"
        ) from None


def of_folder(folder: Path) -> Language:
    """Return the language that ``folder``, a ``schemas`` folder, holds; else SourceError."""
    files = {
        FOLDER / path.relative_to(folder).as_posix(): path.read_bytes()
        for path in [*folder.glob("json/*.json"), *folder.glob(ASYNCAPI.name)]
    }
    return of_files(files, str(folder))


def of_revision(root: Path, revision: str) -> Language:
    """Return the language published at a git revision of the repository ``root``.

    SourceError when there is no such revision, when it published nothing, or without git.
    """
    if (
        _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        is None
    ):
        raise SourceError(
            f"AGAINST_UNKNOWN: {revision} is neither a folder nor a git revision here"
        )
    archive = _git(
        root, "archive", "--format=tar", revision, str(JSON_FOLDER), str(ASYNCAPI)
    )  # fmt: skip
    if archive is None:
        raise SourceError(f"NOTHING_PUBLISHED: {revision} holds no {ASYNCAPI} and {JSON_FOLDER}/")
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if (content := tar.extractfile(member)) is not None:
                files[PurePosixPath(member.name)] = content.read()
    return of_files(files, revision)


def _git(root: Path, *arguments: str) -> bytes | None:
    """Return what git writes; None when it refuses."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        raise SourceError("GIT_MISSING: a revision is read by git, which is not here") from None
    return done.stdout if done.returncode == 0 else None


def _object(raw: bytes) -> dict[str, Any]:
    parsed = json.loads(raw)
    if not isinstance(parsed, dict):
        raise TypeError("a schema is no JSON object")
    return parsed
