"""The scenarios that the project keeps: each holds, and together they reach every refusal."""

from pathlib import Path

import pytest

from crps.scenario.commands import judge_file
from crps.scenario.reading import read_scenario
from schemas.refusals import Code

SAMPLES = sorted((Path(__file__).parents[3] / "samples/scenarios").glob("*.yaml"))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
async def test_a_sample_holds(file: Path) -> None:
    assert (await judge_file(file)).failure is None


def test_every_refusal_that_can_be_given_is_given_to_somebody() -> None:
    given = {
        came.code
        for file in SAMPLES
        for step in read_scenario(file).steps
        for came in (step.expect, *(step.answers or {}).values())
        if came is not None
    }
    assert {code.value for code in Code} - given == set()


def test_no_two_samples_have_one_title() -> None:
    titles = [read_scenario(file).scenario for file in SAMPLES]
    assert len(set(titles)) == len(titles)
