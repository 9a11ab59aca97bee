"""Who may set the clock: the operator of a sandbox, and nobody anywhere else."""

import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from crps.clock.log import MOVED, SET, control
from crps.replay.signing import plain_headers, signed_headers
from schemas import topics
from services.chassis.inbox import Control, Subscription, Unreadable
from services.chassis.intake import Intake, Read

from .wire import COMMANDS, KEY, RELEASE, UPSTREAM, body, encode, raw

CLOCK_KEY = "a key of the clock"
TO = datetime(2031, 1, 1, tzinfo=UTC)
NIL = b"00000000-0000-0000-0000-000000000000"
SUBSCRIPTIONS = [Subscription(t) for t in (
    topics.CONTRACTS_COMMANDS, topics.DISPUTES_COMMANDS, topics.SANDBOX_CLOCK,
    topics.CONTRACTS_EVENTS)]  # fmt: skip
ASKED, TOLD = control(SET, TO), control(MOVED, TO)


def read(topic: str, value: bytes, headers: Any, *, environment: str = "sandbox") -> Read:
    keys = {UPSTREAM: KEY, topics.CLOCK: CLOCK_KEY.encode()}
    intake = Intake(SUBSCRIPTIONS, keys, lambda _: 12, environment)
    return intake.read(raw(topic, value, headers, key=NIL, partition=5))


def by_the_operator(value: bytes = ASKED, wire_type: str = SET) -> Any:
    return signed_headers(wire_type, value, topics.CLOCK, CLOCK_KEY)


def code_of(found: Read) -> str:
    assert isinstance(found, Unreadable), found
    return found.code


@pytest.mark.parametrize("topic", [topics.CONTRACTS_COMMANDS, topics.DISPUTES_COMMANDS])
@pytest.mark.parametrize("environment", ["sandbox", "sandbox-7"])
def test_the_operator_sets_the_clock_of_any_partition(
    topic: topics.Topic, environment: str
) -> None:
    found = read(topic.name, ASKED, by_the_operator(), environment=environment)
    assert isinstance(found, Control)
    assert (found.to, found.partition) == (TO, 5)


def test_its_own_topic_needs_no_signature_since_nobody_else_may_write_it() -> None:
    found = read(topics.SANDBOX_CLOCK.name, TOLD, plain_headers(MOVED))
    assert isinstance(found, Control)
    assert found.to == TO


@pytest.mark.parametrize("environment", ["production", "production-2", "sandboxed", "live"])
def test_where_no_sandbox_is_a_control_is_a_dead_letter(environment: str) -> None:
    for topic, value, headers in (
        (COMMANDS, ASKED, by_the_operator()),
        (topics.DISPUTES_COMMANDS.name, ASKED, by_the_operator()),
        (topics.SANDBOX_CLOCK.name, TOLD, plain_headers(MOVED)),
    ):
        assert code_of(read(topic, value, headers, environment=environment)) == "CLOCK_REFUSED"


def test_an_upstream_sets_no_clock() -> None:
    headers = signed_headers(SET, ASKED, UPSTREAM, KEY.decode())
    assert code_of(read(COMMANDS, ASKED, headers)) == "CLOCK_REFUSED"


def test_neither_does_whoever_cannot_sign() -> None:
    assert code_of(read(COMMANDS, ASKED, plain_headers(SET))) == "UPSTREAM_MISSING"
    forged = signed_headers(SET, ASKED, topics.CLOCK, "guessed")
    assert code_of(read(COMMANDS, ASKED, forged)) == "HMAC_INVALID"


def test_the_clock_s_key_signs_no_command() -> None:
    value = encode(body())
    digest = hmac.digest(CLOCK_KEY.encode(), value, "sha256").hex()
    headers = by_the_operator(value, RELEASE)
    assert digest.encode() in dict(headers).values()
    assert code_of(read(COMMANDS, value, headers)) == "UPSTREAM_UNKNOWN"


@pytest.mark.parametrize(
    "to", ["2031-01-01", "2031-01-01T00:00:00", "9000-01-01T00:00:00Z", "", "soon"]
)
def test_a_control_that_names_no_instant_is_a_dead_letter(to: str) -> None:
    value = ASKED.replace(b'"data": {"to": "2031-01-01T00:00:00.000000Z"}',
                          b'"data": {"to": "%s"}' % to.encode())  # fmt: skip
    assert value != ASKED
    assert code_of(read(COMMANDS, value, by_the_operator(value))) == "SCHEMA_INVALID"


def test_on_other_topics_the_type_means_nothing() -> None:
    found = read(topics.CONTRACTS_EVENTS.name, ASKED, plain_headers(SET))
    assert code_of(found) == "TYPE_UNKNOWN"
