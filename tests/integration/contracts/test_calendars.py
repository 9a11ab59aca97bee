"""Calendars on a real database: published once by their owner, read by the service, watched."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import asyncpg
import pytest

from crps import explain
from crps.calendars.document import CalendarDocument, CalendarError, china
from crps.calendars.publishing import VersionTakenError, publish, published, read_published
from crps.memory.contracts_tables import add_contracts
from crps.memory.database import Database
from services.chassis.meters import Meters
from services.contracts import app
from services.contracts.calendars import QUERIES
from services.contracts.domain.zones import TZ_VERSION
from tests.unit.contracts import wire
from tests.unit.records import types

pytestmark = pytest.mark.connected

DAYS = {"unit": "business_days", "days": 2, "zone": "UTC", "cutoff": "23:59", "calendar": "WIDE"}


def document(name, version="v1", **changes):
    told = {
        "id": name,
        "version": version,
        "first_day": date(2000, 1, 1),
        "last_day": date(2099, 12, 31),
        "holidays": (date(2000, 1, 3),),
        "workdays": (date(2000, 1, 1), date(2000, 1, 2)),
    }
    return CalendarDocument(**told | changes)


async def test_a_version_is_published_once_and_stands_for_ever(database):
    assert await publish(database, china())
    assert not await publish(database, china())
    assert await read_published(database, "CN", None) == china()
    first, other = document("ONCE"), document("ONCE", holidays=())
    assert await publish(database, first)
    with pytest.raises(VersionTakenError, match="ONCE v1 stands with other days"):
        await publish(database, other)
    assert await read_published(database, "ONCE", "v1") == first
    assert await publish(database, document("ONCE", "v2", holidays=()))
    assert not await publish(database, first)
    newest = {row["id"]: row["version"] for row in await published(database)}
    assert newest["ONCE"] == "v2"
    for name, version in [("NONE", None), ("ONCE", "v9")]:
        with pytest.raises(CalendarError, match=f"no calendar {name}"):
            await read_published(database, name, version)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO calendar VALUES ('X', 'v', '2026-01-01', '2026-01-01', '{}', '{}')",
        "UPDATE calendar SET last_day = '2100-01-01'",
        "DELETE FROM calendar",
        "TRUNCATE calendar",
    ],
)
async def test_the_service_only_reads_calendars(bench, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bench.pool.execute(statement)


async def test_nobody_changes_what_was_published(database):
    await publish(database, document("FIXED"))
    conn = await asyncpg.connect(database, server_settings={"search_path": "contracts"})
    try:
        for statement in ("UPDATE calendar SET holidays = '{}'", "DELETE FROM calendar"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await conn.execute(statement)
        with pytest.raises(asyncpg.CheckViolationError):
            await conn.execute(
                "INSERT INTO calendar VALUES ('X', 'v', '2026-01-02', '2026-01-01', '{}', '{}')"
            )
    finally:
        await conn.close()


def counted(effective_at, days):
    """The n-th Monday to Friday after a day; the wide calendar has no other days off by now."""
    day = effective_at.date()
    while days:
        day += timedelta(days=1)
        days -= day.isoweekday() <= 5
    return datetime.combine(day, time(23, 59), UTC)


async def test_a_contract_in_days_keeps_its_period_and_finds_its_deadline(bench, deal, database):
    await publish(database, document("WIDE"))
    tale = await deal()
    terms = wire.terms(("10000", 1), ("20000", 1))
    terms["tranches"][1]["period"] = DAYS
    told = wire.order(
        terms, "payer", "payee", offer_expires_at=(tale.at + timedelta(hours=1)).isoformat()
    )
    await bench.play(tale._make(wire.ORDERS, "order.placed", told))
    await bench.play(tale.fund())
    effective = (await bench.said(tale.contract_id))[-1]["data"]
    effective_at = (await bench.row(tale.contract_id))["effective_at"]
    derived = effective["tranches"][1]
    assert datetime.fromisoformat(derived["deadline_at"]) == counted(effective_at, 2)
    assert derived["derivation"] == {
        **DAYS,
        "effective_day": effective_at.date().isoformat(),
        "last_day": derived["deadline_at"][:10],
        "calendar_version": "v1",
        "tz_version": TZ_VERSION,
    }
    found, calendars = await explain._read(database, tale.contract_id)
    assert calendars.keys() == {("WIDE", "v1")}
    exact, days = explain.explained(found, found.terms, calendars)
    assert exact.runs == ()
    assert days.runs[-1][2] == "2"
    for change in ("period_ms = 1", "period_zone = NULL", "period_days = 0"):
        conn = await asyncpg.connect(database, server_settings={"search_path": "contracts"})
        try:
            with pytest.raises(asyncpg.CheckViolationError):
                await conn.execute(
                    f"UPDATE tranche SET {change} WHERE contract_id = $1 AND number = 2",
                    tale.contract_id,
                )
        finally:
            await conn.close()


async def test_an_offer_that_no_calendar_reaches_is_refused(bench, deal):
    tale = await deal()
    terms = wire.terms()
    terms["tranches"][0]["period"] = {**DAYS, "calendar": "NOWHERE"}
    told = wire.order(
        terms, "payer", "payee", offer_expires_at=(tale.at + timedelta(hours=1)).isoformat()
    )
    await bench.play(tale._make(wire.ORDERS, "order.placed", told))
    (refused,) = await bench.said(tale.contract_id)
    assert types([refused]) == ["command.refused"]
    assert refused["data"]["code"] == "CALENDAR_NOT_PUBLISHED"


async def test_the_days_left_stand_in_the_metrics(bench, database):
    await publish(database, document("WATCHED"))
    meters = Meters()
    app.gauges(meters, SimpleNamespace(pool=bench.pool))
    page = (await meters.render()).decode()
    (line,) = [line for line in page.splitlines() if 'calendar="WATCHED"' in line]
    today = (await bench.now()).date()
    assert float(line.rpartition(" ")[2]) == (date(2099, 12, 31) - today).days


async def test_the_tables_in_memory_answer_as_postgres_does(database):
    conn = await asyncpg.connect(database, server_settings={"search_path": "contracts"})
    memory = Database(lambda: datetime.now(UTC))
    add_contracts(memory)
    documents = [document("M"), document("M", "v0", last_day=date(2050, 1, 1)), document("N")]
    try:
        for cells in [each.cells for each in documents + documents[:1]]:
            rows = await conn.fetch(QUERIES["insert_calendar"], *cells)
            kept = memory.run(QUERIES["insert_calendar"], *cells)
            assert [tuple(row) for row in rows] == [tuple(row) for row in kept]
        for name, arguments in [
            ("newest_calendars", (["M", "N", "NONE"],)),
            ("load_calendar", ("M", "v1")),
            ("load_calendar", ("M", "v9")),
        ]:
            rows = await conn.fetch(QUERIES[name], *arguments)
            kept = memory.run(QUERIES[name], *arguments)
            columns = list(rows[0].keys()) if rows else []
            assert [tuple(row) for row in rows] == [
                tuple(row[column] for column in columns) for row in kept
            ]
        rows = await conn.fetch(QUERIES["every_calendar"])
        kept = memory.run(QUERIES["every_calendar"])
        ours = [tuple(row) for row in rows if row["id"] in {"M", "N"}]
        columns = list(rows[0].keys())
        assert ours == [tuple(row[column] for column in columns) for row in kept]
    finally:
        await conn.close()
