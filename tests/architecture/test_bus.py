"""How the log is read: the settings that keep messages, asserted on the broker as it is built."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError
from faststream import AckPolicy

from schemas import topics
from services.chassis.bus import Bus
from services.chassis.config import ServiceSettings
from services.chassis.inbox import Subscription
from services.chassis.work import Ahead

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def built(**settings: Any) -> Bus:
    return Bus(
        "toy",
        ServiceSettings(kafka="127.0.0.1:1", postgres="postgresql://nowhere", **settings),
        [Subscription(topics.LEDGER_EVENTS), Subscription(topics.CONTRACTS_COMMANDS)],
        lambda error: None,
    )


def test_nothing_is_acknowledged_but_by_hand() -> None:
    subscriber = built()._subscriber
    assert subscriber.ack_policy is AckPolicy.MANUAL
    assert subscriber._connection_args["enable_auto_commit"] is False


def test_a_new_group_reads_from_the_beginning() -> None:
    assert built()._subscriber._connection_args["auto_offset_reset"] == "earliest"


def test_one_consumer_reads_all_topics_in_batches() -> None:
    bus = built(batch_records=7)
    assert len(bus._broker.subscribers) == 1
    assert bus._subscriber.topic_names == [
        "crps.ledger.events.v1",
        "crps.contracts.commands.v1",
    ]
    assert bus._subscriber.max_records == 7


def test_membership_is_static_and_an_instance_s_own() -> None:
    members = [built(instance=i)._subscriber for i in ("0", "1")]
    assert {m.group_id for m in members} == {"crps.toy"}
    ids = [m._connection_args["group_instance_id"] for m in members]
    assert ids == ["crps.toy.0", "crps.toy.1"]


def test_one_process_owns_the_same_partitions_of_every_topic() -> None:
    strategy = built()._subscriber._connection_args["partition_assignment_strategy"]
    assert strategy == (RangePartitionAssignor,)


def test_topics_are_never_created_by_the_way() -> None:
    assert built()._broker.config.broker_config.allow_auto_create_topics is False


async def test_a_failed_commit_in_a_rebalance_is_no_failure() -> None:
    asked: list[Any] = []

    class Consumer:
        async def commit(self, offsets: Any) -> None:
            asked.append(offsets)
            raise CommitFailedError

    record = SimpleNamespace(topic="crps.ledger.events.v1", partition=3, offset=41)
    await built()._commit(Consumer(), [record], {})
    assert asked == [{TopicPartition("crps.ledger.events.v1", 3): 42}]
    await built()._commit(Consumer(), [record], {("crps.ledger.events.v1", 3): Ahead(40, NOW, NOW)})
    assert asked[1:] == [{TopicPartition("crps.ledger.events.v1", 3): 40}]


@pytest.mark.parametrize(
    ("assignment", "said"), [(None, "not joined"), ([], "no partition assigned")]
)
def test_a_consumer_without_partitions_is_not_ready(assignment: Any, said: str) -> None:
    bus = built()
    if assignment is not None:
        bus._subscriber.consumer = SimpleNamespace(assignment=lambda: assignment, paused=set)
    assert bus.readiness() == said
