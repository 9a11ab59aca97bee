"""Planting bugs: each is a patch of the real code, by a name that says what is wrong with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.answers import Applied
from services.contracts.domain import decide
from services.contracts.domain.commands import At

from .said import Violation
from .simulator import Simulator

SEEDS_MAX = 600
TICK = timedelta(microseconds=1)

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


def judged_a_tick_early(patch: pytest.MonkeyPatch, kind: type) -> None:
    """Let contracts judge such commands just before their time: those at the very deadline pass."""
    right = decide._decide_party

    def decide_party(contract: Any, command: Any, at: Any) -> Any:
        if not isinstance(command, kind):
            return right(contract, command, at)
        decision = right(contract, command, At(at.t - TICK, at.now))
        if not isinstance(decision.outcome, Applied):
            return right(contract, command, at)
        told = tuple(replace(event, judged_at=at.t) for event in decision.outcome.events)
        return replace(decision, outcome=Applied(told))

    patch.setattr(decide, "_decide_party", decide_party)


async def _search() -> None:
    for seed in range(SEEDS_MAX):
        await Simulator(seed).run()
