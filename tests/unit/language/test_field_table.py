"""A schema becomes rows that people can read."""

from typing import Any

import pytest

from crps.language.field_table import LONG, kind, named_values, rows

TOKEN = {"title": "Token", "type": "string", "pattern": "^[a-z]$", "description": "An id."}
PART = {"title": "Part", "type": "object", "properties": {"share": TOKEN}, "required": ["share"]}
LONG_ONE = {"title": "Book", "properties": {f"page_{n}": TOKEN for n in range(LONG + 1)}}
SHARED = {"Part": PART, "Book": LONG_ONE}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (TOKEN, "Token"),
        ({"type": "string"}, "string"),
        ({"type": "string", "pattern": "^a$"}, "string `^a$`"),
        ({"type": "integer", "minimum": 1, "maximum": 10_000}, "integer \u2265 1 \u2264 10,000"),
        ({"const": "1.0", "type": "string"}, "`1.0`"),
        ({"enum": ["payer", "payee"], "title": "Role"}, "`payer` or `payee`"),
        ({"anyOf": [{"const": "ALL"}, {"title": "Money"}]}, "`ALL` or Money"),
        ({"type": "array", "items": ref("Part")}, "list of Part"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map to string"),
        ({"description": "Its own words.", "allOf": [ref("Part")]}, "Part"),
    ],
)
def test_what_a_value_may_be_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert kind(schema, SHARED) == words


def test_the_fields_of_an_inner_object_stand_below_it_and_deeper() -> None:
    schema = {"properties": {"parts": {"type": "array", "items": ref("Part")}, "id": TOKEN}}
    found = [(row.depth, row.name, row.is_required) for row in rows(schema, SHARED)]
    assert found == [(0, "parts", False), (1, "share", True), (0, "id", False)]


def test_a_long_object_is_linked_to_instead() -> None:
    (row,) = rows({"properties": {"book": ref("Book")}, "required": ["book"]}, SHARED)
    assert (row.link, row.is_required) == ("Book", True)


def test_money_is_a_value() -> None:
    money = {"title": "Money", "type": "object", "properties": {"amount": TOKEN}}
    (row,) = rows({"properties": {"paid": money}}, SHARED)
    assert (row.kind, row.link) == ("Money", None)


def test_a_field_means_what_it_says_else_what_its_kind_says() -> None:
    own = {"description": "Whose.", "allOf": [ref("Part")]}
    ids = {"type": "array", "items": TOKEN}
    found = rows({"properties": {"a": own, "b": TOKEN, "c": ids, "d": {"type": "string"}}}, SHARED)
    assert [row.meaning for row in found if row.depth == 0] == ["Whose.", "An id.", "An id.", ""]


def test_named_values_are_told_as_they_are_written() -> None:
    assert named_values([SHARED]) == {"Token": "string `^[a-z]$`"}
