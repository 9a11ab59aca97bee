"""Every measured trap of ARCHITECTURE section 4 has a test where it can bite.

The table names, under each trap, the tests that would fail if we stepped into it; the tests below
check that they exist under these names.

- ACK_FIRST, the default, loses messages
    integration/chassis/test_bus.py
        test_a_batch_that_fails_ends_the_process_and_is_read_again
    architecture/test_bus.py
        test_nothing_is_acknowledged_but_by_hand
- ACK also commits on exceptions
    integration/chassis/test_bus.py
        test_a_batch_that_fails_ends_the_process_and_is_read_again
- NACK hot-loops
    integration/chassis/test_bus.py
        test_a_batch_that_fails_ends_the_process_and_is_read_again
- the default offset reset is latest
    integration/chassis/test_bus.py
        test_a_new_group_reads_what_was_written_before_it_came
    architecture/test_bus.py
        test_a_new_group_reads_from_the_beginning
- auto-created topics have 1 partition
    integration/chassis/test_bus.py
        test_a_topic_nobody_provisioned_is_not_created_by_the_way
    integration/chassis/test_bus.py
        test_every_topic_has_the_partitions_of_the_table
    architecture/test_bus.py
        test_topics_are_never_created_by_the_way
- a non-UTF-8 header is skipped in silence
    integration/chassis/test_bus.py
        test_headers_that_are_not_utf8_cost_no_record
    unit/chassis/test_intake.py
        test_a_header_of_ours_that_is_not_utf8
    journeys/test_bad_input.py
        test_every_bad_record_ends_with_its_code_and_its_neighbours_go_on
- broker ping is not readiness
    architecture/test_bus.py
        test_a_consumer_without_partitions_is_not_ready
- with Kafka away at start the HTTP side serves as a zombie
    integration/chassis/test_waiting.py
        test_without_kafka_it_is_not_ready_says_why_and_goes_when_told
    integration/chassis/test_waiting.py
        test_it_serves_once_kafka_came
- an idempotent producer is poisoned by one hard failure
    integration/chassis/test_relay.py
        test_a_failed_send_keeps_the_row_and_a_new_producer_delivers
- CommitFailedError is normal in rebalances and swallowed
    architecture/test_bus.py
        test_a_failed_commit_in_a_rebalance_is_no_failure
    integration/chassis/test_processor.py
        test_a_redelivered_batch_changes_nothing
- aiokafka has no cooperative rebalancing: static membership
    architecture/test_bus.py
        test_membership_is_static_and_an_instance_s_own
    integration/chassis/test_bus.py
        test_a_restarted_process_has_its_partitions_back
- one group_instance_id per consumer
    architecture/test_bus.py
        test_membership_is_static_and_an_instance_s_own
    architecture/test_bus.py
        test_one_consumer_reads_all_topics_in_batches
- TestKafkaBroker proves no delivery property
    architecture/test_traps.py
        test_nobody_proves_delivery_with_the_framework_s_fake_broker
- sum(bigint) arrives as Decimal
    architecture/test_sql.py
        test_a_sum_of_bigints_is_cast_back
- jsonb changes bytes
    architecture/test_sql.py
        test_no_jsonb
- the AsyncAPI page has a try-it-out that publishes
    architecture/test_traps.py
        test_no_service_has_a_page_that_publishes
- librdkafka's partitioner differs
    unit/chassis/test_partitioner.py
        test_golden_values
    unit/chassis/test_partitioner.py
        test_our_check_agrees_with_the_producer_s_default
    unit/chassis/test_intake.py
        test_the_wrong_partition_with_its_remedy
- a due message may be stamped too early
    integration/chassis/test_relay.py
        test_a_row_stamped_too_early_is_sent_again
- clock_timestamp() in a condition disables the index
    architecture/test_sql.py
        test_no_clock_in_a_condition
"""

import ast
import re

import pytest

from .sources import PRODUCT, ROOT, TESTS, name, text, tree, under


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """The table as (trap, [(file, test)])."""
    table: list[tuple[str, list[tuple[str, str]]]] = []
    file = ""
    for line in (__doc__ or "").splitlines():
        if line.startswith("- "):
            table.append((line.removeprefix("- "), []))
        elif line.startswith(" " * 8):
            table[-1][1].append((file, line.strip()))
        elif line.startswith(" " * 4):
            file = line.strip()
    return table


def defined(file: str) -> set[str]:
    """The names of a file's test functions, those in classes included."""
    return {
        node.name
        for node in ast.walk(tree(ROOT / "tests" / file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_the_table_is_whole() -> None:
    assert len(rows()) >= 16


@pytest.mark.parametrize(("trap", "tests"), rows(), ids=lambda value: str(value)[:40])
def test_a_trap_has_its_tests(trap: str, tests: list[tuple[str, str]]) -> None:
    assert tests, trap
    for file, test in tests:
        assert test.startswith("test_")
        assert test in defined(file), f"{file}::{test}"


def test_nobody_proves_delivery_with_the_framework_s_fake_broker() -> None:
    fake = "Test" + "KafkaBroker"
    others = [path for path in [*PRODUCT, *TESTS] if path.name != "test_traps.py"]
    assert [name(path) for path in others if fake in text(path)] == []


def test_no_service_has_a_page_that_publishes() -> None:
    pages = re.compile(r"asyncapi_path|make_asyncapi_asgi|AsgiFastStream|\.as_asgi\(")
    assert [name(path) for path in under("services") if pages.search(text(path))] == []
