"""What is no scenario is said to be none: with the step and the key."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crps.scenario.reading import InvalidScenarioError, find_files, read_scenario
from crps.scenario.words import read_length

INVALID = {
    "steps:\n  - wait: {}\nfinaly: {}\n": "finaly: no such key",
    "steps:\n  - wait: {}\n  - relaese: {by: payer}\n": "step 2, relaese: no such key",
    "steps:\n  - release: {by: payer, amount: '1', to: payee}\n": "step 1, release.to: no such",
    "steps:\n  - wait: {}\n    buckets: {fre: '1'}\n": "step 1, buckets.fre: no such key",
    "steps:\n  - wait: {}\n    expect: aplied\n": "step 1, expect: expected is applied",
    "steps:\n  - wait: {}\n    state: OPEN\n": "step 1, state:",
    "steps:\n  - at: 5\n    wait: {}\n": "step 1, at: a time is written",
    "steps:\n  - at: -1h\n    wait: {}\n": "step 1, at: a time is written",
    "steps:\n  - release: {by: me, amount: '1'}\n": "step 1, release.by:",
    "steps:\n  - release: {by: payer}\n": "step 1, release: give exactly one of amount",
    "steps:\n  - release: {by: payer, amount: '1', all: true}\n": "step 1, release: give exactly",
    "steps:\n  - at: 1h\n": "step 1: give exactly one action; found none",
    "steps:\n  - wait: {}\n    pause: ledger\n": "step 1: give exactly one action; found pause",
    "steps:\n  - wait:\n": "step 1: an action without fields is written {}",
    "steps:\n  - pause: bank\n": "step 1, pause:",
    "steps:\n  - again: never\n": "step 1 names the step never",
    "steps:\n  - wait: {}\n    answers: {later: applied}\n": "step 1 names the step later",
    "steps:\n  - wait: {}\n    id: a\n  - wait: {}\n    id: a\n": "step 2 has the id",
    "steps:\n  - wait: {}\n    id: yes\n": "step 1, id:",
    "steps:\n  - wait: {}\n    deadline: '2026-01-05T04:00:00'\n": "step 1, deadline:",
    "steps:\n  - wait: {}\nfinally:\n  answers: {a: applied}\n": "finally names the step a",
    "steps:\n  - bank: {instruction: 1, report: arrived}\n": "step 1: bank reports need",
    "steps:\n  - at: 9999999999d\n    wait: {}\n": "step 1, at: no scenario is longer",
    "steps:\n  - at: 119h59m59.9999s\n    wait: {}\n": "step 1, at: the log's clock has whole",
    "steps:\n  - wait: {}\n    deadline: 2026-13-45T04:00:00Z\n": "month must be in 1..12",
    "steps: []\n": "steps:",
    "steps:\n  - wait: {}\n    state: CLOSED\n    state: CLOSED\n": "the key state stands twice",
    "steps: [\n": "expected the node content",
    "scenario: [x]\n": "scenario:",
}


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_file_is_named_with_step_and_key(
    text: str, written: Callable[[str], Path]
) -> None:
    with pytest.raises(InvalidScenarioError) as told:
        read_scenario(written(text))
    assert INVALID[text] in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("90m", 5_400_000), ("119h59m59.999s", 431_999_999), ("5d", 432_000_000), ("7ms", 7)],
)
def test_a_length_is_read_to_the_millisecond(text: str, milliseconds: int) -> None:
    assert read_length(text) == timedelta(milliseconds=milliseconds)


def test_a_folder_without_a_scenario_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidScenarioError, match="there is no scenario"):
        find_files([tmp_path])
