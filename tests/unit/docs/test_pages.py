"""What the pages say is there: pages, files, commands with their options, messages, codes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from crps.cli import app
from schemas import topics
from schemas.registry import MODELS

from .pages import ROOT, anchors, blocks, code, commands, links, name, pages

MAX_LINES = 150
NEEDS = {"", "docker", "node"}
PROGRAMS_THAT_NEED = {"docker": "docker", "node": "node", "npm": "node", "npx": "node"}
PLACES = ("connectors", "crps", "docs", "samples", "schemas", "services", "tests")
ROOMS = ("chassis", *topics.SERVICES)
"""Folders of ``services``, for which a page about the code need not say so each time."""

CRPS: Any = typer.main.get_command(app)

PAGES = pytest.mark.parametrize("page", pages(), ids=name)


@PAGES
def test_a_page_is_short(page: Path) -> None:
    assert len(page.read_text("utf-8").splitlines()) <= MAX_LINES


@PAGES
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_reached() -> None:
    found, to_read = set(), [ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page in found or not page.is_file():
            continue
        found.add(page)
        if page.suffix == ".md":
            targets = (link.partition("#")[0] for link in links(page) if "://" not in link)
            to_read += [(page.parent / target).resolve() for target in targets if target]
    there = [*pages(), *(path for path in ROOT.glob("docs/**/*") if path.is_file())]
    assert sorted({name(path) for path in there} - {name(path) for path in found}) == []


def test_both_languages_say_the_same_first_page() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert commands(english) == commands(chinese)
    assert {*links(english), "README.md"} - {"README.zh-CN.md"} == {
        link for link in links(chinese) if link != "docs/concepts/glossary.md"
    }


@PAGES
def test_a_block_of_commands_has_one(page: Path) -> None:
    assert all(blocks(page))


@PAGES
def test_a_command_says_what_it_needs(page: Path) -> None:
    for command in commands(page):
        assert command.needs in NEEDS
        needed = PROGRAMS_THAT_NEED.get(command.text.split()[0])
        assert needed in (None, command.needs), command.text


def crps_lines(page: Path) -> list[str]:
    """Return the command lines of ``crps`` on the page, run or only named."""
    said = [line for text in code(page) for line in re.split(r"\n(?:\$ )?|^\$ |\$\(| \| ", text)]
    return [line.rstrip(")…") for line in said if re.match(r"(\.venv/bin/)?crps ", line)]


def fault(line: str) -> str | None:
    """Return what ``crps`` would not understand of a command line; values are not judged."""
    command = CRPS
    words = shlex.split(line, comments=True)[1:]
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        word = words.pop(0)
        if word not in command.commands:
            return f"no command {word}"
        command = command.commands[word]
    options = {option: p for p in command.params for option in p.opts if option.startswith("-")}
    places = sum(p.param_type_name == "argument" for p in command.params)
    while words:
        word = words.pop(0)
        if word == "--help":
            continue
        if not word.startswith("-"):
            places -= 1
        elif word not in options:
            return f"no option {word}"
        elif not options[word].is_flag:
            words = words[1:]
    return "too many arguments" if places < 0 else None


@PAGES
def test_every_command_line_of_crps_is_understood(page: Path) -> None:
    assert {line: fault(line) for line in crps_lines(page) if fault(line)} == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("crps replay samples/olist --limit 50", None),
        ("crps dead-letters retry --service ledger --contract ID", None),
        ("crps dead-letters retry PLACE --anyway # if that is meant", None),
        ("crps replay samples/olist --limits 50", "no option --limits"),
        ("crps dev sevre", "no command sevre"),
        ("crps contract show ONE TWO", "too many arguments"),
    ],
)
def test_what_crps_would_not_understand_is_found(line: str, said: str | None) -> None:
    assert fault(line) == said


@PAGES
def test_every_message_and_topic_that_is_named_exists(page: Path) -> None:
    there = {topic.name for topic in topics.TOPICS}
    there |= {wire_type for types in MODELS.values() for wire_type in types}
    named = {n for text in code(page) for n in re.findall(r"crps\.[a-z.-]+\.v1\b", text)}
    assert named - there == set()


@PAGES
def test_every_code_that_is_named_exists(page: Path) -> None:
    refusals = (ROOT / "docs/reference/refusals.md").read_text("utf-8")
    there = set(re.findall(r"`([A-Z_]+)`", refusals))
    spans = [text for text in code(page) if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", text)]
    assert {span for span in spans if not span.startswith("CRPS_")} - there == set()


@PAGES
def test_every_file_that_is_named_exists(page: Path) -> None:
    path = re.compile(rf"({'|'.join((*PLACES, *ROOMS))})/[\w./-]*")
    named = {text for text in code(page) if path.fullmatch(text)}
    roots = (ROOT, ROOT / "services")
    assert {n for n in named if not any((root / n).exists() for root in roots)} == set()
