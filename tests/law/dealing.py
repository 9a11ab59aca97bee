"""The deals that the machine plays: small ones, so that every boundary is near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from .deal import HOUR, MS, Terms

CHOICES: Mapping[str, Sequence[Any]] = {
    "tranches": [1, 1, 2, 3],
    "minimum": [1, 1, 0, 3, 3, 5, 5],
    "partial": ["many"] * 10 + ["none", "single_shot"],
    "spare_parts": [None] * 4 + [0, 1, 2],
    "period": [10 * HOUR, 10 * HOUR, 20 * HOUR, 40 * HOUR],
    "acts": [100, 100, 1, 2],
    "extend": [None, 5 * HOUR, 5 * HOUR, MS],
    "advance": [None, None, 0, 5 * HOUR],
    "dispute_period": [30 * HOUR, 5 * HOUR],
    "silence_rule": [True, False],
    "ruling": [None, None, None, 20 * HOUR],
    "adjudicator": ["adjudicator"] * 7 + [None],
    "proposals": [8, 8, 2, 1],
    "ending": ["to_payee", "to_payer", 5_000, 3_333, 3_333, 9_000, 10_000],
    "odd_unit": ["payee", "payer"],
    "accepted": [2] * 12 + [1, 0],
    "funded": [True] * 7 + [False],
    "disputed": [False, False, True],
    "claim": [("most", 0)] * 3 + [("most", -1), ("free - minimum", 0), ("minimum", 0)],
    "proposed": [(), (), (), ("payer",), ("payee",), ("payee", "payer")],
    "refused": [0] * 15 + [999],
}


@dataclass(frozen=True)
class Dealt:
    """How a deal begins."""

    terms: Terms
    accepted: int
    """How many parties accept with the offer."""
    funded: bool
    disputed: bool
    """The payer opens a dispute of the first tranche at once, with ``claim``."""
    claim: tuple[str, int]
    proposed: tuple[str, ...]
    """Who proposes at once to halve what is contested then: for an hour, the second for two."""
    refused: int
    """How many refusals of each party are stored already."""


@st.composite
def deals(draw: st.DrawFn, focus: Mapping[str, Sequence[Any]]) -> Dealt:
    """Draw a deal; ``focus`` narrows what some part of it is chosen from."""
    chosen = {name: draw(st.sampled_from(each)) for name, each in {**CHOICES, **focus}.items()}
    partial, least = chosen["partial"], max(chosen["minimum"], 1)
    count = chosen.pop("tranches") if partial == "many" else 1
    most = 2 * least - 1 if partial == "single_shot" else 24
    amounts = tuple(draw(st.integers(least, most)) for _ in range(count))
    splits = isinstance(chosen["ending"], int) and 0 < chosen["ending"] < 10_000
    if partial == "none" and sum(amounts) >= 2 * least and splits:
        chosen["ending"] = "to_payer"  # The offer would be refused.
    period = st.sampled_from([chosen["period"], *CHOICES["period"]])
    spare = chosen["spare_parts"]
    kept = ("minimum", "partial", "acts", "extend", "advance", "dispute_period", "silence_rule",
            "ruling", "adjudicator", "proposals", "ending", "odd_unit")  # fmt: skip
    terms = Terms(
        amounts=amounts,
        periods=tuple(draw(period) for _ in amounts),
        max_parts=None if spare is None else count + spare,
        **{name: chosen[name] for name in kept},
    )
    begun = ("accepted", "funded", "disputed", "claim", "proposed", "refused")
    return Dealt(terms, **{name: chosen[name] for name in begun})
