"""The page of messages: the AsyncAPI document for people, one file that loads nothing else."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from crps.language.field_table import Row, linked, named_values, rows

_CODE: Final = re.compile(r"`([^`]*)`")
_CONTENT: Final = "data"
"""The one field of a message that is not of the envelope."""


@dataclass(frozen=True, slots=True)
class _Message:
    name: str
    title: str
    summary: str
    description: str
    note: str
    rows: list[Row]
    sample: str


@dataclass(frozen=True, slots=True)
class _Topic:
    name: str
    description: str
    facts: dict[str, str]
    messages: list[str]
    told: list[_Message]
    """Those of its messages that are explained here; the others stand on an earlier topic too."""


def page(document: dict[str, Any]) -> str:
    """Return the whole page for an AsyncAPI ``document`` as ``crps.language.asyncapi`` makes it."""
    environment = Environment(
        loader=PackageLoader("crps.language"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = _prose
    environment.filters["code"] = _coded
    shared = document["components"]["schemas"]
    told = {name: _message(m, shared) for name, m in document["components"]["messages"].items()}
    documents = sorted(
        {name for m in _payloads(document) for name in linked(m["properties"][_CONTENT], shared)}
    )
    return environment.get_template("messages.html").render(
        info=document["info"],
        topics=_topics(document, told),
        envelope=_envelope(document),
        values=named_values(document["components"]),
        documents=[(name, shared[name], rows(shared[name], shared)) for name in documents],
    )


def _topics(document: dict[str, Any], told: dict[str, _Message]) -> list[_Topic]:
    topics, seen = [], set[str]()
    for name, channel in document["channels"].items():
        names = list(channel["messages"])
        topics.append(
            _Topic(
                name=name,
                description=channel["description"],
                facts=_facts(channel),
                messages=names,
                told=[told[each] for each in names if each not in seen],
            )
        )
        seen |= set(names)
    return topics


def _facts(channel: dict[str, Any]) -> dict[str, str]:
    binding = channel["bindings"]["kafka"]
    settings = binding["topicConfiguration"]
    return {
        "written by": ", ".join(channel["x-writers"]),
        "read by": ", ".join(channel["x-readers"]) or "none of ours",
        "signed": "with its upstream's HMAC" if channel["x-party-writable"] else "no",
        "kept": f"{settings['retention.ms'] // 86_400_000} days",
        "partitions": f"{binding['partitions']} in development, by murmur2 of the key",
    }


def _message(message: dict[str, Any], shared: dict[str, Any]) -> _Message:
    payload, example = message["payload"], message["examples"][0]["payload"]
    if "properties" in payload:
        told = rows(payload["properties"][_CONTENT], shared)
        note = "" if told else "Its `data` is empty."
    else:
        told, note = rows(message["headers"], shared), "Its headers tell:"
    return _Message(
        name=message["name"],
        title=message["title"],
        summary=message["summary"],
        description=message.get("description", ""),
        note=note,
        rows=told,
        sample=json.dumps(example, indent=2, ensure_ascii=False)
        if isinstance(example, dict)
        else example,
    )


def _payloads(document: dict[str, Any]) -> list[dict[str, Any]]:
    messages = document["components"]["messages"].values()
    return [m["payload"] for m in messages if "properties" in m["payload"]]


def _envelope(document: dict[str, Any]) -> list[tuple[Row, str]]:
    """Return the rows of the envelope, which all messages share, each with where it must stand."""
    shared, payloads = document["components"]["schemas"], _payloads(document)
    found = []
    for row in rows({"properties": _without_constants(payloads)}, shared):
        needed = [row.depth == 0 and row.name in payload["required"] for payload in payloads]
        found.append((row, "always" if all(needed) else "ours" if any(needed) else ""))
    return found


def _without_constants(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the envelope's fields; what is another constant in each message is only a string."""
    every = [payload["properties"] for payload in payloads]
    fields = {name: field for properties in every for name, field in properties.items()}
    del fields[_CONTENT]
    for name, field in fields.items():
        if len({properties.get(name, {}).get("const") for properties in every}) > 1:
            fields[name] = {keyword: said for keyword, said in field.items() if keyword != "const"}
    return fields


def _prose(text: str) -> Markup:
    """Return ``text`` as paragraphs, with what stands in backticks as code."""
    paragraphs = [Markup("<p>{}</p>").format(_coded(each)) for each in text.split("\n\n") if each]
    return Markup("\n").join(paragraphs)


def _coded(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped here
