"""A wrong expectation fails: with its step, what was expected, and what was found."""

import pytest

from .conftest import Played

WRONG = {
    "an answer": (
        """
steps:
  - wait: {}
  - release: {by: payee, amount: "1"}
    expect: applied
""",
        (2, "applied", "refused WRONG_ROLE"),
    ),
    "another code": (
        """
steps:
  - release: {by: payee, amount: "1"}
    expect: refused NOT_A_PARTY
""",
        (1, "refused NOT_A_PARTY", "refused WRONG_ROLE"),
    ),
    "a fact of the answer": (
        """
steps:
  - release: {by: payer, amount: "10001"}
    expect: {refused: INSUFFICIENT_REMAINDER, remaining: "9999"}
""",
        (1, "(remaining: 9999)", "remaining: 10000"),
    ),
    "an applied act that should be refused": (
        """
steps:
  - release: {by: payer, amount: "1"}
    expect: refused NO_CHANGE
""",
        (1, "refused NO_CHANGE", "applied"),
    ),
    "a duplicate that is the first": (
        """
steps:
  - release: {by: payer, amount: "1"}
    expect: duplicate
""",
        (1, "duplicate", "applied"),
    ),
    "garbage that was read": (
        """
steps:
  - raw: {topic: crps.contracts.commands.v1, body: "{"}
    expect: refused MALFORMED
""",
        (1, "refused MALFORMED", "quarantined ENVELOPE_INVALID"),
    ),
    "an answer that has not come": (
        """
steps:
  - pause: contracts
  - release: {by: payer, amount: "1"}
    id: asked
  - wait: {}
    answers: {asked: applied}
""",
        (3, "asked: applied", "unanswered"),
    ),
    "buckets": (
        """
steps:
  - release: {by: payer, amount: "1"}
    buckets: {free: "9998", payee: "1"}
""",
        (1, "'free': '9998'", "'free': '9999'"),
    ),
    "buckets of a tranche": (
        """
steps:
  - release: {by: payer, amount: "1"}
    buckets: [{payee: "0"}]
""",
        (1, "'payee': '0'", "'payee': '1'"),
    ),
    "more tranches than there are": (
        """
steps:
  - wait: {}
    buckets: [{payee: "0"}, {payee: "0"}]
""",
        (1, "2 tranches", "1"),
    ),
    "the state": (
        """
steps:
  - wait: {}
finally:
  state: CLOSED
""",
        ("finally", "CLOSED", "EFFECTIVE"),
    ),
    "the deadline": (
        """
steps:
  - wait: {}
    deadline: "2026-01-10T04:00:00.001Z"
""",
        (1, "04:00:00.001", "2026-01-10T04:00:00+00:00"),
    ),
    "an instruction's cause": (
        """
steps:
  - release: {by: payer, amount: "1"}
    instructions: [{settle: "1", cause: arrival}]
""",
        (1, "settle 1 cause arrival", "settle 1 kind subjective cause release status arrived"),
    ),
    "an instruction too many": (
        """
steps:
  - release: {by: payer, amount: "1"}
    instructions: []
""",
        (1, "none", "settle 1"),
    ),
    "an instruction too few": (
        """
steps:
  - wait: {}
    instructions: [{return: "1"}]
""",
        (1, "return 1", "none"),
    ),
    "one millisecond": (
        """
steps:
  - at: 119h59m59.999s
    wait: {}
    state: CLOSED
""",
        (1, "CLOSED", "EFFECTIVE"),
    ),
    "time that falls": (
        """
steps:
  - at: 2h
    wait: {}
  - at: 1h
    wait: {}
""",
        (2, "time that does not fall", "1:00:00"),
    ),
    "a message that was never sent": (
        """
steps:
  - wait: {}
    id: nothing
  - again: nothing
""",
        (2, "a message of the step nothing", "it sent none"),
    ),
    "an answer to what has none": (
        """
steps:
  - wait: {}
    expect: applied
""",
        (1, "applied", "wait has no answer"),
    ),
    "a topic that there is not": (
        """
steps:
  - raw: {topic: crps.unheard.of.v1, body: ""}
""",
        (1, "that it can be played", "no topic crps.unheard.of.v1"),
    ),
    "a partition that there is not": (
        """
steps:
  - raw: {topic: crps.contracts.commands.v1, partition: 12, body: ""}
""",
        (1, "that it can be played", "12 partitions"),
    ),
    "a report on an instruction that there is not": (
        """
bank: manual
steps:
  - bank: {instruction: 1, report: arrived}
""",
        (1, "that it can be played", "instruction 1, yet 0 are issued"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_expectation_of(
    wrong: tuple[str, tuple[int | str, str, str]], played: Played
) -> None:
    text, (step, expected, found) = wrong
    failure = (await played(text)).failure
    assert failure is not None
    assert failure.step == step
    assert expected in failure.expected
    assert found in failure.found
    assert not failure.is_unknown_yet


async def test_terms_that_take_no_effect_fail_unless_the_steps_offer_them(played: Played) -> None:
    failure = (
        await played("""\
scenario: Nobody's money
terms:
  asset: XQZ/2
  tranches:
    - {amount: "10000", period: {hours: 120}}
steps:
  - wait: {}
""")
    ).failure
    assert failure is not None
    assert (failure.step, failure.found.split(" (")[0]) == ("start", "refused CURRENCY_UNKNOWN")


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("freeze: {all: true, reference: order}", "freeze"),
        ("replace_account: {by: payee, account: new}", "replace_account"),
    ],
)
async def test_what_the_services_lack_fails_loudly(step: str, what: str, played: Played) -> None:
    failure = (await played(f"steps:\n  - wait: {{}}\n  - {step}\n")).failure
    assert failure is not None
    assert failure.is_unknown_yet
    assert what in failure.found
