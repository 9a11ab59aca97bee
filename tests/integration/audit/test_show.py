"""`crps contract show` on real tables: the journals of all services as one story."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crps import show

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180)]

SAMPLES = Path(__file__).parents[3] / "schemas" / "samples"
STORY = (
    ("contracts", "contract.accepted"),
    ("contracts", "contract.effective"),
    ("contracts", "dispute.opened"),
    ("disputes", "dispute.registered"),
    ("disputes", "claim.stated"),
)


async def test_a_dispute_is_part_of_its_contracts_story(database: str) -> None:
    samples: list[tuple[str, dict[str, Any]]] = [
        (service, json.loads((SAMPLES / f"crps.{noun}.v1.json").read_text()))
        for service, noun in STORY
    ]
    contract_id = UUID(samples[0][1]["subject"])
    conn = await asyncpg.connect(database)
    try:
        for sequence, (service, event) in enumerate(samples, start=1):
            await conn.execute(
                f"INSERT INTO {service}.journal"
                " (contract_id, topic, sequence, event_id, type, value, written_at)"
                " VALUES ($1, 't', $2, $3, $4, $5, now())",
                contract_id,
                sequence,
                event["id"],
                event["type"],
                json.dumps(event).encode(),
            )
    finally:
        await conn.close()
    view = await show.read_view(database, contract_id)
    assert view is not None
    assert [entry["service"] for entry in view.timeline] == [service for service, _ in STORY]
    assert view.timeline[-1]["what"] == (
        "tranche 1: the payee claims 170.00 CNY; 30.00 CNY is still contested"
    )
    assert view.state == "EFFECTIVE"
    assert view.tranches[1]["contested"] == "6000"
    assert {timer["timer"] for timer in view.timers} == {"chain", "dispute"}
    assert await show.read_view(database, UUID(int=77)) is None
