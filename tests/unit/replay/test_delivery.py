"""The publisher's order after failures, and the question whether everything was processed."""

import asyncio
import random
from collections import Counter
from itertools import islice, pairwise
from types import SimpleNamespace
from uuid import UUID

import pytest
import typer
from aiokafka import TopicPartition
from aiokafka.errors import RequestTimedOutError

from crps.replay.commands import milliseconds
from crps.replay.kills import killing, victims
from crps.replay.messages import Outgoing
from crps.replay.publisher import Publisher
from crps.replay.stillness import Look, unread_records

ACKED = SimpleNamespace(timestamp=1_900_000_000_123)


def message(contract: int, number: int, topic: str = "t") -> Outgoing:
    return Outgoing(topic, UUID(int=contract), str(number), b"", ())


def test_what_follows_a_failure_of_its_contract_goes_again_with_it() -> None:
    acked: list[str] = []
    publisher = Publisher("unused:1", lambda sent, _: acked.append(sent.id))
    messages = [message(1, 1), message(2, 2), message(1, 3), message(2, 4), message(1, 5)]
    outcomes = [ACKED, RequestTimedOutError(), ACKED, ACKED, ACKED]
    assert [m.id for m in publisher._settle(messages, outcomes)] == ["2", "4"]
    assert acked == ["1", "3", "5"]


def test_the_broker_s_append_time_is_reported_to_the_millisecond() -> None:
    times = []
    publisher = Publisher("unused:1", lambda _, at: times.append(at))
    publisher._settle([message(1, 1)], [ACKED])
    assert times[0].timestamp() == pytest.approx(1_900_000_000.123, abs=1e-6)


def test_a_group_owes_every_record_of_the_topics_it_reads() -> None:
    first, second, other = (TopicPartition(*p) for p in (("a", 0), ("a", 1), ("b", 0)))
    ends = {first: 10, second: 4, other: 99}
    assert unread_records({"g": {first: 7}}, ends) == 3 + 4
    assert unread_records({"g": {first: 10, second: 4}}, ends) == 0
    assert unread_records({"g": {}}, ends) == 0
    assert unread_records({"g": {first: 10, second: 4}, "h": {other: 98}}, ends) == 1


def test_still_means_nothing_left_and_nothing_new_between_two_looks() -> None:
    place = TopicPartition("a", 0)
    still, later = Look(0, 0, {place: 5}), Look(0, 0, {place: 6})
    assert still.still_after(still)
    assert not still.still_after(None)
    assert not later.still_after(still)
    assert not Look(1, 0, {place: 5}).still_after(still)
    assert not still.still_after(Look(0, 1, {place: 5}))


@pytest.mark.parametrize(
    ("text", "expected"), [("100ms", 100), ("3s", 3000), ("1m", 60_000), ("2h", 7_200_000)]
)
def test_lengths_of_time_are_read_with_their_unit(text: str, expected: int) -> None:
    assert milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", "100", "ms", "1.5s", "-1s", "0ms", "3 weeks"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        milliseconds(text)


class Targets:
    """Counts who was killed and calls a halt after enough."""

    def __init__(self, wanted: int) -> None:
        self.names: list[str] = []
        self.enough = asyncio.Event()
        self._wanted = wanted

    def kill(self, name: str) -> int | None:
        self.names.append(name)
        if len(self.names) >= self._wanted:
            self.enough.set()
        return None if name == "dead" else 1


async def killed(seed: int) -> tuple[list[str], Counter[str]]:
    targets = Targets(20)
    async with killing(targets, ("a", "b", "dead"), every_s=0.0, seed=seed) as hits:
        await targets.enough.wait()
    return targets.names[:20], hits


def test_every_round_hits_every_service_once() -> None:
    drawn = list(islice(victims(("a", "b", "c"), random.Random(3)), 300))
    rounds = [drawn[start : start + 3] for start in range(0, 300, 3)]
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert all(one != other for one, other in pairwise(drawn))
    assert len({tuple(one) for one in rounds}) > 1


def test_a_single_service_is_hit_every_time() -> None:
    assert list(islice(victims(("a",), random.Random(0)), 3)) == ["a", "a", "a"]


async def test_the_same_seed_kills_the_same_services() -> None:
    names, hits = await killed(7)
    assert (await killed(7))[0] == names
    assert (await killed(8))[0] != names
    assert "dead" not in hits
    assert hits["a"] + hits["b"] > 0


async def test_without_an_interval_nobody_is_killed() -> None:
    targets = Targets(1)
    async with killing(targets, ("a",), every_s=None, seed=0) as hits:
        assert not hits
    assert targets.names == []
