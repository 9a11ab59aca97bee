"""Given a period in days, when it begins, then it ends at this instant: tables written by hand."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crps.calendars.document import china
from services.contracts.domain import zones
from services.contracts.domain.calendars import Calendar
from services.contracts.domain.periods import (
    STARTS_MAX,
    Days,
    Derivation,
    Exact,
    derive,
    is_published,
    longest_hold,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAST = date(2026, 12, 31)
CN = Calendar(
    "CN",
    "v1",
    date(2004, 1, 1),
    LAST,
    *(frozenset(day for day in days if day <= LAST) for days in china().cells[4:]),
)
FIVE = time(17)


def at(text):
    return datetime.fromisoformat(text + "+00:00")


@pytest.mark.parametrize(
    ("days", "zone", "cutoff", "start", "end", "met"),
    [
        (1, "Asia/Shanghai", "17:00", "2026-03-02T08:59", "2026-03-03T09:00", None),
        (1, "Asia/Shanghai", "17:00", "2026-03-02T09:01", "2026-03-03T09:00", None),
        (1, "Asia/Shanghai", "00:00", "2026-03-02T15:59:59.999999", "2026-03-02T16:00", None),
        (1, "Asia/Shanghai", "00:00", "2026-03-02T16:00", "2026-03-03T16:00", None),
        (366, "UTC", "23:59", "2024-01-01T00:00", "2025-01-01T23:59", None),
        (36_600, "UTC", "00:00", "2026-01-01T12:00", "2126-03-18T00:00", None),
        # New York goes to summer time on 8 March 2026 at 02:00, and back on 1 November at 02:00.
        (1, "America/New_York", "01:59", "2026-03-07T12:00", "2026-03-08T06:59", None),
        (1, "America/New_York", "02:00", "2026-03-07T12:00", "2026-03-08T07:00", "gap"),
        (1, "America/New_York", "02:59", "2026-03-07T12:00", "2026-03-08T07:00", "gap"),
        (1, "America/New_York", "03:00", "2026-03-07T12:00", "2026-03-08T07:00", None),
        (1, "America/New_York", "01:00", "2026-10-31T12:00", "2026-11-01T06:00", "fold"),
        (1, "America/New_York", "00:59", "2026-10-31T12:00", "2026-11-01T04:59", None),
        (1, "America/New_York", "02:00", "2026-10-31T12:00", "2026-11-01T07:00", None),
        # Lord Howe Island moves by half an hour: on 5 April 2026 from 02:00 back to 01:30.
        (1, "Australia/Lord_Howe", "01:45", "2026-04-04T03:00", "2026-04-04T15:15", "fold"),
        # Santiago skips midnight: on 6 September 2026 00:00 becomes 01:00.
        (1, "America/Santiago", "00:30", "2026-09-05T12:00", "2026-09-06T04:00", "gap"),
        # Samoa skipped 30 December 2011 whole, from 10:00 UTC on.
        (1, "Pacific/Apia", "17:00", "2011-12-29T20:00", "2011-12-30T10:00", "gap"),
        (2, "Pacific/Apia", "17:00", "2011-12-29T20:00", "2011-12-31T03:00", None),
        # Eucla keeps a quarter of an hour, the Chatham Islands three of them.
        (1, "Australia/Eucla", "12:00", "2026-06-01T00:00", "2026-06-02T03:15", None),
        (1, "Pacific/Chatham", "12:00", "2026-06-01T00:00", "2026-06-01T23:15", None),
    ],
)
def test_calendar_days_end_at_the_cut_off_of_the_last(days, zone, cutoff, start, end, met):
    period = Days(days, zone, time.fromisoformat(cutoff))
    deadline_at, derivation = derive(period, at(start), None)
    assert deadline_at == at(end)
    assert (derivation.met, derivation.tz_version) == (met, zones.TZ_VERSION)


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [
        (1, "2024-02-08T02:00", "2024-02-09T09:00"),
        (2, "2024-02-08T02:00", "2024-02-18T09:00"),  # A Sunday that is worked.
        (3, "2024-02-08T02:00", "2024-02-19T09:00"),
        (1, "2024-02-12T02:00", "2024-02-18T09:00"),  # It begins on a holiday.
        (1, "2024-02-17T16:00", "2024-02-19T09:00"),  # It begins on the make-up workday.
        (8, "2026-01-05T04:01", "2026-01-15T09:00"),
        (5, "2026-03-06T02:00", "2026-03-13T09:00"),
        (1, "2026-12-30T02:00", "2026-12-31T09:00"),
        (1, "2003-12-31T02:00", "2004-01-02T09:00"),  # The day before the first published one.
    ],
)
def test_business_days_are_those_that_china_works(days, start, end):
    deadline_at, derivation = derive(Days(days, "Asia/Shanghai", FIVE, "CN"), at(start), CN)
    assert deadline_at == at(end)
    assert derivation.calendar_version == CN.version


@pytest.mark.parametrize(
    ("days", "start"), [(1, "2026-12-31T02:00"), (2, "2026-12-30T02:00"), (1, "2003-12-30T02:00")]
)
def test_beyond_the_published_days_there_is_no_deadline(days, start):
    period = Days(days, "Asia/Shanghai", FIVE, "CN")
    assert derive(period, at(start), CN) is None
    assert derive(period, at("2026-03-02T02:00"), None) is None
    assert not is_published(period, at(start), at(start), CN)


def test_the_derivation_says_what_was_counted():
    period = Days(3, "Asia/Shanghai", FIVE, "CN")
    _, derivation = derive(period, at("2024-02-08T02:00"), CN)
    assert derivation == Derivation(
        period, date(2024, 2, 8), date(2024, 2, 19), CN.version, zones.TZ_VERSION, None
    )
    assert derive(Exact(7), at("2024-02-08T02:00"), None) == (
        at("2024-02-08T02:00:00.007"),
        Derivation(Exact(7)),
    )


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        (date(2026, 3, 2), "Asia/Shanghai", "2026-03-01T16:00"),
        (date(2026, 9, 6), "America/Santiago", "2026-09-06T04:00"),  # It begins at 01:00.
        (date(2026, 4, 5), "America/Santiago", "2026-04-05T04:00"),  # 23:00 came twice before it.
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00"),  # It never was.
        (date(2026, 10, 25), "Atlantic/Azores", "2026-10-25T00:00"),  # 00:00 comes twice.
    ],
)
def test_a_local_day_begins_at_its_first_instant(day, zone, begins):
    assert zones.day_begins(day, zone) == at(begins)


def test_zones_are_read_from_the_pinned_package_and_only_those_it_lists():
    assert zones.is_known("Asia/Shanghai")
    for name in ("Asia/Beijing", "../zones", "Asia", "zone.tab", "asia/shanghai", ""):
        assert not zones.is_known(name)
    with pytest.raises(KeyError):
        zones.local_day(at("2026-01-01T00:00"), "Asia/Beijing")


# --- properties ---------------------------------------------------------------------------------

ZONES = st.sampled_from([
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Santiago", "Atlantic/Azores",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "UTC",
    "America/Nuuk", "Africa/Casablanca", "Antarctica/Troll",
])  # fmt: skip
CUTOFFS = st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0))
STARTS = st.timedeltas(timedelta(0), 4_700 * DAY).map(lambda d: at("2013-01-01T00:00") + d)
COUNTS = st.integers(1, 40)
CALENDARS = st.sampled_from([None, "CN"])
PERIODS = st.builds(Days, COUNTS, ZONES, CUTOFFS, CALENDARS)


def deadline(period, start):
    found = derive(period, start, CN)
    assert found is not None
    return found[0]


@settings(deadline=None, database=None)
@given(PERIODS, STARTS)
def test_the_deadline_is_after_the_start_on_a_day_that_counts(period, start):
    deadline_at, derivation = derive(period, start, CN)
    assert deadline_at > start
    wall = deadline_at.astimezone(zones.zone_of(period.zone)).replace(tzinfo=None)
    signed = datetime.combine(derivation.last_day, period.cutoff)
    assert (wall > signed) if derivation.met == "gap" else (wall == signed)
    assert derivation.last_day > derivation.effective_day
    if period.calendar is not None:
        assert derivation.last_day in CN.business_days
        between = [d for d in CN.business_days
                   if derivation.effective_day < d <= derivation.last_day]  # fmt: skip
        assert len(between) == period.days


@settings(deadline=None, database=None)
@given(PERIODS, STARTS, st.timedeltas(timedelta(0), 60 * DAY))
def test_a_later_start_never_ends_earlier(period, start, later):
    assert deadline(period, start + later) >= deadline(period, start)


@settings(deadline=None, database=None)
@given(PERIODS, STARTS)
def test_a_day_more_ends_later(period, start):
    # Not always by much: a skipped day ends when the next one begins.
    more = Days(period.days + 1, period.zone, period.cutoff, period.calendar)
    assert deadline(more, start) > deadline(period, start)


@settings(deadline=None, database=None, max_examples=40)
@given(PERIODS, STARTS, st.timedeltas(timedelta(0), 500 * DAY), st.floats(0, 1))
def test_no_start_within_the_offer_holds_longer_than_was_reckoned(period, start, length, share):
    longest = longest_hold(period, start, start + length, CN)
    within = start + length * share
    assert (derive(period, within, CN) or (within,))[0] - within <= longest


@settings(deadline=None, database=None, max_examples=40)
@given(PERIODS, STARTS, st.integers(0, 20))
def test_the_longest_hold_is_that_of_a_start(period, start, days):
    end = start + days * DAY
    hours = [start + n * HOUR for n in range(24 * days + 1)]
    zone = zones.zone_of(period.zone)
    begins = [zones.day_begins(instant.astimezone(zone).date(), period.zone) for instant in hours]
    starts = {start, *(instant for instant in begins if start <= instant <= end)}
    holds = [deadline(period, each) - each for each in starts]
    assert longest_hold(period, start, end, CN) == max(holds)


def test_an_offer_that_stays_open_for_ever_costs_little_and_is_not_held_too_short():
    never = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    first = at("2026-01-01T00:00")
    for period in (Days(3, "Asia/Shanghai", FIVE), Days(3, "Asia/Shanghai", FIVE, "CN")):
        near = longest_hold(period, first, first + STARTS_MAX * DAY, CN)
        assert near <= longest_hold(period, first, never, CN)
    assert not is_published(Days(3, "Asia/Shanghai", FIVE, "CN"), first, never, CN)
    assert is_published(Days(3, "Asia/Shanghai", FIVE), first, never, None)


@pytest.fixture
def wrong_machine(tmp_path):
    """A machine on which it is UTC in Shanghai."""
    folder = tmp_path / "Asia"
    folder.mkdir()
    utc = (resources.files("tzdata") / "zoneinfo" / "UTC").read_bytes()
    (folder / "Shanghai").write_bytes(utc)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    zones.zone_of.cache_clear()
    yield
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


def test_the_machine_s_own_zones_play_no_part(wrong_machine):
    evening = at("2026-01-01T20:00")
    assert evening.astimezone(zoneinfo.ZoneInfo("Asia/Shanghai")).date() == date(2026, 1, 1)
    assert zones.local_day(evening, "Asia/Shanghai") == date(2026, 1, 2)
