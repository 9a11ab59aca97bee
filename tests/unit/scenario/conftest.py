"""Scenarios of a few lines, played as files are."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog

from crps.scenario.commands import Verdict, judge_file

Played = Callable[[str], Awaitable[Verdict]]

HEAD = """\
scenario: A deal of 100.00
terms:
  asset: CNY/2
  tranches:
    - {amount: "10000", period: {hours: 120}}
"""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the services' logs out of the way: what befalls them is on purpose."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Write a scenario whose head is the usual deal; a whole file begins with ``scenario:``."""

    def write(text: str) -> Path:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
        file.write_text(text if text.startswith("scenario:") else HEAD + text, "utf-8")
        return file

    return write


@pytest.fixture
def played(written: Callable[[str], Path]) -> Played:
    """Play a scenario and return what came of it."""

    async def run(text: str) -> Verdict:
        return await judge_file(written(text))

    return run
