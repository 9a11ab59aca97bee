"""Given terms whose disputes a third party may end, when they are offered and disputed, then."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from schemas.terms_v1 import DisputeTerms
from services.contracts.domain.commands import Adjudicator
from services.contracts.domain.contract import DisputeClause, Party
from services.contracts.domain.openings import parts_to_end

HOUR_MS = 3_600_000
EXTERNAL = DisputeClause(
    72 * HOUR_MS, silence_rule=True, ending="external", ruling_ms=48 * HOUR_MS,
    fallback="to_payer", adjudicator="judy",
)  # fmt: skip
KEY = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        (Adjudicator("judy", "k3"), "Applied"),
        (Adjudicator("alice", "k3"), "SAME_PARTY"),
        (Adjudicator("bob", "k3"), "SAME_PARTY"),
        (Adjudicator("judy", "k1"), "SAME_PARTY"),
        (Adjudicator("judy", "k2"), "SAME_PARTY"),
    ],
)
def test_nobody_judges_his_own_case(story, code, judge, expected):
    parties = {
        "payer": Party("alice", "acc-alice", "k1"), "payee": Party("bob", "acc-bob", "k2"),
    }  # fmt: skip
    tale = story(dispute=EXTERNAL, adjudicator=judge, **parties)
    assert code(tale.offer()) == expected


@pytest.mark.parametrize(("hours", "expected"), [(264, "Applied"), (263, "RAIL_CANNOT_HONOUR")])
def test_the_longest_hold_covers_the_bound_of_a_ruling(story, code, hours, expected):
    assert code(story(dispute=EXTERNAL, rail_max_hold_hours=hours).offer()) == expected


@pytest.mark.parametrize("bound", [0, -1, 200 * 366 * 24 * HOUR_MS])
def test_a_ruling_has_time_of_its_own(story, code, bound):
    tale = story(dispute=replace(EXTERNAL, ruling_ms=bound))
    decision = tale.offer()
    assert code(decision) == "PERIOD_INVALID"
    assert decision.outcome.facts["clause"] == "dispute.ruling_ms"


def test_a_ratio_as_the_fallback_splits_what_a_rail_moves_only_whole(story, code):
    ratio = replace(EXTERNAL, fallback="ratio", ratio_bp=5_000)
    decision = story(dispute=ratio, rail_partial="none").offer()
    assert decision.outcome.facts["clause"] == "dispute.fallback"


def test_an_opening_hands_over_the_bound_of_a_ruling(story, code):
    tale = story((100, 120), dispute=EXTERNAL)
    tale.effective()
    assert code(tale.dispute(60)) == "Applied"
    opened = tale.events[-1]
    assert opened.ruling_deadline_at == opened.deadline_at + timedelta(hours=48)
    assert parts_to_end(tale.contract) == 2


DISPUTE = {"period_ms": 1, "silence_rule": True, "ending": "external", "ruling_ms": 1,
           "fallback": "to_payee"}  # fmt: skip


@pytest.mark.parametrize(
    "flaw",
    [
        {"ruling_ms": None},
        {"fallback": None},
        {"ending": "to_payee"},
        {"ending": "to_payee", "ruling_ms": None},
        {"ending": "to_payee", "fallback": None},
        {"fallback": "external"},
        {"adjudicator": {"party": "judy"}},
        {"adjudicator": {"party": "judy", "key": "short"}},
    ],
)
def test_an_external_ending_is_whole_and_its_parts_are_of_no_other(flaw):
    with pytest.raises(ValidationError):
        DisputeTerms.model_validate(DISPUTE | flaw)
    assert DisputeTerms.model_validate(DISPUTE | {"adjudicator": {"party": "judy", "key": KEY}})
