"""The table of topics: names, owners, writers; everything of the registry stands on one of them."""

import re

import pytest

from schemas import topics
from schemas.registry import ADAPTERS, MODELS
from schemas.topics import RAILS, SERVICES, TOPICS, Topic

NAME = re.compile(
    r"crps\.(?P<area>[a-z]+)(\.(?P<rail>[a-z-]+))?"
    r"\.(?P<kind>events|commands|answers|dead-letters|clock)\.v1"
)


def area_of(topic: Topic) -> str:
    match = NAME.fullmatch(topic.name)
    assert match, topic.name
    return match["area"]


def kind_of(topic: Topic) -> str:
    match = NAME.fullmatch(topic.name)
    assert match
    return match["kind"]


def test_names_are_well_formed_and_stand_once() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    for topic in TOPICS:
        match = NAME.fullmatch(topic.name)
        assert match, topic.name
        assert (match["rail"] is not None) == (match["area"] in ("settlements", "bank"))
        assert match["rail"] in (None, *RAILS)


def test_an_area_has_one_owner() -> None:
    owners: dict[str, set[str]] = {}
    for topic in TOPICS:
        # An area of a rail is owned rail by rail.
        area = topic.name.split(".v1")[0].rsplit(".", 1)[0]
        owners.setdefault(area, set()).add(topic.owner)
    assert all(len(found) == 1 for found in owners.values()), owners


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_its_dead_letters(service: str) -> None:
    topic = topics.dead_letters(service)
    assert topic in TOPICS
    assert topic.writers == (service,)
    assert topic.retention_ms > topics.CONTRACTS_EVENTS.retention_ms


def test_parties_write_orders_and_commands_only() -> None:
    writable = {topic.name for topic in TOPICS if topic.party_writable}
    assert writable == {
        "crps.orders.events.v1",
        "crps.contracts.commands.v1",
        "crps.disputes.commands.v1",
    }
    for topic in TOPICS:
        assert topic.writers, topic.name
        assert ("upstream" in topic.writers) == topic.party_writable


def test_what_a_service_says_only_it_may_write() -> None:
    for topic in TOPICS:
        if not topic.party_writable and topic.owner in SERVICES:
            assert topic.writers == (topic.owner,), topic.name


def test_a_rail_is_written_by_its_own_connector() -> None:
    for rail in RAILS:
        assert topics.bank_events(rail).writers == (f"bank-{rail}",)
        assert topics.settlements_events(rail).writers == ("ledger",)


def test_outside_a_sandbox_nobody_may_set_the_clock() -> None:
    for environment in ("production", "production-2", "live", "sandboxed"):
        there = topics.topics_in(environment)
        assert topics.SANDBOX_CLOCK not in there
        assert topics.SANDBOX_COMMANDS not in there
        for topic in there:
            assert topics.CLOCK not in topic.writers_in(environment), topic.name
            assert topic.writers_in(environment), topic.name
        assert topics.SANDBOX_CLOCK.writers_in(environment) == ()


def test_in_a_sandbox_the_clock_is_a_principal_of_its_own() -> None:
    for environment in ("sandbox", "sandbox-7"):
        assert topics.topics_in(environment) == TOPICS
        told = {t.name for t in TOPICS if topics.CLOCK in t.writers_in(environment)}
        assert told == {
            "crps.contracts.commands.v1",
            "crps.disputes.commands.v1",
            "crps.sandbox.clock.v1",
        }


def test_the_registry_names_topics_of_the_table_with_types_of_one_form() -> None:
    known = {topic.name: topic for topic in TOPICS}
    assert set(MODELS) <= set(known)
    assert {kind_of(known[name]) for name in MODELS} == {"events", "commands", "answers", "clock"}
    for name, wire_type in ADAPTERS:
        assert re.fullmatch(r"crps\.[a-z]+\.[a-z]+\.v1", wire_type), wire_type
        imperative = {"offer", "accept", "decline", "release", "return"}
        if kind_of(known[name]) == "events" and area_of(known[name]) != "instruction":
            assert wire_type.split(".")[2] not in imperative
