"""The same files in memory and through real processes: one verdict, file by file."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from crps.scenario.commands import judge_file, judge_on_stack

pytestmark = [pytest.mark.connected, pytest.mark.timeout(1200)]

SAMPLES = Path("samples/scenarios")
EVERY = sorted(SAMPLES.glob("*.yaml"))
SHARE = (
    "act-to-a-total",
    "bank-reports-in-any-order",
    "boundary-release",
    "calendar-make-up-workday",
    "consent-given-afresh",
    "deadline-extended",
    "dispute-of-several-tranches",
    "funding-of-more-in-pieces",
    "idempotency-for-life",
    "lag-of-contracts",
    "lag-of-the-scheduler",
    "offer-lapse-by-a-receipt",
    "raw-garbage",
    "signed-before-the-deadline-read-late",
)
"""One of each kind: acts, banks, boundaries, days, disputes, outages, offers, bytes, signatures."""

WRONG = """\
scenario: A release that is expected to do what it does not
terms:
  asset: CNY/2
  tranches:
    - {amount: "10000", period: {hours: 120}}
steps:
  - at: 24h
    release: {by: payer, amount: "3000"}
    expect: applied
    buckets: {free: "6000"}
"""


async def assert_equal(files: list[Path]) -> None:
    told = Console(file=StringIO(), soft_wrap=True)
    on_stack = {verdict.file: verdict for verdict in await judge_on_stack(files, told)}
    in_memory = {file: await judge_file(file) for file in files}
    assert on_stack == in_memory


async def test_a_share_of_the_samples_comes_out_as_in_memory_and_so_does_a_failure(
    second_system: None, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG, "utf-8")
    assert (await judge_file(wrong)).failure is not None
    await assert_equal([*(SAMPLES / f"{name}.yaml" for name in SHARE), wrong])


@pytest.mark.every
async def test_every_sample_comes_out_as_in_memory(second_system: None) -> None:
    await assert_equal(EVERY)
