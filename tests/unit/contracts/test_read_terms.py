"""What is read of terms before anybody has judged them: calendars that they name, their rail."""

import json

import pytest

from schemas.terms_v1 import RailTerms
from services.contracts.messages import incoming
from services.contracts.messages.incoming import CLAUSE_MAX, calendars_offered
from tests.unit.contracts import wire
from tests.unit.contracts.wire import ORDERS, record, terms


@pytest.mark.parametrize(
    ("tranches", "named"),
    [
        ([{"period": {"calendar": "CN"}}, {"period": {"calendar": "US-NY"}}, {}], {"CN", "US-NY"}),
        ([{"period": {"calendar": name}} for name in ("cn", "C\0N", "C" * 13, 7, None, [])], set()),
        ([{"period": "CN"}, "CN", None, {"period": {"calendar": ["CN"]}}], set()),
        ("CN", set()),
        ({"period": {"calendar": "CN"}}, set()),
        (None, set()),
    ],
)
def test_calendars_are_found_in_terms_of_any_shape(tranches, named):
    document = {**terms(), "tranches": tranches}
    told = wire.order(document)
    message = record(ORDERS, "order.placed", "o-1", told).message
    assert calendars_offered(message) == named


def test_what_a_rail_declares_is_what_its_terms_are_held_to(monkeypatch):
    bench = wire.Bench()
    can = {"name": "branch", "minimum": "100", "partial": "many", "margin_hours": 24}
    declared = RailTerms.model_validate(can | {"currencies": ["CNY"], "max_hold_hours": 1_000})
    monkeypatch.setattr(incoming, "RAILS", {"branch": declared})
    (refused,) = bench.order(terms(rail=can))
    assert refused["data"]["code"] == "RAIL_CANNOT_HONOUR"
    facts = {"clause": "rail.max_hold_hours", "rail": "branch", "declared": "1000"}
    assert refused["data"]["facts"] == facts
    fits = can | {"currencies": ["CNY"], "max_hold_hours": 999}
    (accepted,) = bench.order(terms(rail=fits))
    assert accepted["data"]["terms"]["rail"] == fits


def test_a_clause_of_any_length_is_named_in_an_answer_that_fits():
    (refused,) = wire.Bench().order({**terms(), "x" * 50_000: 1})
    assert refused["data"]["code"] == "MALFORMED"
    assert refused["data"]["facts"] == {"clause": "x" * CLAUSE_MAX}
    assert len(json.dumps(refused)) < 2_000
