"""A calendar's document: read when it is right, refused in a line when it is not."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest

from crps.calendars.document import CalendarDocument, CalendarError, china, read_document
from services.contracts.domain.calendars import Calendar

SMALL = {
    "id": "CN",
    "version": "2027.1",
    "first_day": "2027-01-01",
    "last_day": "2027-12-31",
    "holidays": ["2027-01-01", "2027-02-06", "2027-02-08"],
    "workdays": ["2027-02-20"],
}


def written(tmp_path: Path, **changes: Any) -> Path:
    told = {name: value for name, value in (SMALL | changes).items() if value is not None}
    file = tmp_path / "calendar.json"
    file.write_text(json.dumps(told))
    return file


def test_a_document_is_read_and_written_as_it_stands(tmp_path: Path) -> None:
    document = read_document(written(tmp_path))
    assert json.loads(document.text()) == SMALL
    assert CalendarDocument.model_validate_json(document.text()) == document


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "china"}, "id: "),
        ({"id": "C\u0000"}, "id: "),
        ({"version": ""}, "version: "),
        ({"version": None}, "version: Field required"),
        ({"author": "x"}, "author: Extra inputs"),
        ({"first_day": "2027-1-1"}, "first_day: a day is written as"),
        ({"first_day": 1_800_000_000}, "first_day: a day is written as"),
        ({"first_day": "2027-02-30"}, "first_day: "),
        ({"last_day": "2026-12-31"}, "its days must lie in the years"),
        ({"first_day": "2027-12-31", "last_day": "2027-01-01"}, "its last day is before its first"),
        ({"first_day": "1899-12-31"}, "years 1900 to 2999"),
        ({"last_day": "3000-01-01"}, "years 1900 to 2999"),
        ({"last_day": "2128-01-01"}, "it publishes more than 36600 days"),
        ({"holidays": ["2028-01-01"]}, "2028-01-01 is not one of its days"),
        ({"workdays": ["2026-12-27"]}, "2026-12-27 is not one of its days"),
        ({"holidays": ["2027-02-08", "2027-02-08"]}, "holidays has 2027-02-08 twice"),
        ({"workdays": ["2027-02-06"]}, "2027-02-06 is both a holiday and a workday"),
        ({"workdays": ["2027-02-22"]}, "2027-02-22 is Monday"),
    ],
)
def test_a_flaw_is_named_in_a_line(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(CalendarError) as refused:
        read_document(written(tmp_path, **changes))
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_document_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "calendar.json"
    file.write_bytes(content)
    with pytest.raises(CalendarError):
        read_document(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match=r"none\.json cannot be read"):
        read_document(tmp_path / "none.json")


def test_china_works_exactly_when_the_library_says_so() -> None:
    cells = china().cells
    calendar = Calendar(*cells[:4], *(frozenset(days) for days in cells[4:]))
    days = (calendar.last_day - calendar.first_day).days + 1
    every = [calendar.first_day + timedelta(days=n) for n in range(days)]
    assert days > 8_000
    assert [*calendar.business_days] == [d for d in every if chinese_calendar.is_workday(d)]
