"""Given what a rail declares, when terms promise less, as much or more, then that is judged."""

from dataclasses import replace

import pytest

from services.chassis.answers import Applied, Refusal
from services.contracts.domain.commands import ClaimedRail
from services.contracts.domain.horizons import Starts
from services.contracts.domain.offers import flaws_of
from tests.unit.contracts.conftest import START

DECLARED = ClaimedRail("branch", 100, "none", 5, 1_000, 24, frozenset({"CNY", "EUR"}))
PROMISED = replace(DECLARED, declared=DECLARED)

MORE = [
    ("minimum", {"minimum": 99}),
    ("minimum", {"minimum": 0}),
    ("partial", {"partial": "many"}),
    ("max_parts", {"max_parts": 6}),
    ("max_parts", {"max_parts": None}),
    ("max_hold_hours", {"max_hold_hours": 1_001}),
    ("max_hold_hours", {"max_hold_hours": None}),
    ("margin_hours", {"margin_hours": 23}),
    ("currencies", {"currencies": None}),
    ("currencies", {"currencies": frozenset({"CNY", "USD"})}),
]
LESS = [
    {},
    {"minimum": 101},
    {"partial": "single_shot", "minimum": 10_000},
    {"max_parts": 4},
    {"max_hold_hours": 999},
    {"margin_hours": 25},
    {"currencies": frozenset({"CNY"})},
]


@pytest.mark.parametrize(("clause", "change"), MORE)
def test_terms_that_promise_more_than_the_rail_declares_are_refused(story, clause, change):
    tale = story()
    tale.terms = replace(tale.terms, rail=replace(PROMISED, **change))
    outcome = tale.offer().outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.facts["clause"]) == ("RAIL_CANNOT_HONOUR", f"rail.{clause}")
    assert outcome.facts["rail"] == "branch"
    assert outcome.facts["declared"]


@pytest.mark.parametrize("change", LESS)
def test_terms_may_promise_less_than_the_rail_declares(story, change):
    tale = story()
    tale.terms = replace(tale.terms, rail=replace(PROMISED, **change))
    assert isinstance(tale.offer().outcome, Applied)


def test_a_rail_that_splits_nothing_is_not_made_freer_by_a_name_for_less(story):
    tale = story()
    declared = replace(DECLARED, partial="single_shot", minimum=10_000)
    tale.terms = replace(tale.terms, rail=replace(declared, partial="none", declared=declared))
    outcome = tale.offer().outcome
    assert isinstance(outcome, Refusal)
    assert outcome.facts["clause"] == "rail.partial"


def test_a_rail_that_nobody_declares_is_refused_by_its_name(story):
    tale = story(rail_declared=None)
    outcome = tale.offer().outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.facts["clause"]) == ("RAIL_CANNOT_HONOUR", "rail.name")


@pytest.mark.parametrize(("currencies", "refused"), [({"EUR"}, True), ({"EUR", "CNY"}, False)])
def test_the_asset_must_be_of_a_currency_that_the_terms_pin(story, currencies, refused):
    outcome = story(rail_currencies=frozenset(currencies)).offer().outcome
    assert isinstance(outcome, Refusal) == refused
    if refused:
        assert outcome.facts["clause"] == "rail.currencies"


def test_what_no_rail_moves_is_promised_by_nobody(story):
    outcome = story(rail_currencies=frozenset({"CNY", "XQZ"})).offer().outcome
    assert isinstance(outcome, Refusal)
    assert outcome.facts["clause"] == "rail.currencies"


def test_flaws_come_in_the_order_of_precedence_one_of_each_kind(story):
    tale = story((10_000, 120), (10_000, 0), rail_declared=None)
    tale.terms = replace(tale.terms, payee=replace(tale.terms.payee, party="alice"))
    starts = Starts(START, START)
    flaws = flaws_of(tale.terms, starts, {})
    assert [flaw.code for flaw in flaws] == ["SAME_PARTY", "PERIOD_INVALID"]
    sound = replace(tale.terms, tranches=tale.terms.tranches[:1])
    flaws = flaws_of(sound, starts, {})
    assert [flaw.code for flaw in flaws] == ["SAME_PARTY", "RAIL_CANNOT_HONOUR"]
