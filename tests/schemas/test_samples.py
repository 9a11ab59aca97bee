"""Golden samples: every released message has one, and it parses for ever."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.fields import Fact, Request
from schemas.registry import ADAPTERS, MODELS
from services.chassis.documents import read_document

SAMPLES = Path(__file__).parents[2] / "schemas" / "samples"
PLACES = sorted(ADAPTERS)
WIRE_TYPES = sorted({wire_type for _, wire_type in PLACES})


def sample(wire_type: str) -> bytes:
    return (SAMPLES / f"{wire_type}.json").read_bytes()


def test_the_set_is_complete_and_holds_nothing_else() -> None:
    assert sorted(file.stem for file in SAMPLES.glob("*.json")) == WIRE_TYPES
    assert all(file.suffix == ".json" for file in SAMPLES.iterdir())


@pytest.mark.parametrize(("topic", "wire_type"), PLACES)
def test_a_sample_parses_and_comes_out_as_the_same_data(topic: str, wire_type: str) -> None:
    adapter = ADAPTERS[topic, wire_type]
    message = adapter.validate_json(sample(wire_type))
    assert message.type == wire_type
    written = adapter.dump_json(message, exclude_none=True)
    assert adapter.validate_json(written) == message
    # Parties may write an instant shorter than we do.
    assert _same(json.loads(written)) == _same(json.loads(sample(wire_type)))


@pytest.mark.parametrize("wire_type", WIRE_TYPES)
def test_a_sample_is_read_the_same_by_every_reader(wire_type: str) -> None:
    assert read_document(sample(wire_type)).members == json.loads(sample(wire_type))
    assert sample(wire_type).isascii()
    assert sample(wire_type).endswith(b"}\n")


@pytest.mark.parametrize(("topic", "wire_type"), PLACES)
def test_events_ignore_an_unknown_field_and_commands_forbid_it(topic: str, wire_type: str) -> None:
    message = json.loads(sample(wire_type))
    message["data"]["novelty"] = 1
    model, adapter = MODELS[topic][wire_type], ADAPTERS[topic, wire_type]
    if issubclass(model, Request):
        with pytest.raises(ValueError, match="novelty"):
            adapter.validate_json(json.dumps(message))
    else:
        assert issubclass(model, Fact)
        assert adapter.validate_json(json.dumps(message)).type == wire_type


@pytest.mark.parametrize("wire_type", WIRE_TYPES)
def test_money_in_a_sample_is_a_string_of_digits(wire_type: str) -> None:
    for key, value in _leaves(json.loads(sample(wire_type))):
        assert not isinstance(value, float), key
        if key == "amount":
            assert value == "ALL" or str(value).isdigit(), value


def _same(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _same(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_same(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", value):
        return datetime.fromisoformat(value)
    return value


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value
