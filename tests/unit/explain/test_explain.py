"""Why a deadline is this instant, in words: told from the golden samples and from plain periods."""

from pathlib import Path

import pytest
from rich.console import Console

from crps import explain
from crps.calendars.document import china
from crps.explain import Told, explained, take
from services.contracts.domain.calendars import Calendar

SAMPLES = Path(__file__).parents[3] / "schemas" / "samples"
CELLS = china().cells
CN = Calendar(*CELLS[:4], *(frozenset(days) for days in CELLS[4:]))
CALENDARS = {("CN", "chinesecalendar-1.11.0"): CN}


@pytest.fixture(autouse=True)
def of_the_samples(monkeypatch):
    """Read local times by the release of the zones that the samples name."""
    monkeypatch.setattr(explain, "TZ_VERSION", "2026f")


def told(*nouns):
    made = Told()
    for noun in nouns:
        take(made, (SAMPLES / f"crps.{noun}.v1.json").read_bytes())
    return made


def test_an_exact_period_is_explained_with_who_moved_its_deadline():
    made = told("contract.accepted", "contract.effective", "deadline.moved")
    exact, _ = explained(made, made.terms, {})
    assert exact.head == "Tranche 1 (delivery), 200.00 CNY: 2026-01-12T04:01:00.000000Z"
    assert exact.sentences == (
        "Signed: 5 days, 0:00:00 (432,000,000 ms) from effect, exactly.",
        "Effective at 2026-01-05T04:01:00.000000Z: it ends at 2026-01-10T04:01:00.000000Z.",
    )
    assert exact.runs == ()
    (moved,) = exact.moves
    assert (moved.by, moved.command_id) == ("payee", "cmd-extend-1")


def test_business_days_are_told_one_run_after_the_other():
    made = told("contract.accepted", "contract.effective")
    _, days = explained(made, made.terms, CALENDARS)
    assert days.head == "Tranche 2 (inspection), 100.00 CNY: 2026-01-15T04:01:00.000000Z"
    assert days.sentences == (
        "Signed: 8 business days of the calendar CN in Asia/Shanghai, until 12:01 of the last.",
        (
            "Effective at 2026-01-05T04:01:00.000000Z, which is Monday 2026-01-05 12:01:00+08:00 in"
            " Asia/Shanghai: the first day that can count is the one after 2026-01-05."
        ),
        (
            "The last day is 2026-01-15, Thursday; it ends at 12:01, so the deadline is"
            " 2026-01-15T04:01:00.000000Z, which is Thursday 2026-01-15 12:01:00+08:00 in"
            " Asia/Shanghai."
        ),
        "Counted by the calendar CN chinesecalendar-1.11.0.",
        "Time zone database 2026f.",
    )
    assert days.runs == (
        ("Tue 2026-01-06 to Fri 2026-01-09", "workday, counted", "4"),
        ("Sat 2026-01-10 to Sun 2026-01-11", "weekend", "4"),
        ("Mon 2026-01-12 to Thu 2026-01-15", "workday, counted", "8"),
    )
    assert days.moves == ()


def test_without_the_calendar_the_facts_are_told_and_no_days():
    made = told("contract.accepted", "contract.effective")
    _, days = explained(made, made.terms, {})
    assert days.runs == ()
    assert "Counted by the calendar CN chinesecalendar-1.11.0." in days.sentences


def derived(made, **changes):
    tranche = made.effective.tranches[1]
    derivation = tranche.derivation.model_copy(update=changes)
    changed = tranche.model_copy(update={"derivation": derivation})
    made.effective = made.effective.model_copy(update={"tranches": [changed]})
    (explanation,) = explained(made, made.terms, CALENDARS)
    return explanation


def test_holidays_are_skipped_and_make_up_workdays_counted():
    made = told("contract.accepted", "contract.effective")
    first, last = CN.first_day.replace(2026, 2, 12), CN.first_day.replace(2026, 2, 24)
    assert derived(made, effective_day=first, last_day=last).runs == (
        ("Fri 2026-02-13", "workday, counted", "1"),
        ("Sat 2026-02-14", "make-up workday, counted", "2"),
        ("Sun 2026-02-15 to Mon 2026-02-23", "holiday", "2"),
        ("Tue 2026-02-24", "workday, counted", "3"),
    )


@pytest.mark.parametrize(("met", "word"), [("gap", "skip"), ("fold", "twice")])
def test_what_the_clocks_did_is_told(met, word):
    sentences = derived(told("contract.accepted", "contract.effective"), met=met).sentences
    assert sum(word in sentence for sentence in sentences) == 1


def test_another_release_of_the_zones_is_named():
    sentences = derived(
        told("contract.accepted", "contract.effective"), tz_version="2024a"
    ).sentences
    assert sentences[-1] == "Time zone database 2024a; local times here are by 2026f."


def test_calendar_days_are_told_without_a_calendar():
    made = told("contract.accepted", "contract.effective")
    days = derived(made, unit="calendar_days", days=1, calendar=None, calendar_version=None)
    assert days.sentences[0] == "Signed: 1 day in Asia/Shanghai, until 12:01 of the last."
    assert days.runs == (("Tue 2026-01-06 to Thu 2026-01-15", "counted", "10"),)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (None, "the offer lapsed before it took effect."),
        ("calendar_not_published", "a period ran past the days that its calendar published."),
    ],
)
def test_a_lapsed_offer_has_no_deadline_and_says_why(reason, why):
    made = told("contract.accepted", "offer.lapsed")
    made.lapse = made.lapse.model_copy(update={"reason": reason})
    first, second = explained(made, made.terms, CALENDARS)
    assert first.head == "Tranche 1: no deadline"
    assert second.sentences[0].startswith("Signed: 8 business days of the calendar CN")
    assert second.sentences[1].endswith(why)


def test_before_effect_the_periods_are_told():
    made = told("contract.offered")
    first, _ = explained(made, made.terms, {})
    assert first.sentences[1] == (
        "deadlines are counted from its effect, and it has not taken effect."
    )


def test_a_person_reads_days_and_moves_as_tables(monkeypatch):
    console = Console(width=200)
    monkeypatch.setattr(explain, "console", console)
    made = told("contract.accepted", "contract.effective", "deadline.moved")
    with console.capture() as shown:
        for explanation in explained(made, made.terms, CALENDARS):
            explain._print(explanation)
    text = shown.get()
    assert "cmd-extend-1" in text
    assert "Sat 2026-01-10 to Sun 2026-01-11" in text
