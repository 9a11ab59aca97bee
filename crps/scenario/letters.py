"""What the people of a scenario write: messages of the published language, signed or not."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from crps.replay.signing import Headers, plain_headers, signed_headers
from crps.scenario.words import NotYetKnownError
from schemas import topics
from schemas.identifiers import contract_id
from schemas.registry import MODELS
from schemas.values import written

UPSTREAM: Final = "platform"
KEY: Final = "the platform's key"
SIGNED: Final = frozenset(topic.name for topic in topics.TOPICS if topic.party_writable)
BANK: Final = topics.bank_events("sandbox").name
_TOPICS: Final = frozenset(topic.name for topic in topics.TOPICS)
_CONTRACT: Final = "$contract"


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that somebody outside writes; sent twice it is two records."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    id: str | None = None
    """Of its envelope, as far as that can be read."""
    party: str | None = None
    """Who acts in it; the upstream where nobody is named."""
    about: str | None = None
    """Of a bank's report: what it says once, such as a receipt."""
    partition: int | None = None
    """Where it stands, if not where its key demands."""


class Writer:
    """Writes for one contract."""

    def __init__(self, scenario: str) -> None:
        """``scenario`` is the file's title: the same title is the same contract id."""
        self.contract_id: UUID = contract_id(UPSTREAM, scenario.replace("/", " "), "seller")

    def command(
        self, topic: topics.Topic, wire_type: str, message_id: str, at: datetime, **said: Any
    ) -> Letter:
        """Return a signed message of the upstream; raises ``NotYetKnownError`` of its type."""
        if wire_type not in MODELS[topic.name]:
            raise NotYetKnownError(wire_type)
        value = self._envelope(wire_type, message_id, UPSTREAM, at, said)
        headers = signed_headers(wire_type, value, UPSTREAM, KEY)
        party = said.get("party", UPSTREAM)
        return Letter(topic.name, self._key, value, headers, message_id, party)

    def report(
        self, wire_type: str, event_id: str, at: datetime, about: str, **said: Any
    ) -> Letter:
        """Return what the bank reports under its own event id."""
        value = self._envelope(wire_type, event_id, "crps.bank-sandbox", at, said)
        return Letter(BANK, self._key, value, plain_headers(wire_type), event_id, about=about)

    def due(self, area: str, at: datetime, **said: Any) -> Letter:
        """Return a due message to the service of ``area``, as anybody may forge it."""
        wire_type = "crps.deadline.reached.v1"
        value = self._envelope(wire_type, f"forged/{self.contract_id}", "somebody", at, said)
        return Letter(f"crps.{area}.commands.v1", self._key, value, plain_headers(wire_type))

    def raw(
        self,
        topic: str,
        body: str | bytes | dict[str, Any],
        key: str | None,
        partition: int | None,
        headers: dict[str, str] | None,
    ) -> Letter:
        """Return any bytes. Without ``headers`` they get those that such a record should have."""
        if topic not in _TOPICS:
            raise LookupError(f"there is no topic {topic}")
        text = json.dumps(body) if isinstance(body, dict) else body
        value = text if isinstance(text, bytes) else self._filled(text).encode()
        found = _attributes(value)
        wire_type, message_id = found.get("type"), found.get("id")
        if headers is not None:
            worn: Headers = tuple((name, text.encode()) for name, text in headers.items())
        elif topic in SIGNED:
            worn = signed_headers(str(wire_type), value, UPSTREAM, KEY)
        else:
            worn = plain_headers(str(wire_type))
        if headers is None and not isinstance(wire_type, str):
            worn = worn[1:]  # There is no type that the first header could repeat.
        place = self._key if key is None else self._filled(key).encode()
        said = found.get("data")
        party = said.get("party", UPSTREAM) if isinstance(said, dict) else UPSTREAM
        return Letter(topic, place, value, worn, message_id, party, partition=partition)

    @property
    def _key(self) -> bytes:
        return str(self.contract_id).encode()

    def _filled(self, text: str) -> str:
        return text.replace(_CONTRACT, str(self.contract_id))

    def _envelope(
        self, wire_type: str, message_id: str, source: str, at: datetime, said: dict[str, Any]
    ) -> bytes:
        envelope = {
            "specversion": "1.0",
            "id": message_id,
            "source": source,
            "type": wire_type,
            "subject": str(self.contract_id),
            "time": written(at),
            "data": {name: value for name, value in said.items() if value is not None},
        }
        return json.dumps(envelope).encode()


def money(amount: object, asset: object) -> dict[str, object] | None:
    """Return money as it is stated, right or wrong; None where no amount is."""
    return None if amount is None else {"amount": amount, "asset": asset}


def _attributes(value: bytes) -> dict[str, Any]:
    try:
        read = json.loads(value)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
