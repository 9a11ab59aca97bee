"""The AsyncAPI document names every topic and message, with its settings, headers and example."""

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft7Validator

from crps.language.asyncapi import EXAMPLE_KEY
from crps.language.places import readers
from crps.provision import PARTITIONS, configuration
from schemas.registry import ADAPTERS
from schemas.topics import SERVICES, TOPICS, Topic, dead_letters
from tests.dumps import asyncapi

SAMPLES = Path(__file__).parents[2] / "schemas" / "samples"
DOCUMENT = asyncapi()
MESSAGES = DOCUMENT["components"]["messages"]
DEAD_LETTERS = [dead_letters(service).name for service in SERVICES]

EVERY_MESSAGE = pytest.mark.parametrize("wire_type", sorted(MESSAGES))


def test_its_parts_have_the_shapes_of_asyncapi_3() -> None:
    # Of a server that model demands a path, which is optional, and Kafka has none.
    ApplicationSchema.model_validate({**DOCUMENT, "servers": None})
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["servers"]["development"]["protocol"] == "kafka"


def test_every_message_stands_on_its_topics_and_nowhere_else() -> None:
    placed = {(name, m) for name, c in DOCUMENT["channels"].items() for m in c["messages"]}
    quarantined = {(name, "crps.record.quarantined.v1") for name in DEAD_LETTERS}
    assert placed == set(ADAPTERS) | quarantined
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_channel_says_how_its_topic_is_kept_written_and_read(topic: Topic) -> None:
    channel = DOCUMENT["channels"][topic.name]
    binding = channel["bindings"]["kafka"]
    assert (channel["address"], binding["topic"]) == (topic.name, topic.name)
    assert binding["partitions"] == PARTITIONS
    settings = {name: str(value) for name, value in binding["topicConfiguration"].items()}
    assert settings == configuration(topic)
    assert settings["message.timestamp.type"] == "LogAppendTime"
    assert channel["x-owner"] == topic.owner
    assert channel["x-writers"] == list(topic.writers)
    assert channel["x-readers"] == readers(topic)
    assert channel["x-party-writable"] == topic.party_writable


def test_the_readers_are_those_that_subscribe() -> None:
    read = {name: channel["x-readers"] for name, channel in DOCUMENT["channels"].items()}
    assert read["crps.contracts.commands.v1"] == ["contracts"]
    assert read["crps.contracts.events.v1"] == ["disputes", "ledger", "scheduler", "upstream"]
    assert read["crps.bank.sandbox.events.v1"] == ["ledger"]
    assert read["crps.settlements.sandbox.events.v1"] == ["bank-sandbox"]


@EVERY_MESSAGE
def test_an_example_fits_the_payload_and_the_headers(wire_type: str) -> None:
    for example in MESSAGES[wire_type]["examples"]:
        for part in ("payload", "headers"):
            schema = {**DOCUMENT, "$ref": f"#/components/messages/{wire_type}/{part}"}
            assert [e.message for e in Draft7Validator(schema).iter_errors(example[part])] == []


@EVERY_MESSAGE
def test_its_schemas_are_valid_in_the_dialect_of_asyncapi(wire_type: str) -> None:
    Draft7Validator.check_schema(MESSAGES[wire_type]["payload"])
    Draft7Validator.check_schema(MESSAGES[wire_type]["headers"])


def test_what_parties_write_is_signed_over_the_bytes_of_the_sample() -> None:
    signed = {name for name, m in MESSAGES.items() if "crps-hmac" in m["headers"]["properties"]}
    writable = [topic.name for topic in TOPICS if topic.party_writable]
    assert signed == {m for t, m in ADAPTERS if t in writable} - {"crps.deadline.reached.v1"}
    for name in signed:
        assert set(MESSAGES[name]["headers"]["required"]) == {"crps-upstream", "crps-hmac"}
        (example,) = MESSAGES[name]["examples"]
        sample = (SAMPLES / f"{name}.json").read_bytes()
        assert example["headers"]["crps-hmac"] == hmac.digest(EXAMPLE_KEY, sample, "sha256").hex()


def test_the_key_is_the_contract_id_in_lower_case_and_murmur2_is_said() -> None:
    assert "murmur2" in DOCUMENT["info"]["description"]
    key = MESSAGES["crps.funds.release.v1"]["bindings"]["kafka"]["key"]
    assert Draft7Validator(key).is_valid("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
    assert not Draft7Validator(key).is_valid("6F9A1E9E-3C56-5A7E-9D0E-1F2A3B4C5D6E")


def test_operations_tell_what_comes_in_and_what_goes_out() -> None:
    told = {
        name: [m["$ref"].rpartition("/")[2] for m in operation["messages"]]
        for name, operation in DOCUMENT["operations"].items()
    }
    assert told["receive.crps.orders.events.v1"] == ["crps.order.placed.v1"]
    assert told["send.crps.contracts.commands.v1"] == ["crps.deadline.reached.v1"]
    assert "crps.deadline.reached.v1" not in told["receive.crps.contracts.commands.v1"]
    assert "crps.settlement.instructed.v1" in told["send.crps.settlements.sandbox.events.v1"]
    assert "crps.funds.received.v1" in told["receive.crps.bank.sandbox.events.v1"]
    told_on = {(name.partition(".")[2], each) for name, types in told.items() for each in types}
    assert told_on >= set(ADAPTERS)


def test_every_reference_leads_somewhere_and_stands_alone() -> None:
    found = list(_references(DOCUMENT))
    assert found
    for holder in found:
        target: Any = DOCUMENT
        assert len(holder) == 1, holder
        for step in holder["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        assert target


def _references(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
