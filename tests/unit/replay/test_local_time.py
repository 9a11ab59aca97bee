from datetime import UTC, date, datetime

import pytest

from crps.replay.local_time import end_of_day, local_day, to_utc


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        pytest.param("2017-05-10 12:00:00", "2017-05-10 15:00:00", id="winter"),
        pytest.param("2017-12-10 12:00:00", "2017-12-10 14:00:00", id="summer"),
        pytest.param("2016-10-16 00:00:00", "2016-10-16 03:00:00", id="gap-2016-begins"),
        pytest.param("2017-10-15 00:30:15", "2017-10-15 03:00:00", id="gap-2017-inside"),
        pytest.param("2018-11-04 00:59:59", "2018-11-04 03:00:00", id="gap-2018-last-second"),
        pytest.param("2017-10-14 23:59:59", "2017-10-15 02:59:59", id="before-the-gap"),
        pytest.param("2017-10-15 01:00:00", "2017-10-15 03:00:00", id="after-the-gap"),
        pytest.param("2017-02-18 22:59:59", "2017-02-19 00:59:59", id="before-the-fold"),
        pytest.param("2017-02-18 23:00:00", "2017-02-19 02:00:00", id="fold-2017-is-the-later"),
        pytest.param("2018-02-17 23:59:59", "2018-02-18 02:59:59", id="fold-2018-is-the-later"),
        pytest.param("2017-02-19 00:00:00", "2017-02-19 03:00:00", id="after-the-fold"),
    ],
)
def test_wall_clock_of_sao_paulo_as_an_instant(wall: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert to_utc(datetime.fromisoformat(wall)) == expected


def test_a_day_ends_at_the_next_local_midnight_or_the_first_instant_after_a_gap() -> None:
    assert end_of_day(date(2017, 5, 10)) == datetime(2017, 5, 11, 3, tzinfo=UTC)
    assert end_of_day(date(2017, 10, 14)) == datetime(2017, 10, 15, 3, tzinfo=UTC)
    assert end_of_day(date(2017, 2, 18)) == datetime(2017, 2, 19, 3, tzinfo=UTC)


def test_the_day_is_the_local_one() -> None:
    assert local_day(datetime(2017, 5, 11, 2, 59, 59, tzinfo=UTC)) == date(2017, 5, 10)
    assert local_day(to_utc(datetime(2017, 10, 15))) == date(2017, 10, 15)  # noqa: DTZ001
