"""No outage between any two steps changes an ending: races and disputes while services come and go.

Each file expects what it expects without outages. What it says of an instant is so to the
millisecond, so that a period that had waited for a service would show.
"""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from crps.scenario.commands import judge_on_stack
from crps.scenario.outages import Outages
from schemas.topics import SERVICES

pytestmark = [pytest.mark.connected, pytest.mark.timeout(3600)]

SAMPLES = Path("samples/scenarios")
RACES = (
    "race-acceptance-a-tick-before-the-dispute-deadline",
    "race-acceptance-at-the-dispute-deadline-read-late",
    "race-acceptance-at-the-expiry-read-late",
    "race-acceptances-read-after-the-dispute-deadline",
    "race-opening-a-tick-before-the-deadline",
)
"""Of R05, R08, R09 and R10; what pauses the same plays together."""
DISPUTED = (
    "boundary-",
    "dispute-",
    "forged-due-of-a-dispute",
    "lag-",
    "proposal-",
    "race-",
    "ruling-",
    "tranches-",
)
EVERY = sorted(file for file in SAMPLES.glob("*.yaml") if file.name.startswith(DISPUTED))


async def assert_ending_unchanged(files: list[Path], seed: int) -> None:
    outages = Outages(seed)
    told = Console(file=StringIO(), soft_wrap=True)
    verdicts = await judge_on_stack(files, told, outages)
    failed = [verdict.told() for verdict in verdicts if verdict.failure]
    assert not failed, json.dumps(failed, indent=2)
    for service, kinds in outages.told().items():
        assert sum(kinds.values()) >= 2, (service, kinds)
    assert set(outages.told()) == set(SERVICES)


async def test_races_of_disputes_end_as_their_instants_decide_while_services_come_and_go(
    second_system: None,
) -> None:
    await assert_ending_unchanged([SAMPLES / f"{name}.yaml" for name in RACES], seed=1)


@pytest.mark.every
async def test_every_dispute_and_every_race_ends_the_same_while_services_come_and_go(
    second_system: None,
) -> None:
    assert all(SAMPLES / f"{name}.yaml" in EVERY for name in RACES)
    await assert_ending_unchanged(EVERY, seed=2)
