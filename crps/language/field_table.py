"""The fields of a schema of the AsyncAPI document, as the rows of a table that people read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

LONG: Final = 12
"""An object with more rows than this has a table of its own, and is linked to."""

_REFERENCE: Final = "#/components/schemas/"
_BOUNDS: Final = (("minimum", "\u2265"), ("maximum", "\u2264"))


@dataclass(frozen=True, slots=True)
class Row:
    """One field: how deep it lies, what it may hold, whether it must be there, what it means."""

    depth: int
    name: str
    kind: str
    link: str | None
    """Name of the object that has a table of its own."""
    is_required: bool
    meaning: str


def rows(schema: Schema, shared: Mapping[str, Schema], depth: int = 0) -> list[Row]:
    """Return the fields of an object and, below each, those of the object that it holds.

    ``shared`` are the document's component schemas by name.
    """
    schema = _resolved(schema, shared)
    required = schema.get("required", ())
    found = []
    for name, field in schema.get("properties", {}).items():
        inner = _objects(field, shared)
        below = [row for each in inner for row in rows(each, shared, depth + 1)]
        link = str(inner[0]["title"]) if len(below) > LONG else None
        meaning = _meaning(field, shared)
        found.append(Row(depth, name, kind(field, shared), link, name in required, meaning))
        found += [] if link else below
    return found


def kind(schema: Schema, shared: Mapping[str, Schema]) -> str:
    """Return what a value may be, in a few words."""
    schema = _resolved(schema, shared)
    if "anyOf" in schema and "title" not in schema:
        return " or ".join(kind(each, shared) for each in schema["anyOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "title" in schema:
        return str(schema["title"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'], shared)}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map to {kind(schema['additionalProperties'], shared)}"
    return _scalar(schema)


def linked(schema: Schema, shared: Mapping[str, Schema]) -> Iterator[str]:
    """Yield the names of the objects that ``schema`` links to, and those that they link to."""
    for row in rows(schema, shared):
        if row.link:
            yield row.link
            yield from linked(shared[row.link], shared)


def named_values(document: Any) -> dict[str, str]:
    """Return how every named value of ``document`` is written, by its name, sorted.

    Those that list their values are not among them: they are told wherever they stand.
    """
    found = {}
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            title = value.get("title")
            is_scalar = value.get("type") in ("string", "integer") and "enum" not in value
            if isinstance(title, str) and is_scalar:
                found[title] = kind(
                    {name: said for name, said in value.items() if name != "title"}, {}
                )
    return dict(sorted(found.items()))


def _scalar(schema: Schema) -> str:
    bounds = [f"{sign} {schema[key]:,}" for key, sign in _BOUNDS if key in schema]
    if "pattern" in schema:
        bounds.append(f"`{schema['pattern']}`")
    return " ".join([str(schema.get("type", "anything")), *bounds])


def _meaning(field: Schema, shared: Mapping[str, Schema]) -> str:
    """Return what the field says of itself, else its kind, else the kind of its members."""
    resolved = _resolved(field, shared)
    said = field.get("description") or resolved.get("description")
    if said is None and "items" in resolved:
        return _meaning(resolved["items"], shared)
    return str(said or "")


def _objects(field: Schema, shared: Mapping[str, Schema]) -> list[Schema]:
    """Return the objects with fields of their own that ``field`` may hold, itself or in a list.

    Money is a value: it is explained once.
    """
    field = _resolved(field, shared)
    if field.get("type") == "array":
        return _objects(field["items"], shared)
    if "anyOf" in field:
        return [each for inner in field["anyOf"] for each in _objects(inner, shared)]
    return [field] if "properties" in field and field.get("title") != "Money" else []


def _resolved(schema: Schema, shared: Mapping[str, Schema]) -> Schema:
    (reference,) = schema.get("allOf", [schema])
    if "$ref" in reference:
        return shared[reference["$ref"].removeprefix(_REFERENCE)]
    return schema
