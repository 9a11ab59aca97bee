"""Previews and outlooks ask what time it is for the services, not for the machine."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from crps.preview.rehearsal import clock

pytestmark = pytest.mark.connected

TURNED = datetime(2031, 5, 4, 12, tzinfo=UTC)


async def test_a_preview_stands_at_the_virtual_instant_of_a_sandbox(database: str) -> None:
    conn = await asyncpg.connect(database)
    try:
        unturned = await clock(conn)
        assert abs(unturned - datetime.now(UTC)) < timedelta(minutes=1)
        await conn.execute("INSERT INTO contracts.virtual_time VALUES (3, $1)", TURNED)
        assert await clock(conn) == TURNED
    finally:
        await conn.close()
