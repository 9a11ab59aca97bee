"""Each rule finds what it is for, and nothing at its edge."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from crps.terms.lint import lint
from crps.terms.rules import RULES
from crps.terms.rules.rule import length
from services.chassis.documents import Document

from .drafts import ADJUDICATOR, DAY_MS, HOUR_MS, days, draft, external, named, tranches

AT = datetime(2026, 3, 28, 12, tzinfo=UTC)
"""The Saturday before Europe's clocks are turned."""
ALWAYS = {("upstreams-word", "proof")}

FINDS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("upstreams-word", {}, ["proof"]),
    ("no-text", {"text_digest": hashlib.sha256().hexdigest()}, ["text_digest"]),
    ("no-text", {"text_digest": "0" * 64}, ["text_digest"]),
    ("name-like-a-number", {"tranches": named("delivery", "t1")}, ["tranches[1].name"]),
    ("name-like-a-number", {"tranches": named("part-02", "one")},
     ["tranches[0].name", "tranches[1].name"]),
    ("name-like-a-number", {"tranches": named("t1", "part-02", "three", "b2b")}, []),
    ("chain-period-short", {"tranches": tranches((20_000, HOUR_MS - 1)),
                            "caps__advance_ms": 0}, ["tranches[0].period"]),
    ("chain-period-short", {"tranches": tranches((20_000, HOUR_MS)), "caps__advance_ms": 0}, []),
    ("chain-period-long", {"tranches": tranches((20_000, 366 * DAY_MS + 1))},
     ["tranches[0].period"]),
    ("chain-period-long", {"tranches": tranches((20_000, 366 * DAY_MS))}, []),
    ("deadlines-out-of-order",
     {"tranches": tranches((9_000, 5 * DAY_MS), (9_000, 4 * DAY_MS), (9_000, 6 * DAY_MS))},
     ["tranches[1].period"]),
    ("deadlines-equal",
     {"tranches": tranches((9_000, 4 * DAY_MS), (9_000, 4 * DAY_MS), (9_000, 4 * DAY_MS))},
     ["tranches[0].period"]),
    ("deadlines-equal",
     {"tranches": tranches((9_000, 4 * DAY_MS), (9_000, 4 * DAY_MS + 1))}, []),
    ("deadlines-equal",
     {"tranches": days((2, "11:59"), (2, "12:00"), (2, "11:59"))}, ["tranches[0].period"]),
    ("deadlines-out-of-order", {"tranches": days((3, "12:00"), (2, "12:00"))},
     ["tranches[1].period"]),
    ("chain-period-long", {"tranches": days((367, "12:00"))}, ["tranches[0].period"]),
    ("cutoff-on-a-turned-clock", {"tranches": days((1, "02:30"))}, ["tranches[0].period.cutoff"]),
    ("cutoff-on-a-turned-clock", {"tranches": days((1, "01:59"), (1, "03:00"), (2, "02:30"))}, []),
    ("extension-not-offered", {"caps": None}, ["caps.extend_ms"]),
    ("extension-not-offered", {"caps__extend_ms": None}, ["caps.extend_ms"]),
    ("extension-not-offered", {"caps__extend_ms": 1}, []),
    ("advance-unbounded", {"caps__advance_ms": None}, ["caps.advance_ms"]),
    ("advance-unbounded", {"caps__advance_ms": 5 * DAY_MS}, ["caps.advance_ms"]),
    ("advance-unbounded", {"caps__advance_ms": 5 * DAY_MS - 1}, []),
    ("advance-unbounded", {"caps__advance_ms": 0}, []),
    ("dispute-period-short", {"dispute__period_ms": DAY_MS - 1}, ["dispute.period_ms"]),
    ("dispute-period-short", {"dispute__period_ms": DAY_MS}, []),
    ("ending-one-sided", {"dispute__ending": "to_payee"}, ["dispute.ending"]),
    ("ending-one-sided", {"dispute__ending": "to_payer"}, ["dispute.ending"]),
    ("ending-one-sided", {"dispute__ending": {"ratio_to_payee_bp": 0}}, ["dispute.ending"]),
    ("ending-one-sided", {"dispute__ending": {"ratio_to_payee_bp": 10_000}}, ["dispute.ending"]),
    ("ending-one-sided", {"dispute__ending": {"ratio_to_payee_bp": 9_500}}, []),
    ("ending-one-sided", {"dispute": external(fallback="to_payer")}, ["dispute.fallback"]),
    ("ending-one-sided", {"dispute": external()}, []),
    ("nobody-rules", {"dispute": external()}, ["dispute.adjudicator"]),
    ("nobody-rules", {"dispute": external(adjudicator=ADJUDICATOR)}, []),
    ("adjudicator-idle", {"dispute__adjudicator": ADJUDICATOR}, ["dispute.adjudicator"]),
    ("adjudicator-idle", {"dispute": external(adjudicator=ADJUDICATOR)}, []),
    ("silence-rule-off", {"dispute__silence_rule": False}, ["dispute.silence_rule"]),
    ("ratio-below-minimum", {"dispute__ending": {"ratio_to_payee_bp": 49}},
     ["tranches[0].amount"]),
    ("ratio-below-minimum", {"dispute__ending": {"ratio_to_payee_bp": 50}}, []),
    ("ratio-below-minimum", {"dispute__ending": "to_payee"}, []),
    ("moves-only-whole", {"tranches": tranches((199, 5 * DAY_MS))}, ["tranches[0].amount"]),
    ("moves-only-whole", {"tranches": tranches((200, 5 * DAY_MS))}, []),
    ("moves-only-whole", {"rail__partial": "none", "dispute__ending": "to_payee"},
     ["rail.partial"]),
    ("no-part-to-spare", {"rail__max_parts": 1}, ["rail.max_parts"]),
    ("no-part-to-spare", {"rail__max_parts": 2}, []),
    ("one-act", {"budget__acts": 1}, ["budget.acts"]),
    ("one-act", {"budget__acts": 2}, []),
    ("hold-barely-fits", {"rail__max_hold_hours": 12 * 24}, ["rail.max_hold_hours"]),
    ("hold-barely-fits", {"rail__max_hold_hours": 12 * 24 + 23}, ["rail.max_hold_hours"]),
    ("hold-barely-fits", {"rail__max_hold_hours": 13 * 24}, []),
]  # fmt: skip


def found(terms: dict[str, Any]) -> set[tuple[str, str]]:
    findings = lint(Document(terms, is_plain=True), AT)
    assert all(finding.what and finding.instead for finding in findings)
    return {(finding.name, finding.clause) for finding in findings}


@pytest.mark.parametrize(("name", "changes", "clauses"), FINDS)
def test_a_rule_finds_what_it_is_for(
    name: str, changes: dict[str, Any], clauses: list[str]
) -> None:
    said = found(draft(**changes))
    assert sorted(clause for each, clause in said if each == name) == clauses


def test_of_sound_terms_only_the_platforms_word_is_said() -> None:
    assert found(draft()) == ALWAYS


def test_every_rule_finds_something_here_and_stands_once() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert {name for name, _, clauses in FINDS if clauses} == set(names)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("to_payer", "loses it anyway"),
        ("to_payee", "gets all of it"),
        ({"ratio_to_payee_bp": 1}, "its share"),
    ],
)
def test_what_silence_brings_is_said_as_the_ending_has_it(ending: Any, words: str) -> None:
    terms = draft(dispute__silence_rule=False, dispute__ending=ending)
    (finding,) = (f for f in lint(Document(terms, True), AT) if f.name == "silence-rule-off")
    assert words in finding.what


def test_of_a_ratio_with_dust_its_heir_is_named() -> None:
    for ratio_bp, heir in ((49, "payer"), (9_951, "payee")):
        terms = draft(dispute__ending={"ratio_to_payee_bp": ratio_bp})
        (finding,) = (f for f in lint(Document(terms, True), AT) if f.name == "ratio-below-minimum")
        assert f"the {heir} gets all" in finding.what


@pytest.mark.parametrize(
    ("ms", "said"),
    [(1, "1 ms"), (59_999, "60 s"), (HOUR_MS - 1, "60 min"), (90 * 60_000, "90 min"),
     (DAY_MS, "1 days"), (36 * HOUR_MS, "36 h"), (5 * DAY_MS, "5 days"), (0, "0 ms")],
)  # fmt: skip
def test_a_length_is_said_in_the_unit_that_a_person_would_take(ms: int, said: str) -> None:
    assert length(ms) == said
