"""Raw records of an invented service, and the intake that reads them."""

import hmac
import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from schemas import topics
from schemas.envelope import HMAC_HEADER, TYPE_HEADER, UPSTREAM_HEADER
from services.chassis.inbox import Subscription
from services.chassis.intake import Intake, Read
from services.chassis.partitioner import partition_of

CONTRACT = UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
OTHER = UUID("00000000-0000-4000-8000-000000000001")
UPSTREAM, KEY = "shop", b"a key of the tests"
PARTITIONS = 12
ENVIRONMENT = "tests"

COMMANDS = topics.CONTRACTS_COMMANDS.name
LEDGER = topics.LEDGER_EVENTS.name
BANK = topics.bank_events("sandbox").name
DISPUTES = topics.DISPUTES_EVENTS.name

RELEASE = "crps.funds.release.v1"
DUE = "crps.deadline.reached.v1"
EMPTIED = "crps.books.emptied.v1"

SUBSCRIPTIONS = (
    Subscription(topics.LEDGER_EVENTS, sequenced=True, ours=True),
    Subscription(topics.DISPUTES_EVENTS, wanted=frozenset(), ours=True),
    Subscription(topics.bank_events("sandbox")),
    Subscription(topics.CONTRACTS_COMMANDS, unsigned=frozenset({DUE})),
)

_SAMPLES: dict[str, dict[str, Any]] = {
    RELEASE: {"party": "p-1", "amount": "ALL"},
    DUE: {
        "timer": "chain",
        "tranche": 1,
        "generation": 1,
        "due_at": "2026-01-01T00:00:00.000000Z",
    },
    EMPTIED: {"asset": "CNY/2", "payee_arrived": "1", "payer_arrived": "0"},
    "crps.funds.received.v1": {
        "receipt": "rcpt-1",
        "money": {"amount": "100", "asset": "CNY/2"},
        "account": "acct-1",
    },
}


def intake(partitions: int = PARTITIONS) -> Intake:
    return Intake(SUBSCRIPTIONS, {UPSTREAM: KEY}, lambda _: partitions, ENVIRONMENT)


def body(wire_type: str = RELEASE, **attributes: Any) -> dict[str, Any]:
    """A whole message as JSON holds it; ``attributes`` replace or add."""
    sequenced = {"sequence": 1} if wire_type == EMPTIED else {}
    return {
        "specversion": "1.0",
        "id": "m-1",
        "source": "somebody",
        "type": wire_type,
        "subject": str(CONTRACT),
        "time": "2026-01-01T00:00:00Z",
        "data": dict(_SAMPLES[wire_type]),
        **sequenced,
        **attributes,
    }


def encode(message: Any) -> bytes:
    return json.dumps(message).encode()


def signed(value: bytes, wire_type: str | None = RELEASE) -> tuple[tuple[str, bytes | None], ...]:
    """The headers of a party's record."""
    kind = () if wire_type is None else ((TYPE_HEADER, wire_type.encode()),)
    return (
        *kind,
        (UPSTREAM_HEADER, UPSTREAM.encode()),
        (HMAC_HEADER, hmac.digest(KEY, value, "sha256").hex().encode()),
    )


def typed(wire_type: str) -> tuple[tuple[str, bytes | None], ...]:
    return ((TYPE_HEADER, wire_type.encode()),)


def raw(topic: str, value: bytes | None, headers: Any, **changes: Any) -> Any:
    """A consumer record as aiokafka gives it."""
    key = changes.pop("key", str(CONTRACT).encode())
    return SimpleNamespace(
        **{
            "topic": topic,
            "partition": partition_of(key or b"", PARTITIONS),
            "offset": 7,
            "timestamp": 1_767_225_600_123,
            "timestamp_type": 1,
            "key": key,
            "headers": headers,
            "value": value,
        }
        | changes
    )


def read_command(message: Any, wire_type: str | None = RELEASE, **changes: Any) -> Read:
    """Read a party's command, well signed; ``message`` is JSON data or exact bytes."""
    value = message if isinstance(message, bytes) else encode(message)
    return intake().read(raw(COMMANDS, value, signed(value, wire_type), **changes))


def read_event(topic: str, message: Any, wire_type: str, **changes: Any) -> Read:
    """Read a record of a topic that parties cannot write."""
    value = message if isinstance(message, bytes) else encode(message)
    return intake().read(raw(topic, value, typed(wire_type), **changes))
