"""What was said on the topics, read once and in order: messages of the independent model.

No code of the services: JSON, and the few rules by which every topic is written.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Violation(AssertionError):
    """The law, as the model knows it, was broken."""


def demand(holds: bool, why: str) -> None:
    if not holds:
        raise Violation(why)


@dataclass(frozen=True)
class Message:
    """One record, read."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime
    contract_id: str
    wire_type: str
    id: str
    cause: str | None
    time: datetime
    sequence: int | None
    rests_on: tuple[str, int] | None
    """Topic and sequence of the fact that it waited for."""
    data: Mapping[str, Any]
    upstream: str | None
    """Who signed it, if the signature holds."""
    digest: str
    value: bytes
    proofs: tuple[bytes, ...]
    """What it bears as its party's own signature."""
    order: int
    """Among all records of the log, of whatever topic."""

    @property
    def kind(self) -> str:
        """The type without prefix and version, such as ``funds.release``."""
        return self.wire_type.removeprefix("crps.").rpartition(".")[0]

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


def read(record: Any, keys: Mapping[str, bytes], order: int = 0) -> Message:
    body = json.loads(record.value)
    headers = dict(record.headers)
    rests_on = body.get("restson")
    upstream = headers.get("crps-upstream", b"").decode()
    signed = hmac.digest(keys.get(upstream, b"-"), record.value, "sha256").hex()
    is_signed = upstream in keys and headers.get("crps-hmac", b"").decode() == signed
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        appended_at=record.appended_at,
        contract_id=record.key.decode(),
        wire_type=headers["type"].decode(),
        id=body["id"],
        cause=body.get("causationid"),
        time=instant(body["time"]),
        sequence=body.get("sequence"),
        rests_on=rests_on and (rests_on["topic"], rests_on["sequence"]),
        data=body["data"],
        upstream=upstream if is_signed else None,
        digest=hashlib.sha256(record.value).hexdigest(),
        value=record.value,
        proofs=tuple(proof for name, proof in record.headers if name == "crps-proof"),
        order=order,
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minor(text: str) -> int:
    return int(text)


def buckets(told: Mapping[str, str]) -> tuple[int, int, int, int]:
    """Return F, D, S and R as an event tells them."""
    names = ("free", "contested", "payee", "payer")
    free, contested, payee, payer = (minor(told[name]) for name in names)
    return free, contested, payee, payer


@dataclass
class Stream:
    """A topic that one of our services writes: gapless per contract, a repeat is the same."""

    seen: dict[tuple[str, int], Message] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def fresh(self, message: Message) -> bool:
        """Tell whether ``message`` is new; a repeat must be the same to the last byte."""
        demand(message.sequence is not None, f"{message.id} has no sequence")
        assert message.sequence is not None
        at = message.contract_id, message.sequence
        if at in self.seen:
            demand(self.seen[at].digest == message.digest, f"{message.id} was said otherwise")
            return False
        last = self.last.get(message.contract_id, 0)
        demand(message.sequence == last + 1, f"{message.id} follows {last}")
        self.seen[at], self.last[message.contract_id] = message, message.sequence
        return True

    def of(self, contract_id: str) -> Iterator[Message]:
        """Yield what was said about a contract, in its order."""
        for sequence in range(1, self.last.get(contract_id, 0) + 1):
            yield self.seen[contract_id, sequence]
