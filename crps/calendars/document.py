"""A business calendar as a document: what may stand in it, and China's as a library has it."""

import json
import re
from collections.abc import Iterable
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from schemas.fields import Request
from schemas.periods_v1 import CalendarId, CalendarVersion

CHINA: Final = "CN"
SPAN_MAX: Final = 36_600
"""Days that one calendar may publish: as many as a period may have."""
_YEARS: Final = (1900, 2999)
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SATURDAY: Final = 5


class CalendarError(Exception):
    """The document is no calendar; the text says where and why."""


def _read_day(raw: object) -> object:
    if isinstance(raw, date) or (isinstance(raw, str) and _ISO.fullmatch(raw)):
        return raw
    raise ValueError("a day is written as 2027-02-05")


Day = Annotated[date, BeforeValidator(_read_day)]


class CalendarDocument(Request):
    """One version of a calendar: Monday to Friday are worked, but for what is listed."""

    id: CalendarId
    version: CalendarVersion
    first_day: Day
    last_day: Day
    """Of the published days, both included; of any other nothing is known."""
    holidays: Annotated[tuple[Day, ...], Field(max_length=SPAN_MAX)]
    """Days that are free; a Saturday or Sunday may be among them."""
    workdays: Annotated[tuple[Day, ...], Field(max_length=SPAN_MAX)]
    """Saturdays and Sundays that are worked."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not _YEARS[0] <= self.first_day.year <= self.last_day.year <= _YEARS[1]:
            raise ValueError(f"its days must lie in the years {_YEARS[0]} to {_YEARS[1]}")
        if not self.first_day <= self.last_day:
            raise ValueError("its last day is before its first")
        if (self.last_day - self.first_day).days >= SPAN_MAX:
            raise ValueError(f"it publishes more than {SPAN_MAX} days")
        _each_once("holidays", self.holidays)
        _each_once("workdays", self.workdays)
        for day in (*self.holidays, *self.workdays):
            if not self.first_day <= day <= self.last_day:
                raise ValueError(f"{day} is not one of its days")
        for day in self.workdays:
            if day in self.holidays:
                raise ValueError(f"{day} is both a holiday and a workday")
            if day.weekday() < _SATURDAY:
                raise ValueError(f"workdays are Saturdays and Sundays: {day} is {day:%A}")
        return self

    @property
    def cells(self) -> tuple[Any, ...]:
        """Return it as the query ``insert_calendar`` takes it."""
        free, worked = sorted(self.holidays), sorted(self.workdays)
        return (self.id, self.version, self.first_day, self.last_day, free, worked)

    def text(self) -> str:
        """Return it as a file may say it."""
        return json.dumps(self.model_dump(mode="json"), indent=1)


def read_document(path: Path) -> CalendarDocument:
    """Return the calendar that stands in the file; raises ``CalendarError``."""
    try:
        return CalendarDocument.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CalendarError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        why = first["msg"].removeprefix("Value error, ")
        raise CalendarError(f"{path}: {where}{': ' if where else ''}{why}") from None


def china() -> CalendarDocument:
    """Return China's calendar, make-up workdays included, of the years that the library has."""
    # The library is data of twenty years: only who imports it loads it.
    from chinese_calendar.constants import holidays, workdays

    return CalendarDocument(
        id=CHINA,
        version=f"chinesecalendar-{metadata.version('chinesecalendar')}",
        first_day=date(min(holidays).year, 1, 1),
        last_day=date(max(holidays).year, 12, 31),
        holidays=tuple(sorted(holidays)),
        workdays=tuple(sorted(workdays)),
    )


def _each_once(name: str, days: Iterable[date]) -> None:
    seen: set[date] = set()
    for day in days:
        if day in seen:
            raise ValueError(f"{name} has {day} twice")
        seen.add(day)
