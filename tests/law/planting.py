"""Bugs by name: each is a small patch of the real rules, and its name says what it does wrong."""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pytest

from services.contracts.domain import evolve as contracts_evolve
from services.disputes.domain import decide as disputes_decide
from services.disputes.domain import evolve as disputes_evolve

from .deal import HOUR

EXAMPLES: Final = 300
STEPS: Final = 25
"""So many stories of so many steps are one round; the right rules pass it."""
ROUNDS: Final = 16
"""Most bugs are found in the first. Which stories a round tells depends on all the modules
that are loaded, for hypothesis takes constants from them; hence more of them than are needed."""

Plant = Callable[[pytest.MonkeyPatch], None]


Focus = Mapping[str, Sequence[Any]]

ON_OFFER: Final[Focus] = {"accepted": [2, 1, 0], "funded": [False], "disputed": [False]}
UNDISPUTED: Final[Focus] = {"disputed": [False], "funded": [True], "accepted": [2]}
DISPUTED: Final[Focus] = {"disputed": [True], "funded": [True], "accepted": [2]}
PROPOSED: Final[Focus] = {
    **DISPUTED, "claim": [("most", 0)], "proposed": [("payee",), ("payer",), ("payee", "payer")],
}  # fmt: skip
RULED: Final[Focus] = {**DISPUTED, "ruling": [20 * HOUR], "adjudicator": ["adjudicator"]}
DUSTY: Final[Focus] = {"minimum": [3, 5], "spare_parts": [None], "partial": ["many"]}


class Plants(dict[str, tuple[Plant, Focus]]):
    def plant(self, *foci: Focus, **focus: Sequence[Any]) -> Callable[[Plant], Plant]:
        """Keep a bug, with the deals in which it matters."""

        def keep(bug: Plant) -> Plant:
            assert bug.__name__ not in self
            self[bug.__name__] = bug, {**ChainMap(focus, *foci)}
            return bug

        return keep


def nothing(*_: object) -> None:
    """Assert nothing."""


def without_own_witnesses(patch: pytest.MonkeyPatch) -> None:
    """Take out the rules' own assertions of I0 to I3, so that the model must see for itself."""
    for name in ("assert_conserved", "assert_loser_signed", "assert_loser_moved"):
        patch.setattr(contracts_evolve, name, nothing)
    for name in ("assert_conserved", "assert_loser_signed", "assert_sound"):
        patch.setattr(disputes_evolve, name, nothing)
    patch.setattr(disputes_decide, "assert_at_rest", nothing)


def without(patch: pytest.MonkeyPatch, ladder: Any, rung: str) -> None:
    """Take one rung out of the ladder of a module."""
    rungs = tuple(each for each in ladder._LADDER if each.__name__ != rung)
    assert len(rungs) == len(ladder._LADDER) - 1
    patch.setattr(ladder, "_LADDER", rungs)


def swapped(patch: pytest.MonkeyPatch, ladder: Any, first: str, second: str) -> None:
    """Let two rungs of a module's ladder change places."""
    rungs = {each.__name__: each for each in ladder._LADDER}
    turned = {first: rungs[second], second: rungs[first]}
    patch.setattr(ladder, "_LADDER", tuple(turned.get(n, rung) for n, rung in rungs.items()))


def seen_as(patch: pytest.MonkeyPatch, module: Any, name: str, change: Callable[..., Any]) -> None:
    """Let ``module.name`` be asked with other arguments: those that ``change`` makes of them."""
    right = getattr(module, name)
    patch.setattr(module, name, lambda *args: right(*change(*args)))
