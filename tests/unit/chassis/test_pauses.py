"""The partitions that wait for the clock: where they stand, and when they go on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import TopicPartition

from services.chassis.pauses import Pauses
from services.chassis.work import Ahead

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOPIC = "crps.contracts.commands.v1"
THREE, FOUR = TopicPartition(TOPIC, 3), TopicPartition(TOPIC, 4)
AHEAD = Ahead(17, NOW + timedelta(seconds=12), NOW)


class Consumer:
    """The part of aiokafka's consumer that a pause needs."""

    def __init__(self, *assigned: TopicPartition) -> None:
        self.assigned, self.held = set(assigned), set[TopicPartition]()
        self.positions: dict[TopicPartition, int] = {}

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    def paused(self) -> set[TopicPartition]:
        return self.held & self.assigned

    def seek(self, partition: TopicPartition, offset: int) -> None:
        assert partition in self.assigned
        self.positions[partition] = offset

    def pause(self, partition: TopicPartition) -> None:
        assert partition in self.assigned
        self.held.add(partition)

    def resume(self, partition: TopicPartition) -> None:
        assert partition in self.assigned
        self.held.remove(partition)


def paused() -> tuple[Pauses, Any]:
    pauses, consumer = Pauses(), Consumer(THREE, FOUR)
    stand_in: Any = consumer
    pauses.begin(stand_in, {(TOPIC, 3): AHEAD})
    return pauses, stand_in


def test_a_partition_stands_at_the_record_that_waits_and_says_so() -> None:
    pauses, consumer = paused()
    assert consumer.paused() == {THREE}
    assert consumer.positions == {THREE: 17}
    assert pauses.seconds == {THREE: 12.0}
    assert pauses.trouble == f"too far ahead of the database's clock: {TOPIC}/3 by 12.0 s"


def test_it_goes_on_once_the_clocks_agree_and_not_before() -> None:
    pauses, consumer = paused()
    pauses.look(consumer, NOW + timedelta(seconds=9))
    assert consumer.paused() == {THREE}
    assert pauses.seconds == {THREE: 3.0}
    pauses.look(consumer, NOW + timedelta(seconds=10))
    assert consumer.paused() == set()
    assert pauses.trouble is None


def test_a_partition_that_another_owner_has_is_left_to_it() -> None:
    pauses, consumer = Pauses(), Consumer(FOUR)
    stand_in: Any = consumer
    pauses.begin(stand_in, {(TOPIC, 3): AHEAD})
    assert consumer.positions == {}
    assert pauses.trouble is None


def test_a_rebalance_takes_the_pause_along_and_its_trouble() -> None:
    pauses, consumer = paused()
    consumer.held.clear()  # Given back and assigned anew: the client has forgotten the pause.
    pauses.look(consumer, NOW)
    assert pauses.trouble is None
    assert consumer.paused() == set()
