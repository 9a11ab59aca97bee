"""Bugs planted one at a time: the machine must find each, or its silence means nothing."""

import pytest

from . import accords_plants, contracts_plants, disputes_plants, offers_plants
from .machine import play
from .planting import EXAMPLES, ROUNDS, STEPS, Focus, without_own_witnesses
from .promising import Broken
from .stage import Disagreement

ROOMS = (offers_plants, contracts_plants, disputes_plants, accords_plants)
PLANTS = {name: plant for room in ROOMS for name, plant in room.BUGS.items()}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_own_witnesses(monkeypatch)
    bug, focus = PLANTS[name]
    bug(monkeypatch)
    with pytest.raises((Disagreement, Broken)):
        _look_for_it(focus)


def _look_for_it(focus: Focus) -> None:
    for number in range(ROUNDS):
        play(number, examples=EXAMPLES, steps=STEPS, shrink=False, **focus)
