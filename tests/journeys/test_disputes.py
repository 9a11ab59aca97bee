"""Disputes through real processes: admitted, answered, ended, and what they leave alone."""

from typing import Any
from uuid import UUID

import pytest

from schemas import topics

from . import deal
from .conftest import Running
from .deal import COMMANDS, ORDERS, PAYEE, PAYER, PLACED, RELEASE
from .play import Player, contract_in

pytestmark = pytest.mark.connected

CLAIMS = topics.DISPUTES_COMMANDS.name
OPEN, LOWER = "crps.dispute.open.v1", "crps.claim.lower.v1"
OPENED, ENDED = "crps.dispute.opened.v1", "crps.dispute.ended.v1"
CLOSED, EFFECTIVE = "crps.contract.closed.v1", "crps.contract.effective.v1"
SETTLEMENTS = topics.settlements_events("sandbox").name
HOUR_MS = 3_600_000


class Dispute:
    """One contract whose parties disagree."""

    def __init__(self, player: Player, running: Running, partition: int) -> None:
        self.player, self.running, self.partition = player, running, partition
        self.said = 0
        self.contract_id: UUID = contract_in(partition)

    async def begin(self, *amounts: str, period_ms: int = HOUR_MS, **clauses: Any) -> "Dispute":
        """Return it once the contract is effective; all its chain periods last an hour."""
        exact = {"unit": "exact", "duration_ms": HOUR_MS}
        clause = {"period_ms": period_ms, "silence_rule": True, "ending": "to_payee", **clauses}
        order = deal.order(
            tranches=[{"amount": amount, "period": exact} for amount in amounts], dispute=clause
        )
        await self.say(ORDERS, PLACED, order)
        await self.player.event(self.contract_id, EFFECTIVE)
        return self

    async def say(self, topic: str, wire_type: str, told: Any) -> None:
        self.said += 1
        message_id = f"{self.contract_id}/{self.said}"
        value = deal.message(self.contract_id, wire_type, told, message_id)
        headers = deal.headers(wire_type, value, self.running.upstream)
        key = str(self.contract_id).encode()
        await self.player.send(topic, value, headers, key=key, partition=self.partition)

    async def open(self, claim: str, **named: Any) -> Any:
        """The payer claims back; returns what contracts said of it."""
        told = {"party": PAYER, "claim": _money(claim), "reason": "damaged", **named}
        await self.say(COMMANDS, OPEN, told)
        return (await self.player.event(self.contract_id, OPENED)).json["data"]

    async def claim(self, party: str, total: str, **named: Any) -> None:
        await self.say(CLAIMS, LOWER, {"party": party, "claim": _money(total), **named})

    async def ended(self) -> Any:
        return (await self.player.event(self.contract_id, ENDED)).json["data"]

    async def closed(self) -> list[tuple[str, str, str]]:
        """Wait for the end of the contract; returns its instructions: way, amount and cause."""
        await self.player.event(self.contract_id, CLOSED)
        key = str(self.contract_id).encode()
        return [
            (way, record.json["data"]["money"]["amount"], record.json["data"]["cause"])
            for record in self.player.seen
            if record.topic == SETTLEMENTS and record.key == key
            for way in ("settlement", "return")
            if record.type == f"crps.{way}.instructed.v1"
        ]

    async def refused(self, topic: str) -> str:
        """Wait for a refusal of disputes or contracts; returns its code."""
        key = str(self.contract_id).encode()
        record = await self.player.wait(
            lambda r: (r.topic, r.key, r.type) == (topic, key, "crps.command.refused.v1"),
            f"a refusal on {topic}",
        )
        return str(record.json["data"]["code"])


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "asset": "CNY/2"}


async def test_statements_settle_at_once_and_the_last_one_ends_it(
    player: Player, running: Running
) -> None:
    dispute = await Dispute(player, running, 1).begin("10000")
    opened = await dispute.open("6000")
    assert (opened["before"]["payee"], opened["after"]["contested"]) == ("4000", "6000")
    # Said right after the opening was seen: whether disputes have read it yet is their affair.
    await dispute.claim(PAYEE, "7000")
    await player.event(dispute.contract_id, "crps.claim.stated.v1")
    await dispute.claim(PAYER, "3000")
    ended = await dispute.ended()
    assert (ended["ending"], ended["payee"], ended["payer"]) == ("settled", "7000", "3000")
    assert await dispute.closed() == [
        ("settlement", "4000", "admission"),
        ("return", "3000", "admission"),
        ("settlement", "3000", "concession"),
    ]


async def test_a_silent_payee_loses_what_is_contested(player: Player, running: Running) -> None:
    dispute = await Dispute(player, running, 2).begin("10000", period_ms=500)
    await dispute.open("10000")
    assert (await dispute.ended())["ending"] == "silence"
    assert await dispute.closed() == [("return", "10000", "dispute_default")]


async def test_one_who_contests_gets_the_ending_that_was_signed(
    player: Player, running: Running
) -> None:
    dispute = await Dispute(player, running, 3).begin("10000", period_ms=8_000)
    await dispute.open("2500")
    await dispute.claim(PAYEE, "10000")
    assert (await dispute.ended())["ending"] == "to_payee"
    assert await dispute.closed() == [
        ("settlement", "7500", "admission"),
        ("settlement", "2500", "dispute_default"),
    ]


async def test_a_dispute_leaves_the_other_tranches_alone(player: Player, running: Running) -> None:
    dispute = await Dispute(player, running, 4).begin(
        "3000", "4000", "3000", period_ms=500, ending="to_payer"
    )
    await dispute.open("4000", tranche=2)
    await dispute.say(COMMANDS, RELEASE, deal.release("ALL"))
    assert (await dispute.ended())["tranche"] == 2
    assert sorted(await dispute.closed()) == [
        ("return", "4000", "dispute_default"),
        ("settlement", "6000", "release"),
    ]


async def test_facts_come_before_refusals(player: Player, running: Running) -> None:
    dispute = await Dispute(player, running, 5).begin("10000")
    await dispute.claim(PAYEE, "7000")
    assert await dispute.refused(topics.DISPUTES_ANSWERS.name) == "NOT_IN_DISPUTE"
    unknown = Dispute(player, running, 5)
    await unknown.claim(PAYEE, "7000")
    assert await unknown.refused(topics.DISPUTES_ANSWERS.name) == "UNKNOWN_CONTRACT"
    await dispute.open("5000")
    await dispute.say(COMMANDS, RELEASE, deal.release("ALL"))
    assert await dispute.refused(topics.CONTRACTS_ANSWERS.name) == "IN_DISPUTE"
