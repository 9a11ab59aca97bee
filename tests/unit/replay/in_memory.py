"""A replay without servers: the services' own code in memory, the campaign, and the auditor.

Nothing but the broker, the database and the clock is replaced, so what the parties send, what the
services make of it and what the auditor demands are held against each other.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from crps.audit.auditor import judge
from crps.audit.books import (
    ACCOUNTS,
    Backlog,
    Buckets,
    ContractBooks,
    DisputeRow,
    InstructionRow,
    JournalRow,
    LedgerBook,
    Schemas,
    SignedRow,
)
from crps.audit.log import Log, LogRecord
from crps.memory.world import World
from crps.replay.campaign import Campaign
from crps.replay.driver import Played
from crps.replay.observer import TOPICS, Observed
from crps.replay.plan import ContractPlan
from crps.replay.report import Circumstances, Report, build_report
from crps.replay.schedule import Timeline
from tests.unit.replay.played import MS, SCALE_MS, START, UPSTREAM


async def replayed(plans: Sequence[ContractPlan], *, lag: timedelta) -> Report:
    """Play the plans; what the services say is observed `lag` after it was appended."""
    world = World(seed=1, start=START, upstream_keys={UPSTREAM.id: UPSTREAM.key.encode()})
    begin = min(plan.offered_at for plan in plans)
    campaign = Campaign(plans, UPSTREAM, Timeline(begin, START, SCALE_MS))
    heard = 0
    while not campaign.done and not campaign.stalled(world.clock()):
        for message in campaign.take_due(world.clock()):
            headers = tuple(message.headers)
            record = world.append(message.topic, message.key, message.value, headers)
            campaign.on_ack(message, record.appended_at)
        await world.rest()
        history = world.log.history
        while heard < len(history) and history[heard].appended_at + lag <= world.clock():
            if history[heard].topic in TOPICS:
                campaign.on_observed(_observed(history[heard]))
            heard += 1
        next_heard = history[heard].appended_at + lag if heard < len(history) else None
        due = [d for d in (campaign.next_due, world.next_due(), next_heard) if d is not None]
        # Append times are whole milliseconds, so what is due comes with the next one.
        world.clock.advance_to(max(min(due, default=START), world.clock()) + MS)
    await world.run_out()
    deals = tuple(campaign.deals.values())
    unfinished = tuple(deal.contract_id for deal in deals if not deal.settled)
    run = Circumstances(campaign.orders, 0, UPSTREAM.id, SCALE_MS, 1.0)
    return build_report(Played(deals, unfinished, (), START), judge(_log(world), _rows(world)), run)


def _observed(record: Any) -> Observed:
    told = json.loads(record.value)
    cause, contract_id = told.get("causationid"), UUID(told["subject"])
    return Observed(contract_id, told["type"], cause, record.appended_at, told["data"])


def _log(world: World) -> Log:
    return Log(
        tuple(
            LogRecord(r.topic, r.partition, r.offset, r.appended_at, r.key, r.headers, r.value)
            for r in world.log.history
        )
    )


def _rows(world: World) -> Schemas:
    """Return what the tables in memory hold, as the auditor would read it from the schemas."""
    tables = {name: service.database for name, service in world.services.items()}
    tranches: dict[UUID, dict[int, Buckets]] = defaultdict(dict)
    for row in tables["contracts"]["tranche"]:
        buckets = Buckets(*(row[name] for name in ("free", "contested", "payee", "payer")))
        tranches[row["contract_id"]][row["number"]] = buckets
    disputes: dict[UUID, dict[int, DisputeRow]] = defaultdict(dict)
    for row in tables["disputes"]["dispute"]:
        columns = (row.get(name) for name in DisputeRow.__dataclass_fields__)
        disputes[row["contract_id"]][row["tranche"]] = DisputeRow(*columns)
    books = {
        row["contract_id"]: ContractBooks(
            tranches[row["contract_id"]],
            SignedRow(
                *(row[name] for name in ("payer_account", "payee_account", "asset", "total")),
                terms_digest=row["terms_digest"].hex(),
            ),
            _book(tables["ledger"], row["contract_id"]),
            disputes[row["contract_id"]],
        )
        for row in tables["contracts"]["contract"]
    }
    journal = tuple(
        JournalRow(
            row["contract_id"],
            row["topic"],
            row["sequence"],
            hashlib.sha256(row["value"]).hexdigest(),
        )
        for database in tables.values()
        for row in database["journal"]
    )
    backlogs = {
        name: Backlog(
            len(database["outbox"]),
            Counter(row["reason"] for row in database["held_record"]),
            len(database["dead_letter"]),
        )
        for name, database in tables.items()
    }
    return Schemas(books, journal, backlogs)


def _book(ledger: Any, contract_id: UUID) -> LedgerBook:
    row = ledger["book"].get(contract_id)
    entries: Counter[tuple[str, str]] = Counter()
    for entry in ledger["entry"].of(contract_id):
        entries[entry["debit_account"], entry["credit_account"]] += entry["amount"]
    accounts = (row["payer_account"], row["payee_account"])
    return LedgerBook(
        row["asset"],
        row["total"],
        *accounts,
        balances={account: row[account] for account in ACCOUNTS},
        entries=entries,
        # A trigger keeps these, and memory has no triggers.
        party_accounts=frozenset(zip(("payer", "payee"), accounts, strict=True)),
        instructions=tuple(
            InstructionRow(*(one[name] for name in InstructionRow.__dataclass_fields__))
            for one in ledger["instruction"].of(contract_id)
        ),
    )
