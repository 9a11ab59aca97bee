"""Topics are made once the broker has finished starting, and not before."""

import pytest
from aiokafka.errors import KafkaConnectionError
from tenacity import stop_after_attempt

from crps import provision
from crps.stack.addresses import Addresses
from schemas.topics import TOPICS

pytestmark = pytest.mark.connected

STARTING = "GroupCoordinatorNotAvailableError"


async def test_a_broker_that_is_still_starting_is_waited_for(
    stack: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [STARTING, STARTING, None]

    async def probe(_: str) -> str | None:
        return answers.pop(0)

    monkeypatch.setattr(provision, "probe", probe)
    states = await provision.apply_topics(stack.kafka)
    assert answers == []
    assert {state.topic for state in states} == {topic.name for topic in TOPICS}


async def test_one_that_never_finishes_is_given_up_with_what_it_said(
    stack: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def probe(_: str) -> str | None:
        return STARTING

    monkeypatch.setattr(provision, "probe", probe)
    monkeypatch.setattr(provision._complaint.retry, "stop", stop_after_attempt(2))
    with pytest.raises(KafkaConnectionError, match=f"does not finish starting: {STARTING}"):
        await provision.apply_topics(stack.kafka)
