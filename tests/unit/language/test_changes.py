"""Planted changes: each rule of what narrows and what widens, and the verdict by direction."""

from typing import Any

import pytest

from crps.language.changes import Change, changes
from crps.language.verdicts import Language, verdicts

Schema = dict[str, Any]
TYPE = "crps.thing.done.v1"
TOPIC = "crps.things.events.v1"


def thing(**fields: Any) -> Schema:
    """An object with these fields, all of them optional."""
    return {"type": "object", "properties": fields}


def language(schema: Schema, *, ours: bool) -> Language:
    written_by_us = frozenset({TOPIC} if ours else ())
    return Language({TYPE: schema}, {TOPIC: frozenset({TYPE})}, written_by_us)


STRING = {"type": "string"}
KINDS = {"type": "string", "enum": ["a", "b"]}
A_OR_ONE = {"anyOf": [STRING, {"type": "integer"}]}

NARROWED: list[tuple[str, Schema, Schema]] = [
    ("required now", thing(x=STRING), {**thing(x=STRING), "required": ["x"]}),
    ("new required property", thing(), {**thing(x=STRING), "required": ["x"]}),
    ("value b removed", thing(x=KINDS), thing(x={**KINDS, "enum": ["a"]})),
    ("values limited to a, b", thing(x=STRING), thing(x=KINDS)),
    ("type null removed", thing(x={"type": ["string", "null"]}), thing(x=STRING)),
    ("types limited to string", thing(x={}), thing(x=STRING)),
    ("no longer integer", thing(x=A_OR_ONE), thing(x=STRING)),
    ("minimum 1 became 2", thing(x={"minimum": 1}), thing(x={"minimum": 2})),
    ("minimum none became 2", thing(x={}), thing(x={"minimum": 2})),
    ("maxLength 9 became 8", thing(x={"maxLength": 9}), thing(x={"maxLength": 8})),
    ("maxItems none became 8", thing(x={}), thing(x={"maxItems": 8})),
    ("pattern none became ^a$", thing(x=STRING), thing(x={**STRING, "pattern": "^a$"})),
    ("additionalProperties changed", thing(), {**thing(), "additionalProperties": False}),
    ("oneOf none became [{'required': ['x']}]", thing(x=STRING),
     {**thing(x=STRING), "oneOf": [{"required": ["x"]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "wide", "narrow"), NARROWED, ids=[c[0] for c in NARROWED])
def test_narrowing_breaks_those_who_write_and_its_reverse_those_who_read(
    what: str, wide: Schema, narrow: Schema
) -> None:
    (narrowed,) = changes(wide, narrow)
    assert (narrowed.what, narrowed.narrows, narrowed.widens) == (what, True, False)
    assert _breaks(wide, narrow, ours=False)
    assert not _breaks(wide, narrow, ours=True)
    if what != "new required property":  # Its reverse removes a property.
        (widened,) = changes(narrow, wide)
        assert (widened.narrows, widened.widens) == (False, True)
        assert _breaks(narrow, wide, ours=True)
        assert not _breaks(narrow, wide, ours=False)


ALWAYS: list[tuple[str, Schema, Schema]] = [
    ("property removed", thing(x=STRING), thing()),
    ("another type", thing(x=STRING), thing(x={"type": "integer"})),
    ("another pattern", thing(x={"pattern": "^a$"}), thing(x={"pattern": "^b$"})),
    ("another format", thing(x={"format": "uuid"}), thing(x={"format": "date-time"})),
    ("another constant", thing(x={"const": "a"}), thing(x={"const": "b"})),
    ("a keyword nobody judges", thing(x={"contains": {"const": 1}}),
     thing(x={"contains": {"const": 2}})),
    ("another kind of two", thing(x=A_OR_ONE),
     thing(x={"anyOf": [STRING, {"type": "boolean"}]})),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [c[1:] for c in ALWAYS], ids=[c[0] for c in ALWAYS])
@pytest.mark.parametrize("ours", [True, False], ids=["we write", "others write"])
def test_what_is_gone_or_other_breaks_everybody(old: Schema, new: Schema, ours: bool) -> None:
    assert _breaks(old, new, ours=ours)


NEVER: list[tuple[str, Schema, Schema]] = [
    ("a new optional property", thing(), thing(x=STRING)),
    ("one where unknown ones are forbidden", {**thing(), "additionalProperties": False},
     {**thing(x=STRING), "additionalProperties": False}),
    ("other words", thing(x={**STRING, "title": "A", "description": "One.", "examples": ["1"]}),
     thing(x={**STRING, "title": "B", "description": "Two.", "examples": ["2"]})),
    ("a definition instead of the same in place", thing(x=KINDS),
     {**thing(x={"$ref": "#/$defs/Kind"}), "$defs": {"Kind": KINDS}}),
    ("the alternatives in another order", thing(x=A_OR_ONE),
     thing(x={"anyOf": [{"type": "integer"}, STRING]})),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [c[1:] for c in NEVER], ids=[c[0] for c in NEVER])
@pytest.mark.parametrize("ours", [True, False], ids=["we write", "others write"])
def test_what_adds_or_only_words_breaks_nobody(old: Schema, new: Schema, ours: bool) -> None:
    assert not _breaks(old, new, ours=ours)


def test_a_change_is_found_at_its_path_through_lists_maps_and_definitions() -> None:
    def nested(minimum: int) -> Schema:
        part = thing(share={"type": "integer", "minimum": minimum})
        listed = {"type": "array", "items": {"$ref": "#/$defs/Part"}}
        return {
            **thing(parts={"type": "object", "additionalProperties": listed}),
            "$defs": {"Part": part},
        }

    (found,) = changes(nested(1), nested(2))
    assert found == Change("$.parts.*[*].share", "minimum 1 became 2", narrows=True)


def test_a_change_within_one_of_several_alternatives_is_found_there() -> None:
    def either(pattern: str) -> Schema:
        return thing(x={"anyOf": [{"type": "integer"}, {"type": "string", "pattern": pattern}]})

    (found,) = changes(either("^a$"), either("^b$"))
    assert (found.path, found.narrows, found.widens) == ("$.x", True, True)


def test_a_definition_that_holds_itself_is_compared_once() -> None:
    def tree(kind: str) -> Schema:
        node = thing(name={"type": kind}, branch={"$ref": "#/$defs/Node"})
        return {**thing(root={"$ref": "#/$defs/Node"}), "$defs": {"Node": node}}

    assert {change.path for change in changes(tree("string"), tree("integer"))} == {"$.root.name"}


def test_a_topic_or_a_type_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    other = "crps.thing.undone.v1"
    one = language(thing(), ours=True)
    two = Language(
        {TYPE: thing(), other: thing()},
        {TOPIC: frozenset({TYPE, other}), "crps.more.events.v1": frozenset()},
        frozenset({TOPIC}),
    )
    come = verdicts(one, two)
    assert [(v.place, v.change.what) for v in come] == [
        (TOPIC, f"{other} stands here now"), ("crps.more.events.v1", "new topic"),
        (other, "new type"),
    ]  # fmt: skip
    assert not any(verdict.is_breaking for verdict in come)
    gone = verdicts(two, one)
    assert [(v.place, v.change.what) for v in gone] == [
        (TOPIC, f"{other} no longer stands here"), ("crps.more.events.v1", "topic removed"),
        (other, "type removed"),
    ]  # fmt: skip
    assert all(verdict.is_breaking for verdict in gone)


def _breaks(old: Schema, new: Schema, *, ours: bool) -> bool:
    found = verdicts(language(old, ours=ours), language(new, ours=ours))
    return any(verdict.is_breaking for verdict in found)
