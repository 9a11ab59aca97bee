"""Given an id that was judged before, when it comes again, then its first answer comes again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.refusals import Code, is_stored
from schemas.values import written
from services.chassis.answers import (
    REFUSALS_STORED_MAX,
    Applied,
    Asked,
    Decision,
    Duplicate,
    FirstAnswer,
    Outcome,
    Refusal,
    answer,
    unproven,
)

APPLIED = FirstAnswer(b"body", "applied", None, "event-1")
REFUSED = FirstAnswer(b"body", "refused", Code.NO_CHANGE, None)
ASKED = Asked("shop-1", "alice", "c-1", b"body")
NO = Refusal(Code.NOTHING_LEFT, "nothing is left", {"remaining": "0"})


def never() -> Applied[str] | Refusal:
    raise AssertionError("the law is not asked twice")


@pytest.mark.parametrize("first", [APPLIED, REFUSED])
def test_the_same_id_and_body_gets_its_first_answer(first: FirstAnswer) -> None:
    assert answer(replace(ASKED, first=first), never) == Duplicate(first)


def test_the_same_id_with_another_body_is_a_conflict_that_names_the_first() -> None:
    refused = answer(replace(ASKED, first=APPLIED, body_digest=b"other"), never)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.IDEMPOTENCY_CONFLICT
    assert refused.facts == {"first_body_digest": b"body".hex()}


def test_a_repeat_is_answered_however_many_refusals_are_on_record() -> None:
    spent = replace(ASKED, first=REFUSED, refusals_stored=REFUSALS_STORED_MAX)
    assert answer(spent, never) == Duplicate(REFUSED)


@pytest.mark.parametrize(
    ("stored", "outcome", "code"),
    [
        (REFUSALS_STORED_MAX - 1, NO, "NOTHING_LEFT"),
        (REFUSALS_STORED_MAX, NO, "ACT_BUDGET_SPENT"),
        (REFUSALS_STORED_MAX, Refusal(Code.WRONG_ROLE, "not yours"), "WRONG_ROLE"),
        (REFUSALS_STORED_MAX, Applied(("given",)), None),
    ],
)
def test_what_is_new_is_the_laws_to_say_until_a_thousand_refusals_are_on_record(
    stored: int, outcome: Applied[str] | Refusal, code: str | None
) -> None:
    said = answer(replace(ASKED, refusals_stored=stored), lambda: outcome)
    if code == "ACT_BUDGET_SPENT":
        assert isinstance(said, Refusal)
        assert said.code == code
        assert said.facts == {"refusals_stored": "1000", "would_be": "NOTHING_LEFT"}
    else:
        assert said is outcome
        assert getattr(said, "code", None) == code


def test_a_proof_is_demanded_by_the_terms_only() -> None:
    assert unproven(ASKED, "key", demanded=False) is None
    assert unproven(ASKED, None, demanded=False) is None
    refused = unproven(ASKED, "key", demanded=True)
    assert refused is not None
    assert refused.code is Code.SIGNATURE_REQUIRED


@pytest.mark.parametrize("demanded", [True, False])
def test_a_proof_that_is_present_must_be_valid_under_the_partys_own_key(demanded: bool) -> None:
    asked = replace(ASKED, proof=lambda key: key == "alices")
    assert unproven(asked, "alices", demanded=demanded) is None
    for key in ("bobs", None):
        refused = unproven(asked, key, demanded=demanded)
        assert refused is not None
        assert refused.code is Code.SIGNATURE_INVALID


def test_what_anybody_could_provoke_never_uses_up_an_id() -> None:
    free = [code for code in Code if not is_stored(code)]
    assert free == [
        "MALFORMED",
        "WRONG_PARTITION",
        "UNKNOWN_CONTRACT",
        "NOT_A_PARTY",
        "WRONG_ROLE",
        "SIGNATURE_REQUIRED",
        "SIGNATURE_INVALID",
        "IDEMPOTENCY_CONFLICT",
        "ACT_BUDGET_SPENT",
    ]


@pytest.mark.parametrize(
    ("outcome", "applied"),
    [(Applied(("a", "b")), ("a", "b")), (NO, ()), (Duplicate(APPLIED), ())],
)
def test_what_the_clock_did_is_not_the_outcomes(
    outcome: Outcome[str], applied: tuple[str, ...]
) -> None:
    assert Decision(outcome, due=("arrived",)).applied == applied


def test_facts_show_an_instant_as_the_wire_does() -> None:
    east = datetime(2026, 1, 5, 12, tzinfo=timezone(timedelta(hours=8)))
    assert written(east) == written(east.astimezone(UTC)) == "2026-01-05T04:00:00.000000Z"
