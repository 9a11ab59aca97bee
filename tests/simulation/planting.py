"""Planting bugs: each is a patch of the real code, by a name that says what is wrong with it."""

from collections.abc import Callable

import pytest

from .said import Violation
from .simulator import Simulator

SEEDS_MAX = 300

Plant = Callable[[pytest.MonkeyPatch], None]


class Plants(dict[str, Plant]):
    """Bugs by name."""

    def plant(self, bug: Plant) -> Plant:
        self[bug.__name__] = bug
        return bug

    async def expect_found(self, name: str, patch: pytest.MonkeyPatch) -> None:
        """Demand that one of the first seeds breaks the law."""
        self[name](patch)
        with pytest.raises(Violation, match="SEED="):
            await _search()


async def _search() -> None:
    for seed in range(SEEDS_MAX):
        await Simulator(seed).run()
