"""Disputes in PostgreSQL: rows to domain and back, a handful of statements a batch, no decisions.

Written with one ``unnest`` a table. Who finds that another process has written a row meanwhile
runs its batch again and then sees it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas import topics
from services.chassis.db import Queries, columns
from services.chassis.inbox import Record
from services.chassis.register import Answerable, load_registers, save_registers
from services.disputes.domain.docket import (
    Adjudicator,
    Buckets,
    Clause,
    Dispute,
    Docket,
    Ending,
    Proofs,
    Proposal,
    Rail,
    Role,
    Standing,
)

QUERIES: Final = Queries.load("services.disputes")

_BETWEEN_NAMES: Final = ","
"""Joins the tranches' names in one column; no name contains it."""


@dataclass(slots=True, kw_only=True)
class StoredDocket(Answerable):
    """One contract's docket as the service holds it during a turn."""

    docket: Docket
    noted_at: datetime | None = None
    """Of a docket that was not stored before."""
    loaded: tuple[Dispute, ...] = ()
    """The disputes as they are stored."""


# --- reading ------------------------------------------------------------------------------------


async def load(
    conn: asyncpg.Connection,
    records: Mapping[UUID, Sequence[Record]],
    proposals: Sequence[tuple[UUID, str]],
) -> dict[UUID, StoredDocket]:
    """Lock the dockets in id order and read with each what the batch needs of it.

    Disputes are read only where there are any; ``proposals`` are those that the batch names, by
    contract, beside which only what may still be alive is read.
    """
    rows = await conn.fetch(QUERIES["load_dockets_for_update"], sorted(records))
    found = {row["contract_id"]: _stored(row) for row in rows}
    disputed = [row["contract_id"] for row in rows if row["disputes"]]
    if disputed:
        made = await _proposals(conn, disputed, proposals)
        disputes: dict[UUID, list[Dispute]] = defaultdict(list)
        for row in await conn.fetch(QUERIES["load_disputes"], disputed):
            place = row["contract_id"], row["tranche"]
            disputes[row["contract_id"]].append(_dispute(row, tuple(made[place])))
        for contract_id in disputed:
            aggregate = found[contract_id]
            aggregate.loaded = tuple(disputes[contract_id])
            aggregate.docket = replace(aggregate.docket, disputes=aggregate.loaded)
    # Nothing is on record of a contract that is not known.
    known = {contract_id: records[contract_id] for contract_id in found}
    for contract_id, register in (await load_registers(conn, known)).items():
        found[contract_id].register = register
    return found


async def _proposals(
    conn: asyncpg.Connection, disputed: Sequence[UUID], named: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, int], list[Proposal]]:
    """Return what was proposed, by contract and tranche."""
    found: dict[tuple[UUID, int], list[Proposal]] = defaultdict(list)
    contract_ids, names = columns(named) if named else ([], [])
    for row in await conn.fetch(QUERIES["load_proposals"], disputed, contract_ids, names):
        proposal = Proposal(
            name=row["name"],
            by=Role(row["made_by"]),
            to_payee=row["to_payee"],
            to_payer=row["to_payer"],
            expires_at=row["expires_at"],
            command_id=row["command_id"],
            fate=row["fate"],
        )
        found[row["contract_id"], row["tranche"]].append(proposal)
    return found


def _stored(row: asyncpg.Record) -> StoredDocket:
    return StoredDocket(
        contract_id=row["contract_id"],
        sequences={topics.DISPUTES_EVENTS.name: row["events_sequence"]},
        docket=Docket(
            upstream=row["upstream"],
            payer=row["payer_party"],
            payee=row["payee_party"],
            asset=row["asset"],
            tranches=tuple(name or None for name in row["tranches"].split(_BETWEEN_NAMES)),
            proofs=Proofs(row["payer_key"], row["payee_key"], row["proof_required"]),
            adjudicator=None
            if row["adjudicator"] is None
            else Adjudicator(row["adjudicator"], row["adjudicator_key"]),
            standing=Standing(row["standing"]),
            effective_at=row["effective_at"],
        ),
        last_t=row["last_t"],
    )


def _dispute(row: asyncpg.Record, proposals: tuple[Proposal, ...]) -> Dispute:
    return Dispute(
        tranche=row["tranche"],
        amount=row["amount"],
        buckets=Buckets(row["contested"], row["payee"], row["payer"]),
        payer_claim=row["payer_claim"],
        payee_claim=row["payee_claim"],
        clause=Clause(
            row["silence_rule"],
            row["signed_ending"],
            Role(row["odd_unit"]),
            row["ratio_bp"],
            row["fallback"],
        ),
        rail=Rail(row["rail_minimum"], row["rail_whole_only"], row["rail_parts"]),
        contested_at_opening=row["contested_at_opening"],
        opening_sequence=row["opening_sequence"],
        opened_at=row["opened_at"],
        deadline_at=row["deadline_at"],
        proposals_budget=row["proposals_budget"],
        ruling_deadline_at=row["ruling_deadline_at"],
        parts_used=row["parts_used"],
        payee_proposed=row["payee_proposed"],
        proposals=proposals,
        ending=None if row["ending"] is None else Ending(row["ending"]),
    )


async def open_disputes(pool: asyncpg.Pool) -> Sequence[asyncpg.Record]:
    """Return ``asset``, ``disputes`` and ``contested`` (minor units) of what is still open."""
    rows: Sequence[asyncpg.Record] = await pool.fetch(QUERIES["open_disputes"])
    return rows


# --- writing ------------------------------------------------------------------------------------


async def save(conn: asyncpg.Connection, aggregates: Sequence[StoredDocket]) -> None:
    """Write the dockets that had a turn, in id order, one statement a table.

    Retryable when another process wrote one of the new rows meanwhile.
    """
    aggregates = sorted(aggregates, key=lambda each: each.contract_id)
    new = [(*_row(each), *_signed_row(each)) for each in aggregates if not each.stored]
    await QUERIES.insert(conn, "insert_dockets", new)
    await QUERIES.write(conn, "update_dockets", [_row(each) for each in aggregates if each.stored])
    opened, changed = [], []
    for each in aggregates:
        stored = {dispute.tranche: dispute for dispute in each.loaded}
        for dispute in each.docket.disputes:
            row = _dispute_row(each.contract_id, dispute)
            if dispute.tranche not in stored:
                opened.append((*row, *_opening_row(dispute)))
            elif dispute is not stored[dispute.tranche]:
                changed.append(row)
    await QUERIES.write(conn, "insert_disputes", opened)
    await QUERIES.write(conn, "update_disputes", changed)
    await _save_proposals(conn, aggregates)
    await save_registers(conn, aggregates)


async def _save_proposals(conn: asyncpg.Connection, aggregates: Sequence[StoredDocket]) -> None:
    made, changed = [], []
    for each in aggregates:
        stored = {(d.tranche, p.name): p for d in each.loaded for p in d.proposals}
        for dispute in each.docket.disputes:
            for proposal in dispute.proposals:
                before = stored.get((dispute.tranche, proposal.name))
                row = (each.contract_id, dispute.tranche, proposal.name, proposal.fate)
                if before is None:
                    made.append((*row, *_proposed_row(proposal)))
                elif proposal is not before:
                    changed.append(row)
    await QUERIES.write(conn, "insert_proposals", made)
    await QUERIES.write(conn, "update_proposals", changed)


def _row(aggregate: StoredDocket) -> tuple[Any, ...]:
    docket = aggregate.docket
    return (
        aggregate.contract_id,
        docket.standing.value,
        docket.effective_at,
        aggregate.last_t,
        len(docket.disputes),
        aggregate.sequences.get(topics.DISPUTES_EVENTS.name, 0),
    )


def _signed_row(aggregate: StoredDocket) -> tuple[Any, ...]:
    docket = aggregate.docket
    return (
        docket.upstream,
        docket.payer,
        docket.payee,
        docket.asset,
        _BETWEEN_NAMES.join(name or "" for name in docket.tranches),
        docket.proofs.payer_key,
        docket.proofs.payee_key,
        docket.proofs.required,
        docket.adjudicator and docket.adjudicator.party,
        docket.adjudicator and docket.adjudicator.key,
        aggregate.noted_at,
    )


def _dispute_row(contract_id: UUID, dispute: Dispute) -> tuple[Any, ...]:
    buckets, ending = dispute.buckets, dispute.ending
    return (
        contract_id,
        dispute.tranche,
        dispute.payer_claim,
        dispute.payee_claim,
        buckets.contested,
        buckets.payee,
        buckets.payer,
        dispute.parts_used,
        dispute.payee_proposed,
        None if ending is None else ending.value,
    )


def _opening_row(dispute: Dispute) -> tuple[Any, ...]:
    clause, rail = dispute.clause, dispute.rail
    return (
        dispute.amount,
        clause.silence_rule,
        clause.ending,
        clause.fallback,
        clause.ratio_bp,
        clause.odd_unit.value,
        dispute.proposals_budget,
        rail.minimum,
        rail.whole_only,
        rail.parts,
        dispute.contested_at_opening,
        dispute.opening_sequence,
        dispute.opened_at,
        dispute.deadline_at,
        dispute.ruling_deadline_at,
    )


def _proposed_row(proposal: Proposal) -> tuple[Any, ...]:
    return (
        proposal.by.value,
        proposal.to_payee,
        proposal.to_payer,
        proposal.expires_at,
        proposal.command_id,
    )
