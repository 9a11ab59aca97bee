"""Where the virtual clock stands, and how far the services have read it: their own tables tell."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from schemas.topics import SERVICES

_KNOWN: Final = " UNION ALL ".join(
    # The names are ours, not input.
    f"SELECT '{service}' AS service, count(*) AS partitions, min(stands_at) AS earliest"  # noqa: S608
    f" FROM {service}.virtual_time"
    for service in SERVICES
)


_NOW: Final = "SELECT coalesce((SELECT max(stands_at) FROM contracts.virtual_time), now())"


async def read_now(conn: asyncpg.Connection) -> datetime:
    """Return what time it is: by the virtual clock where one was set, else by the database's."""
    now: datetime = await conn.fetchval(_NOW)
    return now


async def known(conn: asyncpg.Connection) -> Mapping[str, Any]:
    """Return, by service, in how many `partitions` the clock stands, and where at the `earliest`.

    ``conn`` is the administrator's: no service may read another's tables.
    """
    return {row["service"]: row for row in await conn.fetch(_KNOWN)}


async def unread(conn: asyncpg.Connection, partitions: int, to: datetime) -> Sequence[str]:
    """Return the services that have not read in all partitions that it is ``to``."""
    return [
        service
        for service, row in (await known(conn)).items()
        if row["partitions"] < partitions or row["earliest"] < to
    ]


async def wait_until_read(
    conn: asyncpg.Connection, partitions: int, to: datetime, *, look_s: float
) -> None:
    """Return once every service has read it; looks so often, and never gives up by itself."""
    while await unread(conn, partitions, to):  # noqa: ASYNC110  # other processes set no event
        await asyncio.sleep(look_s)
