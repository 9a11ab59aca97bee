"""One JSON Schema (2020-12) of each wire type: the whole message, envelope and data.

An optional field is left out, never null. Only within the signed terms null may stand, because
they are repeated as they were written.
"""

import re
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from crps.language.docstrings import attribute_docstrings
from crps.language.places import is_numbered, is_ours, topics_of
from schemas import terms_v1
from schemas.registry import ENVELOPES

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

UUID_SCHEMA: Final = {
    "title": "UUID",
    "description": "A UUID in its canonical form, in lower case.",
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
}

_OWN_TYPE: Final = re.compile(r"^`crps\.[^:]*: (\w)")
_MAKERS_BOOK: Final = re.compile(r" \(SPEC [^)]*\)")


def dataschema(wire_type: str) -> str:
    """Return the id of the schema of ``wire_type``, as the envelope's ``dataschema`` says it."""
    return f"urn:{wire_type.replace('.', ':')}"


@cache
def message_schema(wire_type: str) -> Schema:
    """Return the schema of ``wire_type``; KeyError when nobody writes such a type."""
    topic = topics_of(wire_type)[0]
    envelope = ENVELOPES[topic.name, wire_type]
    generated = _readable(TypeAdapter(envelope).json_schema(schema_generator=_Generator))
    properties, required = generated["properties"], generated["required"]
    properties["type"] = _constant(properties["type"], wire_type)
    if is_ours(topic):
        properties["dataschema"] = _constant(properties["dataschema"], dataschema(wire_type))
        required.append("dataschema")
    if is_numbered(topic):
        required.append("sequence")
    if topic.party_writable:
        # What a decision rests on is ours to say: of a party's record nobody looks at it.
        del properties["restson"], generated["$defs"]["RestsOn"]
    data = properties["data"]["$ref"].removeprefix("#/$defs/")
    return {
        "$schema": DIALECT,
        "$id": dataschema(wire_type),
        "title": wire_type,
        "description": generated["$defs"][data]["description"],
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": generated["$defs"],
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without what is Python's own: titles made of field names, and null."""

    _is_signed = False

    def field_title_should_be_set(self, _: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        model: type[BaseModel] = schema["cls"]
        outer, self._is_signed = self._is_signed, model.__module__ == terms_v1.__name__
        try:
            generated = super().model_schema(schema)
        finally:
            self._is_signed = outer
        for name, said in attribute_docstrings(model).items():
            generated["properties"][model.model_fields[name].alias or name]["description"] = said
        return generated

    def uuid_schema(self, _: core_schema.UuidSchema) -> Schema:
        return dict(UUID_SCHEMA)

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        if self._is_signed:
            return super().nullable_schema(schema)
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Schema:
        # Each alternative states its own tag; what else the generator says of it is no JSON Schema.
        return {"anyOf": super().tagged_union_schema(schema)["oneOf"]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        generated = super().default_schema(schema)
        if generated.get("default", ...) is None:
            del generated["default"]
        return generated


def _constant(field: Schema, value: str) -> Schema:
    return {"description": field["description"], "type": "string", "const": value}


def _readable(schema: Any) -> Any:
    """Return ``schema`` with its descriptions in plain words, each paragraph on one line."""
    if isinstance(schema, list):
        return [_readable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _plain(inner)
        if name == "description" and isinstance(inner, str)
        else _readable(inner)
        for name, inner in schema.items()
    }


def _plain(text: str) -> str:
    text = _MAKERS_BOOK.sub("", text.replace("``", "`"))
    # Which type it is stands above it.
    text = _OWN_TYPE.sub(lambda first: first[1].upper(), text)
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
