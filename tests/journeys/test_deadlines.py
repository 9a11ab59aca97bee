"""Moved deadlines through real processes: the scheduler is armed anew, and the auditor agrees."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crps.audit import audit

from . import deal
from .conftest import Running
from .deal import COMMANDS, ORDERS, PAYEE, PAYER, PLACED
from .play import Player, contract_in

pytestmark = pytest.mark.connected

EXTEND, ADVANCE = "crps.deadline.extend.v1", "crps.deadline.advance.v1"
EFFECTIVE, MOVED = "crps.contract.effective.v1", "crps.deadline.moved.v1"
ATTRIBUTED, CLOSED = "crps.funds.attributed.v1", "crps.contract.closed.v1"
PARTITION = 6
SOON = timedelta(seconds=2)


async def test_the_money_arrives_at_the_deadline_to_which_it_was_moved(
    player: Player, running: Running
) -> None:
    contract_id = contract_in(PARTITION)
    sent = 0

    async def say(topic: str, wire_type: str, told: Any) -> None:
        nonlocal sent
        sent += 1
        value = deal.message(contract_id, wire_type, told, f"{contract_id}/{sent}")
        headers = deal.headers(wire_type, value, running.upstream)
        key = str(contract_id).encode()
        await player.send(topic, value, headers, key=key, partition=PARTITION)

    await say(ORDERS, PLACED, deal.order(caps={"extend_ms": 3_600_000}))
    effective = (await player.event(contract_id, EFFECTIVE)).json["data"]
    first = datetime.fromisoformat(effective["tranches"][0]["deadline_at"])
    later = first + timedelta(hours=1)
    await say(COMMANDS, EXTEND, {"party": PAYEE, "to": later.isoformat()})
    extended = (await player.event(contract_id, MOVED)).json["data"]
    assert (instant(extended["after"]), extended["generation"]) == (later, 2)

    sooner = datetime.now(UTC) + SOON
    await say(COMMANDS, ADVANCE, {"party": PAYER, "to": sooner.isoformat()})
    attributed = (await player.event(contract_id, ATTRIBUTED)).json
    assert attributed["causationid"] == f"{contract_id}/due/1/chain/3"
    arrival = attributed["data"]
    assert (arrival["cause"], instant(arrival["due_at"])) == ("arrival", sooner)
    assert instant(arrival["judged_at"]) >= sooner
    await player.event(contract_id, CLOSED)
    result = await audit(running.addresses, frozenset({contract_id}))
    assert not [text for text in result.violations if str(contract_id) in text]
    assert result.histories[contract_id].deadlines == (sooner,)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
