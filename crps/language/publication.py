"""Every published file, written from the models; and what is wrong with those that stand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydantic import ValidationError

from crps.language.asyncapi import document
from crps.language.json_schemas import message_schema
from crps.language.page import page
from crps.language.sources import ASYNCAPI, JSON_FOLDER, SourceError, of_files, of_folder
from crps.language.verdicts import Language, Verdict, verdicts
from schemas.registry import ADAPTERS, MODELS

PAGE: Final = PurePosixPath("docs/reference/messages.html")
SAMPLES: Final = PurePosixPath("schemas/samples")
WIRE_TYPES: Final = sorted({wire_type for models in MODELS.values() for wire_type in models})


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as the models would write it, or a sample they no longer read."""

    code: str
    path: PurePosixPath
    detail: str


def files(root: Path) -> dict[PurePosixPath, bytes]:
    """Return every published file of the repository ``root``, by its path, as it should be.

    SourceError when a golden sample is missing or is not JSON.
    """
    samples = {}
    for wire_type in WIRE_TYPES:
        path = SAMPLES / f"{wire_type}.json"
        try:
            samples[wire_type] = (root / path).read_bytes()
        except OSError:
            raise SourceError(f"SAMPLE_MISSING: {path} is not in {root.resolve()}") from None
    try:
        asyncapi = document(samples)
    except ValueError as error:
        raise SourceError(f"SAMPLE_INVALID: a golden sample is not JSON ({error})") from None
    return {
        **{JSON_FOLDER / f"{name}.json": _json(message_schema(name)) for name in WIRE_TYPES},
        ASYNCAPI: _json(asyncapi),
        PAGE: page(asyncapi).encode(),
    }


def language(root: Path) -> Language:
    """Return the language of the models, with the golden samples of ``root``; else SourceError."""
    return of_files(files(root), "the models")


def export(root: Path) -> list[PurePosixPath]:
    """Write what is not current and remove what is superfluous; returns the paths of both."""
    wanted = files(root)
    changed = []
    for path, content in wanted.items():
        if _read(root / path) != content:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
            changed.append(path)
    for path in _superfluous(root, set(wanted)):
        (root / path).unlink()
        changed.append(path)
    return changed


def check(root: Path) -> list[Finding]:
    """Return every file that is stale, missing or superfluous, and every sample that is broken."""
    wanted = files(root)
    changed = _changed(root, of_files(wanted, "the models"))
    findings = []
    for path, content in wanted.items():
        standing = _read(root / path)
        if standing is None:
            findings.append(Finding("MISSING", path, "not exported yet"))
        elif standing != content:
            findings.append(Finding("STALE", path, _meaning_of(path, changed)))
    superfluous = [
        Finding("SUPERFLUOUS", path, "breaking: no such type is written any more")
        for path in _superfluous(root, set(wanted))
    ]
    return [*findings, *superfluous, *_broken_samples(root)]


def _changed(root: Path, new: Language) -> list[Verdict] | None:
    """Return what changed since the export that stands; None when there is none to compare."""
    try:
        return verdicts(of_folder(root / JSON_FOLDER.parent), new)
    except SourceError:
        return None


def _meaning_of(path: PurePosixPath, changed: list[Verdict] | None) -> str:
    """Say whether the difference in one file breaks anybody."""
    if changed is None:
        return "the export that stands cannot be compared"
    if path.parent == JSON_FOLDER:
        changed = [verdict for verdict in changed if verdict.place == path.stem]
    breaking = [verdict for verdict in changed if verdict.is_breaking]
    if breaking:
        first = breaking[0]
        return f"breaking: {first.place} {first.change.path} {first.change.what}".replace("  ", " ")
    return "compatible" if changed else "in words only"


def _superfluous(root: Path, wanted: set[PurePosixPath]) -> list[PurePosixPath]:
    standing = {JSON_FOLDER / path.name for path in (root / JSON_FOLDER).glob("*.json")}
    return sorted(standing - wanted)


def _broken_samples(root: Path) -> Iterator[Finding]:
    for (topic, wire_type), adapter in ADAPTERS.items():
        path = SAMPLES / f"{wire_type}.json"
        try:
            adapter.validate_json((root / path).read_bytes())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            yield Finding("SAMPLE_BROKEN", path, f"on {topic}: {where}: {first['msg']}")


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
