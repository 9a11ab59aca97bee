"""Contracts in PostgreSQL: rows to domain and back, a handful of statements a batch, no decisions.

Written with one ``unnest`` a table. Who finds that another process has written a row meanwhile
runs its batch again and then sees it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas import topics
from services.chassis.db import Queries
from services.chassis.inbox import Record
from services.chassis.register import Answerable, load_registers, save_registers
from services.contracts.domain.contract import (
    ON_OFFER,
    Buckets,
    Caps,
    Clauses,
    Contract,
    DisputeClause,
    Opening,
    Party,
    Rail,
    ReceiptShare,
    Role,
    Status,
    Tranche,
)
from services.contracts.domain.periods import Days, Exact, Period

QUERIES: Final = Queries.load("services.contracts")


@dataclass(frozen=True, slots=True)
class ReceiptJudged:
    """A bank receipt and what became of it."""

    receipt: str
    ordinal: int
    amount: int
    asset: str
    account: str
    fate: str
    judged_at: datetime


@dataclass(slots=True, kw_only=True)
class StoredContract(Answerable):
    """One contract as the service holds it during a turn; without ``contract`` only its register.

    An offer that was refused leaves its id behind, although no contract came of it.
    """

    contract: Contract | None = None
    receipt_count: int = 0
    terms: bytes | None = None
    """Canonical terms, where they were read or are new."""
    offered_at: datetime | None = None
    loaded: tuple[Tranche, ...] = ()
    """The tranches as they are stored."""
    new_receipts: list[ReceiptJudged] = field(default_factory=list)
    revocations: frozenset[Role] = frozenset()
    """Whose revocations are stored, as far as they were read."""


# --- reading ------------------------------------------------------------------------------------


async def load(
    conn: asyncpg.Connection,
    records: Mapping[UUID, Sequence[Record]],
    accepting: Set[UUID],
    revoking: Set[UUID],
) -> dict[UUID, StoredContract]:
    """Lock the contracts in id order and read with each what the batch needs of it.

    ``accepting``: those that may be accepted now, so that their terms may have to be told;
    ``revoking``: those of which a consent may be revoked now.
    """
    rows = await conn.fetch(QUERIES["load_contracts_for_update"], sorted(records))
    found: dict[UUID, StoredContract] = {}
    if rows:
        tranches = await _grouped(conn, "load_tranches", [row["contract_id"] for row in rows])
        on_offer = [r["contract_id"] for r in rows if r["receipts"] and r["status"] in ON_OFFER]
        receipts = await _grouped(conn, "load_waiting_receipts", on_offer)
        for row in rows:
            found[row["contract_id"]] = _stored(row, tranches, receipts)
        known = sorted(accepting & found.keys())
        for contract_id, (row,) in (await _grouped(conn, "load_terms", known)).items():
            found[contract_id].terms = row["terms"]
        revoked = await _grouped(conn, "load_revocations", sorted(revoking & found.keys()))
        for contract_id, each in revoked.items():
            _take_revocations(found[contract_id], frozenset(Role(row["role"]) for row in each))
    for contract_id, register in (await load_registers(conn, records)).items():
        unknown = StoredContract(contract_id=contract_id, stored=False)
        found.setdefault(contract_id, unknown).register = register
    return found


async def _grouped(
    conn: asyncpg.Connection, query: str, contract_ids: list[UUID]
) -> dict[UUID, list[asyncpg.Record]]:
    grouped: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    if contract_ids:
        for row in await conn.fetch(QUERIES[query], contract_ids):
            grouped[row["contract_id"]].append(row)
    return grouped


def _stored(
    row: asyncpg.Record,
    tranches: dict[UUID, list[asyncpg.Record]],
    receipts: dict[UUID, list[asyncpg.Record]],
) -> StoredContract:
    contract_id: UUID = row["contract_id"]
    accepted = {Role.PAYER: row["payer_accepted"], Role.PAYEE: row["payee_accepted"]}
    contract = Contract(
        upstream=row["upstream"],
        order_id=row["order_id"],
        terms_digest=row["terms_digest"].hex(),
        clauses=_clauses(row),
        offer_expires_at=row["offer_expires_at"],
        accepted_by=frozenset(role for role, has in accepted.items() if has),
        status=Status(row["status"]),
        tranches=tuple(_tranche(each) for each in tranches[contract_id]),
        receipts=tuple(ReceiptShare(r["receipt"], r["amount"]) for r in receipts[contract_id]),
        effective_at=row["effective_at"],
        parts=row["parts"],
    )
    return StoredContract(
        contract_id=contract_id,
        seen={
            topics.LEDGER_EVENTS.name: row["ledger_seen"],
            topics.DISPUTES_EVENTS.name: row["disputes_seen"],
        },
        sequences={topics.CONTRACTS_EVENTS.name: row["events_sequence"]},
        contract=contract,
        last_t=row["last_t"],
        receipt_count=row["receipts"],
        loaded=contract.tranches,
    )


def _take_revocations(aggregate: StoredContract, revoked_by: frozenset[Role]) -> None:
    assert aggregate.contract is not None
    aggregate.contract = replace(aggregate.contract, revoked_by=revoked_by)
    aggregate.revocations = revoked_by


def _clauses(row: asyncpg.Record) -> Clauses:
    return Clauses(
        payer=Party(row["payer_party"], row["payer_account"], row["payer_key"]),
        payee=Party(row["payee_party"], row["payee_account"], row["payee_key"]),
        asset=row["asset"],
        rail=Rail(row["rail"], row["rail_minimum"], row["rail_partial"], row["rail_max_parts"]),
        acts_budget=row["acts_budget"],
        proposals_budget=row["proposals_budget"],
        odd_unit=Role(row["odd_unit"]),
        dispute=DisputeClause(
            row["dispute_period_ms"],
            row["dispute_silence_rule"],
            row["dispute_ending"],
            row["dispute_ratio_bp"],
            row["dispute_ruling_ms"],
            row["dispute_fallback"],
            row["adjudicator"],
        ),
        caps=Caps(row["cap_extend_ms"], row["cap_advance_ms"]),
        proof_required=row["proof_required"],
    )


def _tranche(row: asyncpg.Record) -> Tranche:
    return Tranche(
        number=row["number"],
        name=row["name"],
        amount=row["amount"],
        period=_period(row),
        buckets=Buckets(row["free"], row["contested"], row["payee"], row["payer"]),
        deadline_at=row["deadline_at"],
        generation=row["generation"],
        first_deadline_at=row["first_deadline_at"],
        arrived=row["arrived"],
        payer_acts=row["payer_acts"],
        payee_acts=row["payee_acts"],
        opening=_opening(row),
    )


def _period(row: asyncpg.Record) -> Period:
    if row["period_ms"] is not None:
        return Exact(row["period_ms"])
    return Days(
        row["period_days"], row["period_zone"], row["period_cutoff"], row["period_calendar"]
    )


def _opening(row: asyncpg.Record) -> Opening | None:
    if row["dispute_opened_at"] is None:
        return None
    return Opening(
        row["dispute_opened_at"],
        row["dispute_deadline_at"],
        row["opening_payee"],
        row["opening_payer"],
    )


# --- writing ------------------------------------------------------------------------------------


async def save(conn: asyncpg.Connection, aggregates: Sequence[StoredContract]) -> None:
    """Write the contracts that had a turn, in id order, one statement a table.

    Retryable when another process wrote one of the new rows meanwhile.
    """
    aggregates = sorted(aggregates, key=lambda each: each.contract_id)
    pairs = [(each, each.contract) for each in aggregates if each.contract is not None]
    new = [pair for pair in pairs if not pair[0].stored]
    await QUERIES.insert(
        conn, "insert_contracts", [(*_row(each, c), *_signed_row(each, c)) for each, c in new]
    )
    await QUERIES.write(conn, "insert_terms", [(each.contract_id, each.terms) for each, _ in new])
    await QUERIES.write(
        conn,
        "insert_tranches",
        [
            (*_tranche_row(each.contract_id, t), t.name, t.amount, *_period_row(t.period))
            for each, contract in new
            for t in contract.tranches
        ],
    )
    stored = [pair for pair in pairs if pair[0].stored]
    await QUERIES.write(
        conn, "update_contracts", [_row(each, contract) for each, contract in stored]
    )
    await QUERIES.write(
        conn,
        "update_tranches",
        [
            _tranche_row(each.contract_id, after)
            for each, contract in stored
            for before, after in zip(each.loaded, contract.tranches, strict=True)
            if after is not before
        ],
    )
    await QUERIES.write(
        conn, "insert_receipts", [row for each in aggregates for row in _receipts(each)]
    )
    revocations = [
        (each.contract_id, role.value)
        for each, contract in pairs
        for role in sorted(contract.revoked_by - each.revocations)
    ]
    await QUERIES.write(conn, "insert_revocations", revocations)
    await save_registers(conn, aggregates)


def _row(aggregate: StoredContract, contract: Contract) -> tuple[Any, ...]:
    return (
        aggregate.contract_id,
        contract.status.value,
        Role.PAYER in contract.accepted_by,
        Role.PAYEE in contract.accepted_by,
        contract.effective_at,
        aggregate.last_t,
        contract.parts,
        aggregate.receipt_count,
        aggregate.seen.get(topics.LEDGER_EVENTS.name, 0),
        aggregate.seen.get(topics.DISPUTES_EVENTS.name, 0),
        aggregate.sequences.get(topics.CONTRACTS_EVENTS.name, 0),
    )


def _signed_row(aggregate: StoredContract, contract: Contract) -> tuple[Any, ...]:
    clauses = contract.clauses
    return (
        contract.upstream,
        contract.order_id,
        bytes.fromhex(contract.terms_digest),
        contract.offer_expires_at,
        clauses.payer.party,
        clauses.payer.account,
        clauses.payee.party,
        clauses.payee.account,
        clauses.asset,
        contract.total,
        clauses.rail.name,
        clauses.rail.minimum,
        clauses.rail.partial,
        clauses.rail.max_parts,
        clauses.acts_budget,
        clauses.proposals_budget,
        clauses.odd_unit.value,
        clauses.dispute.period_ms,
        clauses.dispute.silence_rule,
        clauses.dispute.ending,
        clauses.dispute.ratio_bp,
        clauses.dispute.ruling_ms,
        clauses.dispute.fallback,
        clauses.dispute.adjudicator,
        clauses.caps.extend_ms,
        clauses.caps.advance_ms,
        clauses.payer.key,
        clauses.payee.key,
        clauses.proof_required,
        aggregate.offered_at,
    )


def _tranche_row(contract_id: UUID, tranche: Tranche) -> tuple[Any, ...]:
    buckets, opening = tranche.buckets, tranche.opening
    return (
        contract_id,
        tranche.number,
        buckets.free,
        buckets.contested,
        buckets.payee,
        buckets.payer,
        tranche.deadline_at,
        tranche.generation,
        tranche.first_deadline_at,
        tranche.arrived,
        tranche.payer_acts,
        tranche.payee_acts,
        opening and opening.opened_at,
        opening and opening.deadline_at,
        opening and opening.payee,
        opening and opening.payer,
    )


def _period_row(period: Period) -> tuple[Any, ...]:
    if isinstance(period, Exact):
        return period.duration_ms, None, None, None, None
    return None, period.days, period.zone, period.cutoff, period.calendar


def _receipts(aggregate: StoredContract) -> Iterable[tuple[Any, ...]]:
    for judged in aggregate.new_receipts:
        yield (
            aggregate.contract_id,
            judged.receipt,
            judged.ordinal,
            judged.amount,
            judged.asset,
            judged.account,
            judged.fate,
            judged.judged_at,
        )
