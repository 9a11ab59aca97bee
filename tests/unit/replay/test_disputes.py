from crps.replay.disputes import count_disputes, half_lives_ms, undisputed_share
from crps.replay.measures import Quantiles, append_times
from crps.replay.messages import answer_id, opening_id
from tests.unit.replay.played import (
    CONTRACT,
    DISPUTE_DEADLINE,
    MS,
    OPENED,
    decided,
    disputed_history,
    make_dispute,
    make_history,
)

CONCEDED = disputed_history(make_dispute(kept=700))
CONTESTED = disputed_history(make_dispute(kept=1000))
SILENT = disputed_history(make_dispute(kept=None))
EVERYONE = [CONCEDED, CONTESTED, SILENT, make_history()]


def test_who_answered_and_who_conceded() -> None:
    assert count_disputes(EVERYONE) == {"opened": 3, "answered": 2, "silent": 1, "conceded": 1}
    assert count_disputes([]) == {"opened": 0, "answered": 0, "silent": 0, "conceded": 0}


def test_a_payer_that_gives_in_is_not_a_payee_that_conceded() -> None:
    lowered = decided("concession", "payee", 600, OPENED + 50 * MS, "withdrawn")
    withdrawn = disputed_history(make_dispute(kept=None, attributions=(lowered,)))
    assert count_disputes([withdrawn])["conceded"] == 0
    assert undisputed_share([withdrawn]) == {"BRL/2": 1.0}


def test_the_share_that_settled_by_itself() -> None:
    assert undisputed_share([SILENT]) == {"BRL/2": 0.4}
    assert undisputed_share([CONCEDED]) == {"BRL/2": 0.7}
    assert undisputed_share(EVERYONE) == {"BRL/2": 0.5}
    assert undisputed_share([make_history()]) == {}


def test_money_that_was_settled_before_the_opening_is_not_in_dispute() -> None:
    released = make_dispute(claim=600, kept=None, admitted=150)
    assert undisputed_share([disputed_history(released)]) == {"BRL/2": 0.2}


def test_a_half_life_ends_with_the_decision_that_settles_the_half() -> None:
    assert half_lives_ms([CONCEDED]) == Quantiles(120.0, 120.0, 120.0)
    assert half_lives_ms([SILENT]) == Quantiles(320.0, 320.0, 320.0)
    less = disputed_history(make_dispute(kept=701))
    assert half_lives_ms([less]) == Quantiles(320.0, 320.0, 320.0)
    assert half_lives_ms([CONCEDED, SILENT, CONCEDED]).p50 == 120.0


def test_half_of_an_odd_amount_is_rounded_down_but_never_to_nothing() -> None:
    odd = disputed_history(make_dispute(claim=601, kept=700))
    assert half_lives_ms([odd]).p50 == 120.0
    last = decided("dispute_default", "payer", 1, DISPUTE_DEADLINE)
    one = disputed_history(make_dispute(claim=1, kept=None, attributions=(last,)))
    assert half_lives_ms([one]).p50 == 320.0


def test_a_dispute_that_is_still_contested_has_no_half_life() -> None:
    still = disputed_history(make_dispute(kept=None, attributions=(), ended_at=None))
    assert half_lives_ms([still, make_history()]) == Quantiles(None, None, None)


def test_the_append_times_of_openings_and_answers_are_the_auditors() -> None:
    times = append_times([CONTESTED])
    assert times[opening_id(CONTRACT)] == OPENED - 3 * MS
    # It conceded nothing, so no attribution names it.
    assert times[answer_id(CONTRACT)] == OPENED + 100 * MS
