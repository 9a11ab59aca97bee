"""The published files are those of the models, valid by their own standards, and readable."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crps.language.publication import PAGE, WIRE_TYPES, check, files
from tests.dumps import flaws_of_value

ROOT = Path(__file__).parents[2]
SCHEMAS = {path.stem: json.loads(path.read_bytes()) for path in ROOT.glob("schemas/json/*.json")}
HTML = (ROOT / PAGE).read_text("utf-8")

EVERY_TYPE = pytest.mark.parametrize("wire_type", WIRE_TYPES)


def test_what_is_committed_is_what_the_models_say() -> None:
    assert check(ROOT) == []


def test_writing_it_twice_gives_the_same_bytes() -> None:
    assert files(ROOT) == files(ROOT)


def test_every_type_has_a_schema() -> None:
    assert sorted(SCHEMAS) == WIRE_TYPES


@EVERY_TYPE
def test_a_schema_is_valid_and_bears_the_id_that_messages_name(wire_type: str) -> None:
    schema = SCHEMAS[wire_type]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:{wire_type.replace('.', ':')}"
    assert schema["properties"]["type"]["const"] == wire_type


@EVERY_TYPE
def test_a_golden_sample_fits_its_published_schema(wire_type: str) -> None:
    assert (
        flaws_of_value(wire_type, (ROOT / f"schemas/samples/{wire_type}.json").read_bytes()) == []
    )


@EVERY_TYPE
def test_words_are_plain_and_patterns_are_whole_and_of_any_dialect(wire_type: str) -> None:
    for keyword, value in _keywords(SCHEMAS[wire_type]):
        if keyword == "description" and isinstance(value, str):
            assert not re.search(r"``|SPEC|ARCHITECTURE|\bNone\b", value), value
            assert value[0].isupper() or value[0] == "`", value
        if keyword == "pattern" and isinstance(value, str):
            # Unanchored it would match inside; \d is another set of digits in each language.
            assert value.startswith("^"), value
            assert value.endswith("$"), value
            assert not re.search(r"\\[dwsAZz]|\(\?", value), value


def test_what_our_services_number_must_say_its_sequence() -> None:
    needed = {name for name, schema in SCHEMAS.items() if "sequence" in schema["required"]}
    assert {"crps.funds.attributed.v1", "crps.books.emptied.v1"} <= needed
    assert "crps.settlement.instructed.v1" in needed
    for unnumbered in ("command.refused", "funds.release", "deadline.reached", "funds.received"):
        assert f"crps.{unnumbered}.v1" not in needed


def test_commands_forbid_unknown_fields_and_events_do_not() -> None:
    assert _content("crps.funds.release.v1")["additionalProperties"] is False
    assert _content("crps.order.placed.v1")["additionalProperties"] is False
    assert "additionalProperties" not in _content("crps.funds.attributed.v1")


@pytest.mark.parametrize("wire_type", ["order.placed", "contract.offered", "contract.accepted"])
def test_the_terms_are_published_where_they_stand(wire_type: str) -> None:
    schema = SCHEMAS[f"crps.{wire_type}.v1"]
    assert _content(schema["title"])["properties"]["terms"]["$ref"] == "#/$defs/Terms"
    assert set(schema["$defs"]["Terms"]["required"]) >= {"payer", "payee", "tranches", "dispute"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster", "action"):
                self.loads.append(f"{tag} {name}={value}")
            if name == "href":
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")


def test_the_page_loads_nothing_and_its_links_lead_somewhere() -> None:
    page = _Page()
    page.feed(HTML)
    assert page.loads == []
    assert not page.tags & {"script", "link", "iframe", "img", "object", "embed"}
    assert not re.search(r"@import|url\(", HTML)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert all(link.startswith("#") for link in page.links)


@EVERY_TYPE
def test_the_page_explains_every_message_and_shows_its_sample(wire_type: str) -> None:
    (article,) = re.findall(rf'<h3 id="{re.escape(wire_type)}">.*?</article>', HTML, re.DOTALL)
    for field in _content(wire_type)["properties"]:
        assert f"<code>{field}</code>" in article
    assert "<pre>{" in article


def _content(wire_type: str) -> dict[str, Any]:
    schema = SCHEMAS[wire_type]
    name = schema["properties"]["data"]["$ref"].removeprefix("#/$defs/")
    content: dict[str, Any] = schema["$defs"][name]
    return content


def _keywords(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            yield keyword, value
            yield from _keywords(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _keywords(each)
