"""The page of topics names every topic and every message there is, and who does what with them."""

import re
from pathlib import Path

from connectors.sandbox_bank.messages import INBOUND
from schemas import topics
from schemas.registry import MODELS
from services.contracts.app import SUBSCRIPTIONS as CONTRACTS
from services.disputes.app import SUBSCRIPTIONS as DISPUTES
from services.ledger.app import SUBSCRIPTIONS as LEDGER
from services.scheduler.app import SUBSCRIPTIONS as SCHEDULER

_PAGE = Path("docs/reference/topics.md").read_text("utf-8")
_READERS = {
    **{
        name: [subscription.topic.name for subscription in subscriptions]
        for name, subscriptions in (
            ("contracts", CONTRACTS),
            ("disputes", DISPUTES),
            ("ledger", LEDGER),
            ("scheduler", SCHEDULER),
        )
    },
    "bank-sandbox": list(INBOUND),
}


def _row(topic: topics.Topic) -> tuple[str, ...]:
    readers = [name for name, read in _READERS.items() if topic.name in read]
    days = topic.retention_ms // topics.DAY_MS
    return (
        f"`{topic.name}`",
        topic.owner,
        ", ".join(topic.writers),
        ", ".join(readers) or "—",
        f"{days} days",
    )


def test_every_topic_has_its_line() -> None:
    rows = re.findall(r"^\| (`crps[^|]+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", _PAGE, re.MULTILINE)
    assert rows == [_row(topic) for topic in topics.TOPICS]


def test_every_message_has_its_line_on_each_of_its_topics() -> None:
    rows = re.findall(r"^\| ([a-z., ]+) \| `(crps\.[a-z_.]+\.v\d+)` \| .+ \|$", _PAGE, re.MULTILINE)
    said = {
        (f"crps.{name}.v1", wire_type) for names, wire_type in rows for name in names.split(", ")
    }
    assert said == {(topic, wire_type) for topic, types in MODELS.items() for wire_type in types}
    assert len(rows) == len({wire_type for _, wire_type in rows})


def test_what_parties_may_write_is_said() -> None:
    writable = [topic.name for topic in topics.TOPICS if topic.party_writable]
    assert writable == [
        topics.ORDERS_EVENTS.name,
        topics.CONTRACTS_COMMANDS.name,
        topics.DISPUTES_COMMANDS.name,
    ]
    assert f"`{topics.ORDERS_EVENTS.name}` and the two `commands` topics" in _PAGE
