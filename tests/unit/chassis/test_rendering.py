"""What is written by hand is what the envelope's model would write, byte for byte."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas import contracts_v1, topics
from schemas.envelope import MAX_RECORD_BYTES, Attributes, RestsOn
from schemas.registry import ADAPTERS
from services.chassis.errors import InvariantBroken
from services.chassis.rendering import render

SAMPLES = Path(__file__).parents[3] / "schemas" / "samples"
CLOSED = topics.CONTRACTS_EVENTS.name, "crps.contract.closed.v1"


def sample(place: tuple[str, str]) -> Any:
    return ADAPTERS[place].validate_json((SAMPLES / f"{place[1]}.json").read_bytes())


def rendered(place: tuple[str, str], **changes: Any) -> bytes:
    """The sample of ``place`` written anew."""
    message = sample(place)
    trigger = Attributes(
        specversion="1.0",
        id=message.causationid or message.id,
        source="somebody",
        type="crps.some.thing.v1",
        subject=message.subject,
        time=message.time,
        correlationid=message.correlationid,
    )
    told: dict[str, Any] = {
        "message_id": message.id,
        "source": message.source,
        "subject": message.subject,
        "time": message.time,
        "trigger": trigger,
        "sequence": message.sequence,
        "rests_on": message.restson,
        "data": message.data,
    } | changes
    return render(*place, told.pop("data"), **told)


@pytest.mark.parametrize("place", sorted(ADAPTERS))
@pytest.mark.parametrize("rests_on", [None, RestsOn(topic="crps.ledger.events.v1", sequence=7)])
@pytest.mark.parametrize("sequence", [None, 1, 2**31])
def test_the_bytes_are_those_of_the_whole_model(
    place: tuple[str, str], rests_on: RestsOn | None, sequence: int | None
) -> None:
    written = rendered(place, rests_on=rests_on, sequence=sequence)
    adapter, message = ADAPTERS[place], sample(place)
    caused = message.causationid or message.id
    whole = message.model_copy(
        update={
            "dataschema": f"urn:{place[1].replace('.', ':')}",
            "causationid": caused,
            "correlationid": message.correlationid or caused,
            "sequence": sequence,
            "restson": rests_on,
        }
    )
    assert written == adapter.dump_json(whole, exclude_none=True)
    assert adapter.validate_json(written) == whole


@pytest.mark.parametrize("microsecond", [0, 1, 120_000, 999_999])
def test_an_instant_is_written_to_the_microsecond(microsecond: int) -> None:
    time = datetime(2026, 1, 1, microsecond=microsecond, tzinfo=UTC)
    assert b'"time":"2026-01-01T00:00:00.%06dZ"' % microsecond in rendered(CLOSED, time=time)


def test_data_of_another_type_is_an_error_of_ours() -> None:
    with pytest.raises(AssertionError, match="is not told by"):
        rendered(CLOSED, data=contracts_v1.ContractReopened())


@pytest.mark.parametrize("message_id", ["", 'a"b', "a b", "a" * 129, "\u00e9"])
def test_an_id_that_is_no_token_is_never_written(message_id: str) -> None:
    with pytest.raises(ValidationError):
        rendered(CLOSED, message_id=message_id)


def test_what_no_record_can_hold_is_never_written() -> None:
    refused = topics.CONTRACTS_ANSWERS.name, "crps.command.refused.v1"
    data = sample(refused).data.model_copy(update={"detail": "x" * MAX_RECORD_BYTES})
    with pytest.raises(InvariantBroken):
        rendered(refused, data=data)
