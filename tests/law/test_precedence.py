"""Of several reasons that hold at once, the first of SPEC section 4 is the answer.

Reasons are planted in every combination of state, merits and asker; the reference says which ones
hold. Of each pair of codes it was either seen that the earlier one is given while both hold, or
``EXCLUDED`` says why they never hold together where the earlier one is first.
"""

from copy import deepcopy
from functools import cache
from itertools import combinations

import pytest

from schemas.refusals import Code

from .asking import Command, Offer
from .excluded import EXCLUDED
from .law import REFUSALS_MAX, Law
from .order import ORDER, first
from .plotting import CODES, STATEMENTS, USED, asked_otherwise, merits, played
from .situations import PROPOSED, STATES, boundaries
from .stage import Stage
from .system import FirstAnswer, word

HELD_ELSEWHERE = {
    "WRONG_PARTITION": "intake refuses it before the rules are asked: tests/unit/chassis",
    "CALENDAR_NOT_PUBLISHED": "the deals of the reference end after exact times: tests/unit/terms",
}

OFFERS = ("unknown", "on offer", "declined", "lapsed", "effective")


def staged(name: str, terms: object, refused: int) -> Stage:
    """A deal in that state; everybody has used an id and was refused so often."""
    stage = (STATES | PROPOSED)[name](terms)
    for law, shell in (
        (stage.law.contracts, stage.system.contracts),
        (stage.law.disputes, stage.system.disputes),
    ):
        for party in ("alice", "bob", "mallory", "shop", "rival", "adjudicator"):
            law.answers[party, USED] = "another body", "applied"
            shell.answers[party, USED] = FirstAnswer(b"another body", "applied", None, "event")
            law.refused[party] = shell.refused[party] = refused
    return stage


@cache
def seen(kind: str) -> set[frozenset[str]]:
    """Plant, demand the answer, and return each set of reasons that held at once."""
    found: set[frozenset[str]] = set()
    topic = "disputes" if kind in STATEMENTS else "contracts"
    states = STATES | PROPOSED if kind in STATEMENTS - {"Lower"} else STATES
    for name in states if kind != "Offer" else OFFERS:
        for terms in played(kind, name):
            fresh, tired = (staged(name, terms, refused) for refused in (0, REFUSALS_MAX))
            for t in boundaries(fresh, topic):
                plot, tired_plot = Plot(fresh, t), Plot(tired, t)
                for command in merits(kind, name, fresh.law.deal, t, terms):
                    reasons = plot.ask(command)
                    if reasons in found:
                        continue
                    found.add(reasons)  # Once is enough to cross it with every asker.
                    for asked in asked_otherwise(command):
                        found |= {plot.ask(asked), tired_plot.ask(asked)}
    return found


class Plot:
    """A deal at an instant; asking changes nothing but what is due by then."""

    def __init__(self, stage: Stage, t: int) -> None:
        self.stage, self.t = stage, t
        self.laws: dict[bool, Law] = {}

    def ask(self, command: Command) -> frozenset[str]:
        is_plain = isinstance(command, Offer) and not command.is_command
        if is_plain not in self.laws:
            law = self.laws[is_plain] = deepcopy(self.stage.law)
            law.due(command, self.t)
        reasons = frozenset(self.laws[is_plain].reasons(command, self.t))
        outcome, *_ = self.stage.system.weigh(command, self.t)
        law = first(reasons) if reasons else "applied"
        assert word(outcome) == law, f"{command}: {word(outcome)}, the law says {sorted(reasons)}"
        return reasons


PAIRS = [(kind, *pair) for kind, codes in CODES.items() for pair in combinations(codes.split(), 2)]


def excluded(kind: str, one: str, other: str) -> list[str]:
    """Why the two cannot hold at once with the earlier one first of all."""
    return [
        why
        for kinds, some, others, why in EXCLUDED
        if kind in kinds.split()
        and (
            (one in some.split() and other in others.split())
            or (other in some.split() and one in others.split())
        )
    ]


@pytest.mark.parametrize("kind", CODES)
def test_the_codes_of_a_command_stand_in_the_order_of_the_law(kind: str) -> None:
    places = [ORDER.index(code) for code in CODES[kind].split()]
    assert places == sorted(places)
    assert {first(reasons) for reasons in seen(kind) if reasons} == set(CODES[kind].split())


@pytest.mark.parametrize("kind", CODES)
def test_of_each_pair_that_can_hold_at_once_the_earlier_code_is_given(kind: str) -> None:
    told = {(first(reasons), other) for reasons in seen(kind) for other in reasons}
    missing = [(a, b) for k, a, b in PAIRS if k == kind and (a, b) not in told]
    assert [pair for pair in missing if not excluded(kind, *pair)] == []


def test_what_cannot_hold_at_once_never_does() -> None:
    for kind, one, other in PAIRS:
        if why := excluded(kind, one, other):
            told = [reasons for reasons in seen(kind) if other in reasons]
            assert one not in {first(reasons) for reasons in told}, (kind, one, other, why)


def test_the_order_written_here_is_the_published_one() -> None:
    published = [str(code) for code in Code]
    assert published == [code for code in ORDER if code in published]


def test_every_published_code_is_reached_or_given_before_the_rules_are_asked() -> None:
    reached = {first(reasons) for kind in CODES for reasons in seen(kind) if reasons}
    assert {str(code) for code in Code} == reached | set(HELD_ELSEWHERE)
    assert reached & set(HELD_ELSEWHERE) == set()
