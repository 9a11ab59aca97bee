"""Publishes calendars into the contracts service's schema, as its owner: the service only reads."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from crps.calendars.document import CalendarDocument, CalendarError
from services.contracts.calendars import QUERIES

_SCHEMA: Final = "contracts"


class VersionTakenError(Exception):
    """The version stands with other days; deadlines may rest on them."""


async def publish(dsn: str, document: CalendarDocument) -> bool:
    """Add the version, so that it is the newest; False where just this one stands already.

    ``dsn`` is the administrator's. Raises ``VersionTakenError``, asyncpg's errors.
    """
    conn = await _connect(dsn)
    try:
        await conn.fetch(QUERIES["every_calendar"])  # UndefinedTableError: not migrated.
        async with conn.transaction():
            await conn.execute(f"SET LOCAL ROLE own_{_SCHEMA}")
            if await conn.fetchval(QUERIES["insert_calendar"], *document.cells) is not None:
                return True
            stands = await conn.fetchrow(QUERIES["load_calendar"], document.id, document.version)
    finally:
        await conn.close()
    if tuple(stands) != document.cells:
        raise VersionTakenError(f"{document.id} {document.version} stands with other days")
    return False


async def published(dsn: str) -> Sequence[asyncpg.Record]:
    """Return the newest version of every calendar: id, version, days, and how many are left."""
    conn = await _connect(dsn)
    try:
        rows: list[asyncpg.Record] = await conn.fetch(QUERIES["every_calendar"])
        return rows
    finally:
        await conn.close()


async def read_published(dsn: str, name: str, version: str | None) -> CalendarDocument:
    """Return one version, the newest if none is named; raises ``CalendarError`` without one."""
    conn = await _connect(dsn)
    try:
        newest = {row["id"]: row["version"] for row in await conn.fetch(QUERIES["every_calendar"])}
        row = await conn.fetchrow(QUERIES["load_calendar"], name, version or newest.get(name, ""))
    finally:
        await conn.close()
    if row is None:
        raise CalendarError(f"no calendar {' '.join(filter(None, (name, version)))} is published")
    return CalendarDocument(**row)


async def _connect(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn, server_settings={"search_path": _SCHEMA})
