"""A bank connector, as small as it can be: what the bank is told comes in, what it did goes out.

It needs ``CRPS_KAFKA`` and nothing of this repository. This bank pays and executes at once; a real
one puts its own core between reading and reporting. docs/how-to/write-a-connector.md says why
each line is as it is.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

RAIL = "sandbox"
CUSTOMERS = "example-"
"""Account tokens of this bank's customers start so; the others are the sandbox bank's."""

Report = tuple[str, str, dict[str, Any]]
"""Type, the bank's own event id, data."""


def reports(message: dict[str, Any]) -> Iterator[Report]:
    """Say what the bank did about ``message``: the same message, the same ids and facts."""
    data = message["data"]
    if not data.get("debtor_account", "").startswith(CUSTOMERS):
        return
    match message["type"]:
        case "crps.funding.requested.v1":
            receipt = f"{CUSTOMERS}{message['subject']}"
            facts = {"receipt": receipt, "money": data["money"], "account": data["debtor_account"]}
            yield "crps.funds.received.v1", receipt, facts
        case "crps.settlement.instructed.v1" | "crps.return.instructed.v1":
            facts = {name: data[name] for name in ("instruction_id", "attempt", "money")}
            for status in ("accepted", "arrived"):
                event_id = f"{CUSTOMERS}{data['instruction_id']}/{data['attempt']}/{status}"
                yield f"crps.instruction.{status}.v1", event_id, facts


def envelope(report: Report, cause: dict[str, Any], appended_ms: int) -> bytes:
    """Return ``report`` as it travels; nothing in it changes when it is said again."""
    wire_type, event_id, data = report
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"bank-{RAIL}-example",
        "type": wire_type,
        "subject": cause["subject"],
        "time": datetime.fromtimestamp(appended_ms / 1000, UTC).isoformat(),
        "causationid": cause["id"],
    }
    return json.dumps({**attributes, "data": data}).encode()


async def main() -> None:
    """Serve for ever: read, report, and commit only what the broker has acknowledged."""
    kafka = os.environ.get("CRPS_KAFKA") or sys.exit(
        "ENVIRONMENT_INCOMPLETE: CRPS_KAFKA is not set"
    )
    told = AIOKafkaConsumer(
        f"crps.settlements.{RAIL}.events.v1",
        bootstrap_servers=kafka,
        group_id=f"bank-{RAIL}-example",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    said = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    async with told, said:
        async for record in told:
            message = json.loads(record.value)
            for report in reports(message):
                await said.send_and_wait(
                    f"crps.bank.{RAIL}.events.v1",
                    envelope(report, message, record.timestamp),
                    key=record.key,
                    headers=[
                        ("type", report[0].encode()),
                        ("content-type", b"application/cloudevents+json"),
                    ],
                )
                print(f"{message['subject']}: {report[0]}", flush=True)  # noqa: T201
            await told.commit()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
