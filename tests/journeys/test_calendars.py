"""Business days through real processes: a calendar is added while they run, and counts at once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from crps.audit import audit
from crps.calendars.document import CalendarDocument
from crps.calendars.publishing import publish
from crps.cli import app

from . import deal
from .conftest import Running
from .deal import COMMANDS, ORDERS, PAYER, PLACED
from .play import Player, contract_in

pytestmark = pytest.mark.connected

PARTITION = 9
DAYS = {"unit": "business_days", "days": 3, "zone": "UTC", "cutoff": "17:00", "calendar": "JOURNEY"}
CALENDAR = CalendarDocument(
    id="JOURNEY",
    version="v1",
    first_day=date(2020, 1, 1),
    last_day=date(2099, 12, 31),
    holidays=(),
    workdays=(),
)


async def test_a_calendar_added_while_the_services_run_counts_for_the_next_contract(
    player: Player, running: Running
) -> None:
    contract_ids = [contract_in(PARTITION), contract_in(PARTITION)]
    tranches = [{"amount": "10000", "period": DAYS}]

    async def say(contract_id: Any, topic: str, wire_type: str, told: Any, message_id: str) -> Any:
        value = deal.message(contract_id, wire_type, told, f"{contract_id}/{message_id}")
        headers = deal.headers(wire_type, value, running.upstream)
        key = str(contract_id).encode()
        return await player.send(topic, value, headers, key=key, partition=PARTITION)

    early = await say(contract_ids[0], ORDERS, PLACED, deal.order(tranches=tranches), "order")
    assert await player.verdict(early) == ("refused", "CALENDAR_NOT_PUBLISHED")
    assert await publish(running.addresses.postgres, CALENDAR)

    contract_id = contract_ids[1]
    await say(contract_id, ORDERS, PLACED, deal.order(tranches=tranches), "order")
    effective = (await player.event(contract_id, "crps.contract.effective.v1")).json["data"]
    day = datetime.fromisoformat(effective["effective_at"]).date()
    counted = 0
    while counted < 3:
        day += timedelta(days=1)
        counted += day.isoweekday() <= 5
    (tranche,) = effective["tranches"]
    end = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    assert datetime.fromisoformat(tranche["deadline_at"]) == end
    assert tranche["derivation"]["calendar_version"] == "v1"

    explain = ["contract", "explain", str(contract_id), "--postgres", running.addresses.postgres]
    explained = await asyncio.to_thread(CliRunner().invoke, app, explain)
    assert explained.exit_code == 0
    assert "3 business days of the calendar JOURNEY" in explained.output
    assert "Counted by the calendar JOURNEY v1." in explained.output

    release = {"party": PAYER, "amount": "ALL"}
    await say(contract_id, COMMANDS, "crps.funds.release.v1", release, "release")
    await player.event(contract_id, "crps.contract.closed.v1")
    result = await audit(running.addresses, frozenset({contract_id}))
    assert not [text for text in result.violations if str(contract_id) in text]
    assert result.histories[contract_id].deadlines == (end,)
