"""The contracts service's tables in memory; all statements but one are of a plain shape."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from crps.memory.database import Counterpart, Database
from crps.memory.shapes import insert, select_of_contracts, update
from crps.memory.tables import Row
from services.contracts.store import QUERIES

KEYS: Final = {
    "contract": ("contract_id",),
    "contract_terms": ("contract_id",),
    "tranche": ("contract_id", "number"),
    "receipt": ("contract_id", "receipt"),
    "revocation": ("contract_id", "role"),
}

_SHAPES: Final = {
    "load_contracts_for_update": select_of_contracts,
    "load_tranches": select_of_contracts,
    "load_terms": select_of_contracts,
    "load_revocations": select_of_contracts,
    "insert_contracts": insert,
    "insert_terms": insert,
    "insert_tranches": insert,
    "update_contracts": update,
    "update_tranches": update,
    "insert_receipts": insert,
    "insert_revocations": insert,
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


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    "load_waiting_receipts": load_waiting_receipts,
    **{name: shape(QUERIES[name]) for name, shape in _SHAPES.items()},
}
