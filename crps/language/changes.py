"""What changed between two JSON Schemas: a structural walk that finds narrowings and widenings.

Narrowed: something that was right is wrong now. Widened: something that was wrong is right now.
Whether that breaks anybody is another question: ``crps.language.verdicts``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Schema = dict[str, Any]

_ANNOTATIONS: Final = {"$schema", "$id", "$defs", "title", "description", "examples", "default"}
_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_WALKED: Final = {
    *_ANNOTATIONS, *_LOWER_BOUNDS, *_UPPER_BOUNDS,
    "$ref", "anyOf", "type", "const", "enum", "properties", "required", "additionalProperties",
    "items",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its JSON path from ``$``, the message, and what it does."""

    path: str
    what: str
    narrows: bool = False
    widens: bool = False
    removes: bool = False
    """A name that could be read or written is gone."""


def changes(old: Schema, new: Schema) -> list[Change]:
    """Return what differs between two whole schemas, each with its own ``$defs``.

    A keyword whose effect is not known counts as narrowing and widening.
    """
    return list(_Walk(old, new).schemas("$", old, new))


class _Walk:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old.get("$defs", {}), new.get("$defs", {})
        self._under_way: set[tuple[str, str]] = set()

    def schemas(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair) and pair in self._under_way:
            return  # A definition that holds itself is compared already.
        self._under_way.add(pair)
        yield from self._alternatives(
            path, _alternatives(_resolved(old, self._old)), _alternatives(_resolved(new, self._new))
        )
        self._under_way.discard(pair)

    def _alternatives(self, path: str, olds: list[Schema], news: list[Schema]) -> Iterator[Change]:
        """Compare like with like; what has no like was taken away, or came."""
        if len(olds) == len(news) == 1:
            yield from self._one(path, olds[0], news[0])
            return
        left, right = _by_kind(olds, self._old), _by_kind(news, self._new)
        for kind, old in left.items():
            if kind in right:
                yield from self.schemas(path, old, right[kind])
            else:
                yield Change(path, f"no longer {kind}", narrows=True)
        for kind in sorted(right.keys() - left.keys()):
            yield Change(path, f"now also {kind}", widens=True)

    def _one(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        yield from _sets(path, "type", _types(old), _types(new))
        yield from _sets(path, "value", _values(old), _values(new))
        yield from _bounds(path, old, new)
        yield from _others(path, old, new)
        yield from self._properties(path, old, new)
        yield from self._inner(path, "additionalProperties", ".*", old, new)
        yield from self._inner(path, "items", "[*]", old, new)

    def _properties(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        left, right = old.get("properties", {}), new.get("properties", {})
        needed_before, needed = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in left.items():
            if name not in right:
                yield Change(f"{path}.{name}", "property removed", removes=True)
                continue
            if name in needed - needed_before:
                yield Change(f"{path}.{name}", "required now", narrows=True)
            if name in needed_before - needed:
                yield Change(f"{path}.{name}", "optional now", widens=True)
            yield from self.schemas(f"{path}.{name}", schema, right[name])
        for name in sorted(right.keys() - left.keys()):
            if name in needed:
                yield Change(f"{path}.{name}", "new required property", narrows=True)
            else:
                yield Change(f"{path}.{name}", "new optional property")

    def _inner(
        self, path: str, keyword: str, step: str, old: Schema, new: Schema
    ) -> Iterator[Change]:
        """Compare what holds for members that have no schema of their own, true where not said."""
        left, right = old.get(keyword, True), new.get(keyword, True)
        if isinstance(left, dict) and isinstance(right, dict):
            yield from self.schemas(f"{path}{step}", left, right)
        elif left != right:
            narrows, widens = left is True or right is False, left is False or right is True
            yield Change(path, f"{keyword} changed", narrows=narrows, widens=widens)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _alternatives(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf", [schema]))


def _by_kind(alternatives: list[Schema], definitions: Schema) -> dict[str, Schema]:
    """Return the alternatives by the name of their kind, else by their type."""
    found: dict[str, Schema] = {}
    for alternative in alternatives:
        schema = _resolved(alternative, definitions)
        kind = schema.get("title") or "/".join(sorted(_types(schema) or {"anything"}))
        while kind in found:
            kind += " too"
        found[kind] = alternative
    return found


def _types(schema: Schema) -> set[str] | None:
    found = schema.get("type")
    return {found} if isinstance(found, str) else found and set(found)


def _values(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return {str(value) for value in schema["enum"]} if "enum" in schema else None


def _sets(path: str, noun: str, old: set[str] | None, new: set[str] | None) -> Iterator[Change]:
    """Compare what may stand; None is anything."""
    if old is None or new is None:
        if old != new:
            listed = ", ".join(sorted(new or old or ()))
            what = f"{noun}s limited to {listed}" if old is None else f"{noun}s no longer limited"
            yield Change(path, what, narrows=old is None, widens=new is None)
        return
    for gone in sorted(old - new):
        yield Change(path, f"{noun} {gone} removed", narrows=True)
    for come in sorted(new - old):
        yield Change(path, f"{noun} {come} added", widens=True)


def _bounds(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    for keyword in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        left, right = old.get(keyword), new.get(keyword)
        if left == right:
            continue
        if left is None or right is None:
            tighter = left is None
        else:
            tighter = right > left if keyword in _LOWER_BOUNDS else right < left
        what = f"{keyword} {_said(left)} became {_said(right)}"
        yield Change(path, what, narrows=tighter, widens=not tighter)


def _others(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Compare what has no order: a pattern that changed is both narrower and wider."""
    for keyword in sorted((old.keys() | new.keys()) - _WALKED):
        left, right = old.get(keyword), new.get(keyword)
        if left != right:
            what = f"{keyword} {_said(left)} became {_said(right)}"
            yield Change(path, what, narrows=right is not None, widens=left is not None)


def _said(value: Any) -> str:
    return "none" if value is None else f"{value}"
