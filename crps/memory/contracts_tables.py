"""The contracts service's tables in memory; all statements but two are of a plain shape."""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from crps.memory.database import Counterpart, Database
from crps.memory.shapes import insert, select_named, select_of_contracts, update
from crps.memory.tables import Row
from services.contracts.store import QUERIES

KEYS: Final = {
    "contract": ("contract_id",),
    "contract_terms": ("contract_id",),
    "tranche": ("contract_id", "number"),
    "receipt": ("contract_id", "receipt"),
    "command_register": ("contract_id", "topic", "party", "command_id"),
}

_SHAPES: Final = {
    "load_contracts_for_update": select_of_contracts,
    "load_tranches": select_of_contracts,
    "load_terms": select_of_contracts,
    "load_register": select_named,
    "insert_contracts": insert,
    "insert_terms": insert,
    "insert_tranches": insert,
    "update_contracts": update,
    "update_tranches": update,
    "insert_receipts": insert,
    "insert_register": insert,
}


def add_contracts(db: Database) -> None:
    """Give ``db`` the contracts service's tables."""
    db.add(KEYS, QUERIES, COUNTERPARTS)


def load_waiting_receipts(db: Database, contract_ids: Sequence[UUID]) -> Sequence[Row]:
    """Return what was received towards the totals, in order."""
    return [
        row
        for contract_id in sorted(set(contract_ids))
        for row in sorted(db["receipt"].of(contract_id), key=lambda row: int(row["ordinal"]))
        if row["fate"] == "counted"
    ]


def count_refusals(db: Database, contract_ids: Sequence[UUID]) -> Sequence[Row]:
    """Count each party's refusals on record."""
    counts = Counter(
        (contract_id, row["party"])
        for contract_id in sorted(set(contract_ids))
        for row in db["command_register"].of(contract_id)
        if row["outcome"] == "refused"
    )
    return [{"contract_id": c, "party": p, "refusals": n} for (c, p), n in counts.items()]


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    "load_waiting_receipts": load_waiting_receipts,
    "count_refusals": count_refusals,
    **{name: shape(QUERIES[name]) for name, shape in _SHAPES.items()},
}
