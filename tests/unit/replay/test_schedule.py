from datetime import timedelta

from crps.replay.schedule import (
    ANSWER_ROOM,
    DAY_MS,
    FUNDING_ROOM,
    Agenda,
    Timeline,
    compressed,
    compressed_ms,
    dispute_period,
    in_days,
    offer_period,
)
from tests.unit.replay.played import BOUGHT, DAY, MS, SCALE_MS, START, make_plan, quarrel


def test_a_day_of_the_data_takes_the_scale() -> None:
    timeline = Timeline(BOUGHT, START, SCALE_MS)
    assert timeline.wall(BOUGHT) == START
    assert timeline.wall(BOUGHT + 3 * DAY) == START + 300 * MS
    assert timeline.wall(BOUGHT - DAY) == START - 100 * MS


def test_compression_is_exact_to_the_microsecond() -> None:
    assert compressed(timedelta(seconds=864), SCALE_MS) == MS
    assert compressed(timedelta(seconds=1), SCALE_MS) == timedelta(microseconds=1)


def test_wall_time_is_told_in_days_of_the_data() -> None:
    assert in_days(250.0, SCALE_MS) == 2.5
    assert in_days(1.0, 60_000) == 0.0


def test_a_period_of_terms_is_never_zero() -> None:
    assert compressed_ms(timedelta(seconds=1), SCALE_MS) == 1
    assert compressed_ms(25 * DAY, SCALE_MS) == 2500


def test_an_offer_that_is_paid_in_time_keeps_room_after_its_payment() -> None:
    plan = make_plan(funded_at=BOUGHT + 6 * DAY)
    assert offer_period(plan, SCALE_MS) == 600 * MS + FUNDING_ROOM


def test_room_never_shortens_a_long_offer() -> None:
    minute_a_day = 60_000
    assert offer_period(make_plan(), minute_a_day) == timedelta(minutes=7)


def test_an_offer_that_is_to_lapse_keeps_its_exact_period() -> None:
    assert offer_period(make_plan(funded_at=None), SCALE_MS) == 700 * MS
    assert offer_period(make_plan(funded_at=BOUGHT + 7 * DAY), SCALE_MS) == 700 * MS


def test_a_dispute_that_is_to_be_answered_keeps_room_after_the_answer() -> None:
    answered = quarrel()
    assert dispute_period(make_plan(dispute=answered), SCALE_MS) == 50 * MS + ANSWER_ROOM
    assert dispute_period(make_plan(dispute=answered), 60_000) == timedelta(minutes=3)


def test_a_silent_dispute_keeps_its_exact_period() -> None:
    silent = quarrel(answer=None)
    assert dispute_period(make_plan(dispute=silent), SCALE_MS) == 300 * MS
    assert dispute_period(make_plan(), SCALE_MS) == 300 * MS


def test_the_agenda_gives_what_is_due_in_order() -> None:
    agenda: Agenda[str] = Agenda()
    for delay, name in ((3, "c"), (1, "a"), (2, "b"), (1, "a2")):
        agenda.add(START + delay * MS, name)
    assert agenda.next_due == START + MS
    assert agenda.take_due(START) == []
    assert agenda.take_due(START + 2 * MS) == ["a", "a2", "b"]
    assert agenda.take_due(START + 9 * MS) == ["c"]
    assert agenda.next_due is None
    assert agenda.last_due == START + 3 * MS


def test_at_true_dates_every_length_is_its_own_and_no_room_is_made() -> None:
    two_years = 730 * DAY + timedelta(microseconds=1)
    assert compressed(two_years, DAY_MS) == two_years
    barely = make_plan(funded_at=BOUGHT + 7 * DAY - MS)
    assert offer_period(barely, DAY_MS) == 7 * DAY
    assert dispute_period(make_plan(dispute=quarrel()), DAY_MS) == 3 * DAY
