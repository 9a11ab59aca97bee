"""Delivery, checked from outside: nothing lost, nothing invented, nothing left waiting.

What a service wrote into its journal and what stands in its topic must be the same bytes, counted
without a gap (ARCHITECTURE section 3).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

from crps.audit.books import Backlog, JournalRow
from crps.audit.log import LogRecord
from crps.audit.messages import Message, Unreadable, header
from crps.audit.trail import SEQUENCED
from schemas import topics

OURS: Final = SEQUENCED | {topics.CONTRACTS_ANSWERS.name, topics.DISPUTES_ANSWERS.name}
"""Topics on which a record that cannot be read is our own fault."""
DEAD_LETTERS: Final = {topics.dead_letters(service).name: service for service in topics.SERVICES}
"""Dead-letter topic -> its service."""

Place = tuple[str, int, int]
"""Topic, partition, offset."""

Letters = Mapping[Place, bytes | None]
"""What a service set aside: where it stands, and its key."""

_ORIGIN: Final = ("crps-origin-topic", "crps-origin-partition", "crps-origin-offset")
_Numbered = tuple[str, UUID, int | None]


def gapless(messages: Iterable[Message]) -> Iterator[str]:
    """Yield a breach for each contract and topic not counted 1, 2, 3 .. in the log's order.

    Exact repeats are lawful: a relay that failed sends again what may have arrived. One contract's
    records of a topic stand in one partition, or there would be no order.
    """
    counted: dict[tuple[str, UUID], list[Message]] = defaultdict(list)
    for message in messages:
        if message.topic in SEQUENCED:
            counted[message.topic, message.contract_id].append(message)
    for (topic, contract_id), said in counted.items():
        where = f"{topic} of {contract_id}"
        if len({message.partition for message in said}) > 1:
            yield f"{where} stands in several partitions"
        known: dict[int, str] = {}
        for message in sorted(said, key=lambda m: (m.partition, m.offset)):
            if message.sequence is None:
                yield f"{where}: offset {message.offset} has no sequence"
            elif message.sequence in known:
                if known[message.sequence] != message.digest:
                    yield f"{where}: sequence {message.sequence} has two contents"
            else:
                if message.sequence != len(known) + 1:
                    yield f"{where}: sequence {message.sequence} follows {len(known)}"
                known[message.sequence] = message.digest


def journal_is_topic(journal: Iterable[JournalRow], messages: Iterable[Message]) -> Iterator[str]:
    """Yield a breach for each event that stands in a journal or in its topic, but not in both."""
    written: dict[_Numbered, str] = {
        (r.topic, r.contract_id, r.sequence): r.digest for r in journal
    }
    sent: dict[_Numbered, str] = {
        (m.topic, m.contract_id, m.sequence): m.digest for m in messages if m.topic in SEQUENCED
    }
    for place in sorted(written.keys() - sent.keys(), key=str):
        yield f"{_at(place)} is in the journal and never reached the topic"
    for place in sorted(sent.keys() - written.keys(), key=str):
        yield f"{_at(place)} is in the topic and in no journal"
    for place in sorted(written.keys() & sent.keys(), key=str):
        if written[place] != sent[place]:
            yield f"{_at(place)}: the journal's bytes are not the topic's"


def nothing_waits(backlogs: Mapping[str, Backlog]) -> Iterator[str]:
    """Yield a breach for each service with unsent, held or blocked records."""
    for service, backlog in backlogs.items():
        if backlog.outbox:
            yield f"{service}: {backlog.outbox} records in the outbox were never sent"
        for reason, records in sorted(backlog.held.items()):
            yield f"{service}: {records} records are held, {reason}"


def dead_letters(
    published: Mapping[str, Letters],
    backlogs: Mapping[str, Backlog],
    contract_ids: frozenset[UUID] | None,
) -> Iterator[str]:
    """Yield a breach for each record of these contracts that was set aside, and for each of ours.

    What strangers wrote about others is theirs: setting it aside is what a service should do.
    Table and topic must agree on all. `published` is what `quarantined` returns, `contract_ids`
    None for every contract.
    """
    keys = None if contract_ids is None else {str(one).encode() for one in contract_ids}
    for service, backlog in backlogs.items():
        letters = published[service]
        if len(letters) != backlog.dead_letters:
            yield (
                f"{service}: {backlog.dead_letters} dead letters in the table,"
                f" {len(letters)} in the topic"
            )
        for (topic, partition, offset), key in sorted(letters.items()):
            if topic in OURS or keys is None or key in keys:
                yield f"{service} set {topic}/{partition}/{offset} aside"


def quarantined(records: Iterable[LogRecord]) -> Mapping[str, Letters]:
    """Return by service the records in its dead-letter topic, each once."""
    origins: dict[str, dict[Place, bytes | None]] = {service: {} for service in topics.SERVICES}
    for record in records:
        if record.topic in DEAD_LETTERS:
            topic, *numbers = (header(record, name) or "" for name in _ORIGIN)
            partition, offset = (int(n) if n.isdecimal() else -1 for n in numbers)
            origins[DEAD_LETTERS[record.topic]][topic, partition, offset] = record.key
    return origins


def readable(unreadable: Iterable[Unreadable]) -> Iterator[str]:
    """Yield a breach for each record of our own that nobody can read."""
    for record in unreadable:
        if record.topic in OURS:
            yield f"{record.topic}/{record.partition}/{record.offset}: {record.why}"


def whole(missing: Collection[str], cut: Collection[str]) -> Iterator[str]:
    """Yield a breach for each topic that cannot be audited from its beginning."""
    for topic in missing:
        yield f"{topic} does not exist"
    for partition in cut:
        yield f"{partition} no longer has its first records"


def _at(place: _Numbered) -> str:
    topic, contract_id, sequence = place
    return f"{topic} {sequence} of {contract_id}"
