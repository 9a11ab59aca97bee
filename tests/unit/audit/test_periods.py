"""The auditor finds first deadlines anew: from the terms and the instant of effect alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crps.audit.books import CalendarRow
from crps.audit.periods import IANA_VERSION, Calendars, deadlines_agreed
from crps.calendars.document import china
from schemas.contracts_v1 import ContractEffective
from schemas.terms_v1 import Terms
from services.contracts.domain.calendars import Calendar
from services.contracts.domain.periods import Days, derive
from services.contracts.messages.outgoing import _derivation
from tests.unit.audit.story import TERMS

CELLS = china().cells
VERSION = CELLS[1]
FREE, WORKED = (frozenset(days) for days in CELLS[4:])
CALENDARS = {("CN", VERSION): CalendarRow(*CELLS[2:4], FREE, WORKED)}
ZONE = {"zone": "Asia/Shanghai", "cutoff": "17:00"}
DAYS = {"unit": "calendar_days", "days": 2, **ZONE}
WORKDAYS = {"unit": "business_days", "days": 2, **ZONE, "calendar": "CN"}
COUNTED = {"effective_day": "2026-02-12", "tz_version": IANA_VERSION}
OF_DAYS = {**DAYS, **COUNTED, "last_day": "2026-02-14"}
OF_WORKDAYS = {**WORKDAYS, **COUNTED, "last_day": "2026-02-14", "calendar_version": VERSION}
# Effective on Thursday, 12 February 2026, at ten in Shanghai; the 14th, a Saturday, is worked.
EFFECTIVE, END = "2026-02-12T02:00:00Z", "2026-02-14T09:00:00Z"


def flaws(
    period: dict[str, Any],
    derivation: dict[str, Any],
    end: Any,
    start: Any = EFFECTIVE,
    calendars: Calendars = CALENDARS,
) -> list[str]:
    signed = {**TERMS, "tranches": [{"amount": "10000", "period": period}]}
    tranche = {
        "tranche": 1,
        "amount": "10000",
        "deadline_at": end,
        "generation": 1,
        "derivation": derivation,
    }
    told = {
        "timers": [],
        "effective_at": start,
        "asset": "CNY/2",
        "total": "10000",
        "receipts": 1,
        "received": "100",
        "tranches": [tranche],
    }
    effective = ContractEffective.model_validate(told)
    return [*deadlines_agreed(effective, Terms.model_validate(signed), calendars)]


def test_deadlines_that_were_found_rightly_are_agreed() -> None:
    assert flaws(DAYS, OF_DAYS, END) == []
    assert flaws(WORKDAYS, OF_WORKDAYS, END) == []
    exact = {"unit": "exact", "duration_ms": 60_000}
    assert flaws(exact, exact, "2026-02-12T02:01:00Z") == []


WRONG = "is not the one that was signed"


@pytest.mark.parametrize(
    ("period", "derivation", "end", "why"),
    [
        (DAYS, OF_DAYS, "2026-02-14T09:00:00.001Z", WRONG),
        (DAYS, OF_DAYS, "2026-02-13T09:00:00Z", WRONG),
        (DAYS, OF_DAYS | {"days": 3}, END, "from another period"),
        (DAYS, OF_DAYS | {"cutoff": "16:00"}, END, "from another period"),
        (DAYS, OF_DAYS | {"zone": "Asia/Tokyo"}, END, "from another period"),
        (DAYS, {"unit": "exact", "duration_ms": 5}, END, "from another period"),
        (DAYS, OF_DAYS | {"effective_day": "2026-02-11"}, END, "from other days"),
        (DAYS, OF_DAYS | {"last_day": "2026-02-15"}, "2026-02-15T09:00:00Z", "from other days"),
        (DAYS | {"zone": "A/B"}, OF_DAYS | {"zone": "A/B"}, END, "which there is not"),
        (WORKDAYS, OF_WORKDAYS, "2026-02-24T09:00:00Z", WRONG),
        (WORKDAYS, OF_WORKDAYS | {"calendar_version": "x"}, END, "never published"),
        (WORKDAYS, OF_WORKDAYS | {"calendar_version": None}, END, "never published"),
        (WORKDAYS, OF_WORKDAYS | {"calendar": "US"}, END, "from another period"),
        (WORKDAYS, OF_WORKDAYS | {"last_day": "2026-02-24"}, END, "from other days"),
        (WORKDAYS | {"days": 9_999}, OF_WORKDAYS | {"days": 9_999}, END, "from other days"),
        (
            {"unit": "exact", "duration_ms": 60_000},
            {"unit": "exact", "duration_ms": 60_000},
            "2026-02-12T02:01:00.001Z",
            WRONG,
        ),
    ],
)
def test_a_deadline_that_was_not_signed_is_found(
    period: dict[str, Any], derivation: dict[str, Any], end: str, why: str
) -> None:
    (found,) = flaws(period, derivation, end)
    assert found.startswith("the deadline of tranche 1")
    assert why in found


def test_another_release_of_the_zones_explains_a_day_at_most() -> None:
    older = OF_DAYS | {"tz_version": "2026a"}
    assert flaws(DAYS, older, "2026-02-14T08:00:00Z") == []
    (found,) = flaws(DAYS, older, "2026-02-15T09:00:00.001Z")
    assert WRONG in found


def test_tranches_that_were_not_signed_are_found() -> None:
    told = ContractEffective.model_construct(tranches=[], effective_at=EFFECTIVE)
    (found,) = deadlines_agreed(told, Terms.model_validate(TERMS), {})
    assert found == "0 tranches took effect, 2 were signed"


ZONES = st.sampled_from([
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Santiago", "Atlantic/Azores",
    "Australia/Lord_Howe", "Pacific/Apia", "America/Nuuk", "Africa/Casablanca", "Antarctica/Troll",
])  # fmt: skip
PERIODS = st.builds(
    Days,
    st.integers(1, 40),
    ZONES,
    st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from([None, "CN"]),
)
STARTS = st.timedeltas(timedelta(0), timedelta(days=6_500)).map(
    lambda later: datetime(2008, 1, 1, tzinfo=UTC) + later
)


@settings(deadline=None, database=None, max_examples=300)
@given(PERIODS, STARTS)
def test_service_and_auditor_find_the_same_each_in_its_own_way(
    period: Days, start: datetime
) -> None:
    found = derive(period, start, Calendar("CN", VERSION, *CELLS[2:4], FREE, WORKED))
    assert found is not None
    deadline_at, derivation = found
    told = _derivation(derivation).model_dump(exclude_none=True)
    signed = ("unit", "days", "zone", "cutoff", "calendar")
    terms = {name: told[name] for name in signed if name in told}
    assert flaws(terms, told, deadline_at, start) == []


def test_the_auditor_counts_the_days_of_the_version_that_is_stored() -> None:
    shorter = {("CN", VERSION): CalendarRow(date(2026, 1, 1), date(2026, 2, 13), FREE, WORKED)}
    (found,) = flaws(WORKDAYS, OF_WORKDAYS, END, calendars=shorter)
    assert "from other days than 2026-02-12 and None" in found
