"""What the system tells of itself while a contract runs through: counts and ids, never payloads."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from crps.stack.home import home_at
from crps.stack.readiness import ask_metrics
from crps.stack.services import ALL

from . import deal
from .conftest import STATE, Running
from .deal import COMMANDS, ORDERS, PLACED, RELEASE
from .play import Player, contract_in
from .test_outages import PARTITION, say

pytestmark = pytest.mark.connected

AMOUNT = "7654321"
"""Of this contract alone, so that it can be searched for."""

PAYLOAD_FIELDS = ("amount", "account", "terms", "acceptances", "money", "payer", "payee", "data")


async def metric(name: str, sample: str) -> float:
    """Return the value of one sample of a service, 0 if it has none."""
    port = int(home_at(STATE).health_file(name).read_text())
    found = re.search(rf"^{re.escape(sample)} (\S+)$", await ask_metrics(port), re.MULTILINE)
    return float(found[1]) if found else 0.0


def lines(name: str, begin: int) -> Iterator[dict[str, Any]]:
    """Yield the JSON lines of a service's log from this byte on."""
    with home_at(STATE).log_file(name).open("rb") as file:
        file.seek(begin)
        for line in file:
            if line.startswith(b"{"):
                yield json.loads(line)


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)


async def test_counts_and_ids_are_told_and_payloads_are_not(
    player: Player, running: Running
) -> None:
    home = home_at(STATE)
    begins = {name: home.log_file(name).stat().st_size for name in ALL}
    refused = 'crps_commands_total{code="WRONG_ROLE",outcome="refused"}'
    accepted = 'crps_commands_total{code="",outcome="accepted"}'
    before = {sample: await metric("contracts", sample) for sample in (refused, accepted)}

    contract_id = contract_in(PARTITION)
    tranches = [{"amount": AMOUNT, "period": {"unit": "exact", "duration_ms": 3_600_000}}]
    await say(player, running, contract_id, ORDERS, PLACED, deal.order(tranches=tranches))
    await player.event(contract_id, "crps.contract.effective.v1")
    wrong = deal.message(contract_id, RELEASE, deal.release(party=deal.PAYEE), "wrong")
    key = str(contract_id).encode()
    headers = deal.headers(RELEASE, wrong, running.upstream)
    sent = await player.send(COMMANDS, wrong, headers, key=key, partition=PARTITION)
    assert await player.verdict(sent) == ("refused", "WRONG_ROLE")
    await say(player, running, contract_id, COMMANDS, RELEASE, deal.release())
    await player.event(contract_id, "crps.contract.closed.v1")

    assert await metric("contracts", refused) == before[refused] + 1
    assert await metric("contracts", accepted) == before[accepted] + 2
    async with asyncio.timeout(20):  # The bank's own accounts of it come a moment later.
        while True:
            if not await metric("ledger", 'crps_open_instructions{status="issued"}'):
                break
            await asyncio.sleep(0.05)
    assert await metric("contracts", "crps_batch_records_count") > 0
    assert await metric("contracts", "crps_blocked_contracts") == 0
    assert await metric("sandbox-bank", "crps_batch_records_count") > 0

    told = {name: list(lines(name, begin)) for name, begin in begins.items()}
    ours = [line for line in told["contracts"] if line.get("contract_id") == str(contract_id)]
    assert {line["type"] for line in ours} >= {PLACED, RELEASE}
    assert all(line["correlation_id"] for line in ours)
    for name, begin in begins.items():
        text = home.log_file(name).read_bytes()[begin:].decode()
        for secret in (AMOUNT, "auto-payer-1", "account-payee-1", running.upstream.key):
            assert secret not in text, name
        found = {key for line in told[name] for key in keys(line)}
        assert not found & set(PAYLOAD_FIELDS), name
