"""Given terms in days, when they are offered or could take effect, then the calendar must reach."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.contracts.domain.calendars import Calendar
from services.contracts.domain.contract import Party, ReceiptShare, Status
from services.contracts.domain.events import BecameEffective, OfferAccepted, OfferLapsed
from services.contracts.domain.horizons import calendars_awaited
from services.contracts.domain.periods import Days

PAYER, PAYEE = Party("alice", "acc-alice"), Party("bob", "acc-bob")
FIVE = time(17)
THREE = Days(3, "Asia/Shanghai", FIVE, "CN")
RAIL = "RAIL_CANNOT_HONOUR"
# Stories begin on Monday, 5 January 2026, at noon in Shanghai; their offers are open for a day.


def calendar(last_day, version="v1", first_day=date(2026, 1, 1), holidays=()):
    return Calendar("CN", version, first_day, last_day, frozenset(holidays), frozenset())


def instant(day, hour):
    return datetime(2026, 1, day, hour, tzinfo=UTC)


@pytest.fixture
def tale(story):
    def begin(*tranches, until=date(2026, 12, 31), **changes):
        made = story(*(tranches or ((100, THREE),)), **changes)
        made.calendars = {"CN": calendar(until)}
        return made

    return begin


def test_from_the_last_instant_of_the_offer_all_days_must_be_published(tale, code):
    # It may take effect until Tuesday noon: three days are then over on Friday, the 9th.
    assert code(tale(until=date(2026, 1, 9)).offer()) == "Applied"
    refused = tale(until=date(2026, 1, 8)).offer()
    assert code(refused) == "CALENDAR_NOT_PUBLISHED"
    assert refused.outcome.facts == {
        "clause": "tranches[0].period",
        "calendar": "CN",
        "version": "v1",
        "published_from": "2026-01-01",
        "published_until": "2026-01-08",
    }


def test_an_offer_ends_before_its_end(tale, code):
    until = {"until": date(2026, 1, 8)}
    assert code(tale(**until).offer(hours=12)) == "Applied"  # Until midnight in Shanghai.
    assert code(tale(**until).offer(hours=12.001)) == "CALENDAR_NOT_PUBLISHED"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (datetime.min.replace(tzinfo=UTC), "OFFER_LAPSED"),
        (datetime.max.replace(tzinfo=UTC), "CALENDAR_NOT_PUBLISHED"),
    ],
)
def test_no_end_of_an_offer_is_too_far_to_be_judged(tale, code, end, expected):
    for hold in (None, 10_000):
        made = tale(rail_max_hold_hours=hold)
        assert code(made.offer(offer_expires_at=end)) == expected


def test_the_first_day_that_counts_must_be_published_too(tale, code):
    for first_day, expected in [(6, "Applied"), (7, "CALENDAR_NOT_PUBLISHED")]:
        made = tale()
        made.calendars = {"CN": calendar(date(2026, 12, 31), first_day=date(2026, 1, first_day))}
        assert code(made.offer()) == expected


def test_a_calendar_that_nobody_installed_is_not_published(tale, code):
    made = tale()
    made.calendars = {}
    refused = made.offer()
    assert code(refused) == "CALENDAR_NOT_PUBLISHED"
    assert refused.outcome.facts == {"clause": "tranches[0].period", "calendar": "CN"}


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Days(0, "Asia/Shanghai", FIVE), {"maximum_days": "36600"}),
        (Days(-1, "Asia/Shanghai", FIVE, "CN"), {"maximum_days": "36600"}),
        (Days(36_601, "Asia/Shanghai", FIVE), {"maximum_days": "36600"}),
        (Days(1, "Asia/Beijing", FIVE), {"zone": "Asia/Beijing"}),
    ],
)
def test_a_period_in_days_that_is_none_names_its_clause(tale, code, period, expected):
    refused = tale((100, 1), (100, period)).offer()
    assert code(refused) == "PERIOD_INVALID"
    assert refused.outcome.facts == {"clause": "tranches[1].period", **expected}


def test_a_hundred_years_of_days_are_a_period(tale, code):
    assert code(tale((100, Days(36_600, "Asia/Shanghai", FIVE))).offer()) == "Applied"


# The worst start is Tuesday's first instant in Shanghai, 16:00 UTC on Monday.
DAY_LATER = 17 + 24  # hours to Wednesday, 17:00
WEEKEND = Days(4, "Asia/Shanghai", FIVE, "CN")  # From Tuesday to Monday, the 12th.


@pytest.mark.parametrize(
    ("tranches", "hold", "expected"),
    [
        ([(100, Days(1, "Asia/Shanghai", FIVE))], DAY_LATER, "Applied"),
        ([(100, Days(1, "Asia/Shanghai", FIVE))], DAY_LATER - 1, RAIL),
        ([(100, WEEKEND)], 6 * 24 + 17, "Applied"),
        ([(100, WEEKEND)], 6 * 24 + 16, RAIL),
        ([(100, 500), (100, WEEKEND)], 500, "Applied"),
        ([(100, 500), (100, WEEKEND)], 499, RAIL),
        ([(100, Days(1, "Asia/Shanghai", FIVE, "XX"))], 1, "CALENDAR_NOT_PUBLISHED"),
        ([(100, Days(1, "Asia/Shanghai", FIVE, "XX")), (100, 2)], 1, RAIL),
        ([(100, Days(300, "Asia/Shanghai", FIVE, "CN"))], 1, "CALENDAR_NOT_PUBLISHED"),
        ([(100, Days(0, "Asia/Shanghai", FIVE, "XX"))], 1, "PERIOD_INVALID"),
    ],
)
def test_the_rail_must_hold_from_the_worst_start(tale, code, tranches, hold, expected):
    margins = {"rail_margin_hours": 24, "rail_max_hold_hours": hold + 72 + 24}
    assert code(tale(*tranches, **margins).offer()) == expected


def test_the_first_start_is_the_worst_where_the_offer_ends_the_same_day(tale, code):
    # From Monday noon to Tuesday 17:00 are 29 hours.
    for hold, expected in [(29, "Applied"), (28, RAIL)]:
        made = tale((100, Days(1, "Asia/Shanghai", FIVE)), rail_max_hold_hours=hold + 72 + 24)
        assert code(made.offer(hours=11)) == expected


def test_an_extension_is_held_on_top(tale, code):
    caps = type(tale().terms.caps)(extend_ms=3_600_000)
    for hold, expected in [(DAY_LATER + 1, "Applied"), (DAY_LATER, RAIL)]:
        period = (100, Days(1, "Asia/Shanghai", FIVE))
        assert code(tale(period, caps=caps, rail_max_hold_hours=hold + 96).offer()) == expected


# --- from the offer to effect -------------------------------------------------------------------


def test_the_newest_version_at_effect_decides(tale):
    made = tale()
    made.offer(PAYER, PAYEE)
    made.calendars = {"CN": calendar(date(2026, 12, 31), "v2", holidays=[date(2026, 1, 7)])}
    made.fund(100)
    (deadline,) = made.events[-1].deadlines
    assert deadline.deadline_at == instant(9, 9)
    assert deadline.derivation.calendar_version == "v2"


def test_what_was_found_at_effect_stays_whatever_is_published_later(tale):
    made = tale()
    made.offer(PAYER, PAYEE)
    made.fund(100)
    made.calendars = {}
    assert made.wait(24 * 3).due().due == ()
    assert made.contract.tranches[0].deadline_at == instant(8, 9)
    made.at = instant(8, 9)
    (arrival,) = made.due().due
    assert arrival.due_at == instant(8, 9)


@pytest.mark.parametrize("calendars", [{}, {"CN": calendar(date(2026, 1, 7), "v2")}])
def test_money_for_a_period_no_longer_published_goes_back_with_the_offer(tale, calendars):
    made = tale((60, 1), (40, THREE))
    made.offer(PAYER, PAYEE)
    made.fund(30, receipt="a")
    made.calendars = calendars
    made.fund(90, receipt="b")
    lapse = OfferLapsed((ReceiptShare("a", 30), ReceiptShare("b", 90)), "calendar_not_published")
    assert made.events[-1] == lapse
    assert (made.status, made.contract.receipts) == ("OFFER_LAPSED", ())
    made.fund(100, receipt="c")
    assert made.events[-1].cause == "late_funding"


def test_the_last_acceptance_counts_and_then_the_offer_lapses(tale, code):
    made = tale()
    made.offer(PAYER)
    made.fund(100, receipt="a")
    made.calendars = {}
    assert code(made.accept("bob")) == "Applied"
    assert [type(event) for event in made.events[-2:]] == [OfferAccepted, OfferLapsed]
    assert made.contract.status is Status.OFFER_LAPSED
    assert code(made.accept("alice")) == "OFFER_LAPSED"


def test_while_the_money_is_not_whole_nothing_lapses_for_want_of_days(tale):
    made = tale()
    made.offer(PAYER, PAYEE)
    made.calendars = {}
    made.fund(99)
    assert made.status == "ACCEPTED"
    made.calendars = {"CN": calendar(date(2026, 12, 31), "v3")}
    made.fund(1)
    assert isinstance(made.events[-1], BecameEffective)


def test_an_acceptance_in_time_but_read_late_counts_from_when_it_is_read(tale):
    made = tale()
    made.offer(PAYER)
    made.fund(100)
    read_late = instant(5, 4) + timedelta(days=7)
    made.accept("bob", now=read_late)
    assert made.contract.tranches[0].deadline_at == instant(15, 9)


def test_calendars_are_awaited_until_effect_only(tale, effective):
    made = tale((60, 1), (40, THREE))
    assert calendars_awaited(made.contract) == []
    made.offer(PAYER, PAYEE)
    assert calendars_awaited(made.contract) == ["CN"]
    made.fund(100)
    assert calendars_awaited(made.contract) == []
    exact = effective()
    assert calendars_awaited(exact.contract) == []
