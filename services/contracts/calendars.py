"""Business calendars in PostgreSQL: the newest version of each, and a warning before it runs out.

A version never changes, so that its days are read once. Which version is the newest is asked in
the transaction of a batch that needs a calendar; a batch of exact periods asks nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import asyncpg
import structlog

from services.chassis.db import Queries
from services.contracts.domain.calendars import Calendar, Calendars

QUERIES: Final = Queries.load("services.contracts")

DAYS_LEFT_LOW: Final = 90
"""Fewer than these are told loudly: whoever publishes holidays does so once a year."""

log = structlog.get_logger()


class Shelf:
    """The calendars that this process has read."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Calendar] = {}
        self._watch = HorizonWatch()

    async def newest(self, conn: asyncpg.Connection, ids: Iterable[str]) -> Calendars:
        """Return the newest version of each of these calendars; unknown ones are left out."""
        rows = await conn.fetch(QUERIES["newest_calendars"], sorted(ids))
        self._watch.look(rows)
        return {row["id"]: await self._calendar(conn, row["id"], row["version"]) for row in rows}

    async def _calendar(self, conn: asyncpg.Connection, name: str, version: str) -> Calendar:
        found = self._read.get((name, version)) or await read_calendar(conn, name, version)
        assert found is not None, "what was published stands"
        self._read[name, version] = found
        return found


async def read_calendar(conn: asyncpg.Connection, name: str, version: str) -> Calendar | None:
    """Return one version of a calendar; None if it was never published."""
    row = await conn.fetchrow(QUERIES["load_calendar"], name, version)
    if row is None:
        return None
    return Calendar(
        id=name,
        version=version,
        first_day=row["first_day"],
        last_day=row["last_day"],
        holidays=frozenset(row["holidays"]),
        workdays=frozenset(row["workdays"]),
    )


class HorizonWatch:
    """Tells loudly, once a day and calendar, that few published days are left."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, int]] = {}

    def look(self, rows: Sequence[asyncpg.Record]) -> None:
        """Look at rows with ``id``, ``version``, ``last_day`` and ``days_left``."""
        for row in rows:
            now = (row["version"], row["days_left"])
            if row["days_left"] < DAYS_LEFT_LOW and self._told.get(row["id"]) != now:
                log.error("calendar.runs_out", calendar=row["id"], version=row["version"],
                          last_day=str(row["last_day"]), days_left=row["days_left"],
                          remedy="crps calendar add")  # fmt: skip
            self._told[row["id"]] = now

    async def look_at_all(self, pool: asyncpg.Pool) -> Sequence[asyncpg.Record]:
        """Look at the newest version of every calendar, and return them."""
        rows: list[asyncpg.Record] = await pool.fetch(QUERIES["every_calendar"])
        self.look(rows)
        return rows
