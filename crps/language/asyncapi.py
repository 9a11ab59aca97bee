"""The AsyncAPI 3.0 document: every topic and message, composed from ``schemas`` and the table.

Payloads are the published JSON Schemas. AsyncAPI's own dialect is the older draft 07, in which
nothing may stand beside a reference, and all definitions share one place.
"""

import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from joserfc.jwk import OKPKey

from crps.language.json_schemas import UUID_SCHEMA, Schema, message_schema
from crps.language.places import UNSIGNED, is_ours, meaning, readers, topics_of
from crps.proofs import ENVIRONMENT, sign
from crps.provision import PARTITIONS, configuration
from schemas.envelope import (
    HMAC_HEADER,
    MAX_RECORD_BYTES,
    PROOF_ALGORITHM,
    PROOF_HEADER,
    PROOF_TYPE,
    TYPE_HEADER,
    UPSTREAM_HEADER,
)
from schemas.registry import MODELS
from schemas.topics import SERVICES, TOPICS, Topic, dead_letters

EXAMPLE_KEY: Final = b"example-key"
"""The key under which the examples' HMACs are computed, over the bytes of the golden samples."""
_EXAMPLE_PARTY: Final = OKPKey.derive_key(EXAMPLE_KEY)

QUARANTINED: Final = "crps.record.quarantined.v1"
_CONTENT_TYPE: Final = "application/cloudevents+json"
_BINDING: Final = "0.5.0"
_DEAD_LETTERS: Final = {dead_letters(service).name for service in SERVICES}
_NUMERIC: Final = {"retention.ms", "max.message.bytes"}

_ABOUT: Final = f"""\
What CRP-S (chain receipt and payment) reads and writes on Kafka. Every value, but a dead \
letter's, is one CloudEvent in JSON of at most {MAX_RECORD_BYTES} bytes.

Its key is the contract id, a UUID in lower case, and every topic has the same number of \
partitions. The partitioner is murmur2 of the key, as in Kafka's Java client; with librdkafka \
set `partitioner=murmur2_random`. A command in another partition is refused as `WRONG_PARTITION`.

The broker stamps every record with its append time, and commands are judged by nothing else.

Readers of events ignore fields and types that they do not know. The data of a command may hold \
no unknown field. An optional field is left out, never null; only in the signed terms null may \
stand. Within a major version nothing is removed, renamed or given another meaning.

On topics that parties may write, the header `{UPSTREAM_HEADER}` names the upstream system, and \
`{HMAC_HEADER}` is the HMAC-SHA256 of the record's value, byte by byte as it is sent, under that \
upstream's key. In the examples the key is `{EXAMPLE_KEY.decode()}` and the value is the file \
`schemas/samples/<type>.json`, its last newline included.

Where the terms demand it, and wherever else a party likes, its command bears `{PROOF_HEADER}`, \
the party's own signature over the same bytes, under the key in the terms: a detached JWS (RFC \
7515, appendix F) with `{PROOF_ALGORITHM}` of RFC 9864 only. Its protected header is `alg`, `typ` \
`{PROOF_TYPE}` and `env`, the name of the system that it is meant for."""


def document(samples: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the whole document; ``samples``: wire type -> the exact bytes of its golden sample.

    KeyError when a type has no sample; ValueError when one is not JSON.
    """
    wire_types = list(dict.fromkeys(name for models in MODELS.values() for name in models))
    messages = {name: _message(name, samples[name]) for name in wire_types}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:crps",
        "info": {
            "title": "CRP-S: the published language",
            "version": "1.0.0",
            "description": _ABOUT,
        },
        "defaultContentType": _CONTENT_TYPE,
        "servers": {
            "development": {
                "host": "localhost:9092",
                "protocol": "kafka",
                "description": "The broker of a system that runs on this machine.",
            }
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"{operation['action']}.{topic.name}": operation
            for topic in TOPICS
            for operation in _operations(topic)
        },
        "components": {
            "messages": {**messages, QUARANTINED: _quarantined()},
            "schemas": _shared_schemas(wire_types),
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": meaning(topic),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _types_on(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    name: int(value) if name in _NUMERIC else value
                    for name, value in configuration(topic).items()
                },
                "bindingVersion": _BINDING,
            }
        },
        "x-owner": topic.owner,
        "x-writers": list(topic.writers),
        "x-readers": readers(topic),
        "x-party-writable": topic.party_writable,
    }


def _types_on(topic: Topic) -> list[str]:
    return [QUARANTINED] if topic.name in _DEAD_LETTERS else list(MODELS.get(topic.name, {}))


def _operations(topic: Topic) -> list[dict[str, Any]]:
    """Return what CRP-S receives and sends on ``topic``; a topic may have both, or nothing yet."""
    types = _types_on(topic)
    sent = [name for name in types if is_ours(topic) or name in UNSIGNED]
    received = [name for name in types if name not in sent]
    ours = [writer for writer in topic.writers if writer in SERVICES]
    others = [writer for writer in topic.writers if writer not in SERVICES]
    return [
        {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "summary": summary,
            "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in names],
        }
        for action, names, summary in (
            ("receive", received, f"Written by: {', '.join(others)}."),
            ("send", sent, f"Written by: {', '.join(ours)}."),
        )
        if names
    ]


def _message(wire_type: str, sample: bytes) -> dict[str, Any]:
    topic = topics_of(wire_type)[0]
    schema = _draft_07(message_schema(wire_type))
    summary, _, more = schema["description"].partition("\n\n")
    headers = _headers(topic, wire_type)
    payload = json.loads(sample)
    payload_schema = {
        name: schema[name] for name in ("title", "description", "type", "properties", "required")
    }
    return {
        "name": wire_type,
        "title": " ".join(wire_type.split(".")[1:-1]).capitalize(),
        "summary": summary,
        **({"description": more} if more else {}),
        "contentType": _CONTENT_TYPE,
        "headers": headers,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": payload_schema,
        "bindings": _KEYED,
        "examples": [
            {
                "name": wire_type,
                "summary": "The golden sample.",
                "headers": _example_headers(headers, payload, sample),
                "payload": payload,
            }
        ],
    }


_KEYED: Final = {
    "kafka": {
        "key": {
            **UUID_SCHEMA,
            "description": "The contract id, in lower case; the `subject` repeats it.",
        },
        "bindingVersion": _BINDING,
    }
}


def _headers(topic: Topic, wire_type: str) -> Schema:
    properties: Schema = {
        TYPE_HEADER: {
            "description": "The message's type once more, to skip by before parsing.",
            "type": "string",
            "const": wire_type,
        },
        "content-type": {"type": "string", "const": _CONTENT_TYPE},
    }
    required = [TYPE_HEADER, "content-type"] if is_ours(topic) else []
    if topic.party_writable and wire_type not in UNSIGNED:
        properties[UPSTREAM_HEADER] = {
            "description": "The id of the upstream system that writes the record.",
            "type": "string",
        }
        properties[HMAC_HEADER] = {
            "description": "HMAC-SHA256 of the record's value under that upstream's key, in"
            " hexadecimal.",
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
        }
        required = [UPSTREAM_HEADER, HMAC_HEADER]
        if "party" in MODELS[topic.name][wire_type].model_fields:
            properties[PROOF_HEADER] = {
                "description": "The party's own signature over the record's value, a detached JWS;"
                " needed where the terms say `proof: signature`.",
                "type": "string",
                "pattern": r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]{86}$",
            }
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
    }


def _example_headers(headers: Schema, payload: Any, sample: bytes) -> dict[str, str]:
    values = {
        TYPE_HEADER: payload["type"],
        "content-type": _CONTENT_TYPE,
        UPSTREAM_HEADER: payload["source"],
        HMAC_HEADER: hmac.digest(EXAMPLE_KEY, sample, "sha256").hex(),
        PROOF_HEADER: sign(sample, _EXAMPLE_PARTY, ENVIRONMENT),
    }
    return {name: values[name] for name in headers["properties"]}


def _quarantined() -> dict[str, Any]:
    told = {
        "crps-reason": "The code, such as `HMAC_INVALID`.",
        "crps-detail": "The reason in words.",
        "crps-origin-topic": "Where the record stood.",
        "crps-origin-partition": "Its partition there, as digits.",
        "crps-origin-offset": "Its offset there, as digits.",
        "crps-origin-bytes": "How long its value was: here it may be cut.",
    }
    example = {
        "crps-reason": "UPSTREAM_MISSING",
        "crps-detail": f"header {UPSTREAM_HEADER} is missing",
        "crps-origin-topic": "crps.contracts.commands.v1",
        "crps-origin-partition": "7",
        "crps-origin-offset": "1201",
        "crps-origin-bytes": "9",
    }
    return {
        "name": QUARANTINED,
        "title": "Record quarantined",
        "summary": "A record that could not be read or applied: its own key and value, unchanged.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": {
                TYPE_HEADER: {"type": "string", "const": QUARANTINED},
                "content-type": {
                    "description": "As of every record of ours; it says nothing of these bytes.",
                    "type": "string",
                    "const": _CONTENT_TYPE,
                },
                **{name: {"description": text, "type": "string"} for name, text in told.items()},
            },
            "required": [TYPE_HEADER, "content-type", *told],
        },
        "payload": {
            "description": "The record's bytes; up to the first 256 KiB of them.",
            "type": "string",
            "format": "binary",
        },
        "examples": [
            {
                "name": "unsigned",
                "summary": "Somebody's bytes, without an upstream.",
                "headers": {TYPE_HEADER: QUARANTINED, "content-type": _CONTENT_TYPE, **example},
                "payload": "not json\n",
            }
        ],
    }


def _shared_schemas(wire_types: list[str]) -> dict[str, Schema]:
    """Return the definitions of all messages, each once; AssertionError when two share a name."""
    shared: dict[str, Schema] = {}
    for wire_type in wire_types:
        for name, schema in _draft_07(message_schema(wire_type))["$defs"].items():
            assert shared.setdefault(name, schema) == schema, f"{name} has two meanings"
    return dict(sorted(shared.items()))


def _draft_07(schema: Any) -> Any:
    """Return ``schema`` with its references to the one place, and nothing beside a reference."""
    if isinstance(schema, list):
        return [_draft_07(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    written = {name: _draft_07(inner) for name, inner in schema.items()}
    target = written.pop("$ref", None)
    if not isinstance(target, str):
        return written
    reference = {"$ref": target.replace("#/$defs/", "#/components/schemas/")}
    return {**written, "allOf": [reference]} if written else reference
