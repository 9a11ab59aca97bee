"""The audit: waits for rest, reads the log and the schemas, and checks every invariant.

It asks no service and uses no service's code, so that it can't repeat their mistakes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

from crps.audit import books, delivery
from crps.audit.books import NO_BOOKS, ContractBooks, Schemas
from crps.audit.closed_loop import closed_loop, unique_ids
from crps.audit.fold import fold
from crps.audit.history import AuditResult, History
from crps.audit.invariants import (
    conserved,
    contested_never_rises,
    free_never_rises,
)
from crps.audit.log import Log, read_ends, read_log
from crps.audit.messages import Message, Unreadable, read_message
from crps.audit.signatures import loser_signed
from crps.audit.trail import Trail, gather
from crps.proofs import ENVIRONMENT, environment_here
from crps.stack.addresses import Addresses
from schemas import topics

Invariant = Callable[[Trail, ContractBooks], Iterator[str]]

INVARIANTS: Final[Mapping[str, Invariant]] = {
    "I0": conserved,
    "I1": contested_never_rises,
    "I2": free_never_rises,
    "I3": loser_signed,
    "I4": closed_loop,
}
OK: Final = "ok"

_READ: Final = tuple(topic.name for topic in topics.TOPICS)
_REST_POLL_S: Final = 0.5
_REST_LIMIT_S: Final = 30.0


async def audit(
    addresses: Addresses,
    contract_ids: frozenset[UUID] | None = None,
) -> AuditResult:
    """Audit everything that stands in the log and in the schemas at `addresses`.

    Waits, for at most half a minute, until nothing is being sent any more: the books of a system
    in motion are not equal yet. `contract_ids` narrows the histories, and whose dead letters are a
    breach, but nothing else that is checked; None means all. Raises aiokafka's `KafkaError` or
    asyncpg's errors when a server does not answer.
    """
    await _rest(addresses)
    log = await read_log(addresses.kafka, _READ)
    schemas = await books.read_schemas(addresses.postgres)
    # In a thread: it takes seconds on a large log, and the caller may be showing its progress.
    return await asyncio.to_thread(judge, log, schemas, contract_ids, environment_here())


def judge(
    log: Log,
    schemas: Schemas,
    contract_ids: frozenset[UUID] | None = None,
    environment: str = ENVIRONMENT,
) -> AuditResult:
    """Judge what was read; pure.

    The arguments are those of `audit`; `environment` is what the parties' signatures must name.
    """
    quarantined = delivery.quarantined(log.records)
    messages, unreadable = _read(log, environment, frozenset().union(*quarantined.values()))
    trails = gather(messages)
    breaches = _breaches(trails, schemas)
    violations = [
        f"{name} {contract_id}: {text}"
        for name, found in breaches.items()
        for contract_id, text in found
    ]
    violations += [
        f"delivery: {text}"
        for check in (
            delivery.whole(log.missing, log.cut),
            delivery.readable(unreadable),
            delivery.gapless(messages),
            delivery.journal_is_topic(schemas.journal, messages),
            delivery.nothing_waits(schemas.backlogs),
            delivery.dead_letters(quarantined, schemas.backlogs, contract_ids),
        )
        for text in check
    ]
    histories = _histories(trails.values())
    return AuditResult(
        invariants={name: _verdict(found) for name, found in breaches.items()},
        violations=tuple(violations),
        contracts=len(histories),
        histories={
            contract_id: history
            for contract_id, history in histories.items()
            if contract_ids is None or contract_id in contract_ids
        },
        dead_letters=sum(backlog.dead_letters for backlog in schemas.backlogs.values()),
        records=_count(log),
    )


async def _rest(addresses: Addresses) -> None:
    """Return once the log has stopped growing and the outboxes are empty, or after the limit."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + _REST_LIMIT_S
    before: Mapping[tuple[str, int], int] | None = None
    while loop.time() < give_up_at:
        ends = await read_ends(addresses.kafka, _READ)
        if ends == before and await books.outbox_rows(addresses.postgres) == 0:
            return
        before = ends
        await asyncio.sleep(_REST_POLL_S)


def _read(
    log: Log, environment: str, quarantined: Collection[delivery.Place]
) -> tuple[list[Message], list[Unreadable]]:
    """Read all but what a service refused to believe: such a record proves nothing.

    Of our own topics everything is read, lest a service hide its faults in quarantine.
    """
    messages: list[Message] = []
    unreadable: list[Unreadable] = []
    for record in log.records:
        if record.topic in delivery.DEAD_LETTERS:
            continue
        place = (record.topic, record.partition, record.offset)
        if place in quarantined and record.topic not in delivery.OURS:
            continue
        read = read_message(record, environment)
        if isinstance(read, Message):
            messages.append(read)
        else:
            unreadable.append(read)
    return messages, unreadable


def _breaches(trails: Mapping[UUID, Trail], schemas: Schemas) -> dict[str, list[tuple[UUID, str]]]:
    everyone = sorted(trails.keys() | schemas.contracts.keys())
    breaches: dict[str, list[tuple[UUID, str]]] = {name: [] for name in INVARIANTS}
    for contract_id in everyone:
        trail = trails.get(contract_id) or Trail(contract_id)
        contract_books = schemas.contracts.get(contract_id, NO_BOOKS)
        for name, invariant in INVARIANTS.items():
            breaches[name] += [(contract_id, text) for text in invariant(trail, contract_books)]
    breaches["I4"] += unique_ids(trails.values())
    return breaches


def _histories(trails: Iterable[Trail]) -> dict[UUID, History]:
    folded = (fold(trail) for trail in trails)
    return {history.contract_id: history for history in folded if history is not None}


def _verdict(found: Collection[tuple[UUID, str]]) -> str:
    if not found:
        return OK
    contract_id, text = next(iter(found))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{contract_id}: {text}{more}"


def _count(log: Log) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for record in log.records:
        counts[record.topic] += 1
    return {topic: counts[topic] for topic in _READ}
