"""A preview says what then happens, an outlook what comes if nobody acts; neither is recorded."""

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from crps.cli import app
from services.chassis.desk import REFUSED

from . import deal
from .conftest import Running
from .deal import COMMANDS, ORDERS, PAYEE, PAYER, PLACED, RELEASE
from .play import Player, contract_in

pytestmark = pytest.mark.connected

PARTITION = 7
OPEN, CLAIM = "crps.dispute.open.v1", "crps.claim.lower.v1"
EFFECTIVE, ATTRIBUTED = "crps.contract.effective.v1", "crps.funds.attributed.v1"
REGISTERED = "crps.dispute.registered.v1"
ROWS = """
    SELECT (SELECT count(*) FROM {0}.journal WHERE contract_id = $1)
         + (SELECT count(*) FROM {0}.command_register WHERE contract_id = $1)
"""


async def test_what_is_previewed_is_what_then_happens(player: Player, running: Running) -> None:
    contract_id = contract_in(PARTITION)
    order = deal.message(contract_id, PLACED, deal.order(), "order")
    await send(player, running, ORDERS, contract_id, PLACED, order)
    effective = (await player.event(contract_id, EFFECTIVE)).json["data"]
    before = await rows(running, contract_id)
    money = {"amount": "3000", "asset": "CNY/2"}
    release = deal.message(contract_id, RELEASE, deal.release(money), "release")

    code, (would_be,) = await crps(running, "preview", "-", said=release)
    assert (code, would_be["type"]) == (0, ATTRIBUTED)
    taking = deal.message(contract_id, RELEASE, deal.release(money, PAYEE), "release")
    code, (refused,) = await crps(running, "preview", "-", said=taking)
    assert (code, refused["type"], refused["data"]["code"]) == (1, REFUSED, "WRONG_ROLE")

    code, outlook = await crps(running, "contract", "outlook", str(contract_id))
    (arrival,) = outlook["if_nobody_acts"]
    deadline_at = effective["tranches"][0]["deadline_at"]
    assert (arrival["at"], arrival["data"]["cause"]) == (deadline_at, "arrival")
    assert arrival["data"]["money"] == {"amount": "10000", "asset": "CNY/2"}
    can = {role: {way["command"] for way in ways} for role, ways in outlook["can"].items()}
    assert can["payer"] == {"funds.release", "dispute.open", "deadline.advance"}
    assert can["payee"] == {"funds.return"}
    assert await rows(running, contract_id) == before

    await send(player, running, COMMANDS, contract_id, RELEASE, release)
    happened = (await player.event(contract_id, ATTRIBUTED)).json["data"]
    assert happened == would_be["data"] | {"judged_at": happened["judged_at"]}


async def test_the_outlook_of_a_dispute_is_its_signed_ending(
    player: Player, running: Running
) -> None:
    contract_id = contract_in(PARTITION)
    order = deal.message(contract_id, PLACED, deal.order(), "order")
    await send(player, running, ORDERS, contract_id, PLACED, order)
    claim = {"amount": "6000", "asset": "CNY/2"}
    told = {"party": PAYER, "claim": claim, "reason": "not_as_described"}
    await player.event(contract_id, EFFECTIVE)
    opening = deal.message(contract_id, OPEN, told, "open")
    await send(player, running, COMMANDS, contract_id, OPEN, opening)
    registered = (await player.event(contract_id, REGISTERED)).json["data"]
    before = await rows(running, contract_id)

    _, outlook = await crps(running, "contract", "outlook", str(contract_id))
    lost, ended = outlook["if_nobody_acts"]
    assert lost["at"] == ended["at"] == registered["deadline_at"]
    assert (lost["data"]["to"], lost["data"]["money"]["amount"]) == ("payer", "6000")
    assert ended["data"]["ending"] == "silence"
    assert {way["command"] for way in outlook["can"]["payee"]} >= {"claim.lower"}
    lowered = {"party": PAYEE, "claim": {"amount": "9000", "asset": "CNY/2"}}
    answer = deal.message(contract_id, CLAIM, lowered, "claim")
    code, said = await crps(running, "preview", "-", said=answer)
    assert (code, said[1]["data"]["money"]["amount"]) == (0, "1000")
    assert await rows(running, contract_id) == before


async def test_what_cannot_be_judged_says_why(running: Running) -> None:
    unknown = str(contract_in(PARTITION))
    code, why = await crps(running, "contract", "outlook", unknown)
    assert (code, why.split(":")[0]) == (1, "UNKNOWN_CONTRACT")
    code, why = await crps(running, "preview", "-", said=b"{}")
    assert (code, why.split(":")[0]) == (2, "MALFORMED")
    event = deal.message(contract_in(PARTITION), EFFECTIVE, {}, "event")
    code, why = await crps(running, "preview", "-", said=event)
    assert (code, why.split(":")[0]) == (2, "TYPE_UNKNOWN")


async def send(
    player: Player, running: Running, topic: str, contract_id: UUID, wire_type: str, value: bytes
) -> None:
    headers = deal.headers(wire_type, value, running.upstream)
    key = str(contract_id).encode()
    await player.send(topic, value, headers, key=key, partition=PARTITION)


async def crps(running: Running, *arguments: str, said: bytes | None = None) -> tuple[int, Any]:
    """Run a command as a person would; return its exit code and what it said."""
    options = ["--json", "--postgres", running.addresses.postgres]
    result = await asyncio.to_thread(
        CliRunner().invoke, app, [*arguments, *options], input=said, catch_exceptions=False
    )
    return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr


async def rows(running: Running, contract_id: UUID) -> list[int]:
    """How much the two who decide have on record of the contract."""
    conn = await asyncpg.connect(running.addresses.postgres)
    try:
        return [
            await conn.fetchval(ROWS.format(schema), contract_id)
            for schema in ("contracts", "disputes")
        ]
    finally:
        await conn.close()
