"""The pages a person reads, and what stands on them: commands, links, names in code."""

import functools
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[3]
_PATTERNS: Final = ("README*.md", "CONTRIBUTING.md", "docs/**/*.md", "samples/*/README.md")
_READER: Final = MarkdownIt("commonmark").enable("table")
_NOT_IN_AN_ANCHOR: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Command:
    """A line after a ``$`` in a block marked ``console``; ``needs`` is the mark's second word."""

    text: str
    needs: str


def pages() -> list[Path]:
    """Return every page, the first ones first."""
    return [path for pattern in _PATTERNS for path in sorted(ROOT.glob(pattern))]


def name(page: Path) -> str:
    """Return the page's path from the root, for a person."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[list[Command]]:
    """Return the commands of each block marked ``console``, in their order."""
    return [
        [
            Command(line.removeprefix("$ "), token.info.removeprefix("console").strip())
            for line in token.content.splitlines()
            if line.startswith("$ ")
        ]
        for token in _tokens(page)
        if token.type == "fence" and token.info.split()[:1] == ["console"]
    ]


def commands(page: Path) -> list[Command]:
    """Return all of the page's commands in their order."""
    return list(itertools.chain.from_iterable(blocks(page)))


def links(page: Path) -> list[str]:
    """Return where the page's links and pictures lead, as they are written."""
    found = [t.attrGet("href") or t.attrGet("src") for t in _tokens(page)]
    return [str(target) for target in found if target]


def code(page: Path) -> list[str]:
    """Return what is written as code: spans and blocks."""
    return [t.content for t in _tokens(page) if t.type in ("code_inline", "fence")]


def anchors(page: Path) -> set[str]:
    """Return what a link to the page may say after ``#``."""
    return {
        _NOT_IN_AN_ANCHOR.sub("", following.content.lower()).replace(" ", "-")
        for token, following in itertools.pairwise(_tokens(page))
        if token.type == "heading_open"
    }


@functools.cache
def _tokens(page: Path) -> tuple[Token, ...]:
    found = _READER.parse(page.read_text("utf-8"))
    return tuple(inner for token in found for inner in (token, *(token.children or ())))
