"""The ledger's tables in memory; every statement on them but one is of a plain shape."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from crps.memory.database import Counterpart, Database
from crps.memory.shapes import insert, select_named, select_of_contracts, update
from crps.memory.tables import Row
from services.ledger.store import QUERIES

KEYS: Final = {
    "book": ("contract_id",),
    "entry": ("contract_id", "entry_no"),
    "receipt": ("contract_id", "reference"),
    "instruction": ("contract_id", "instruction_id"),
    "bank_report": ("contract_id", "event_id"),
}

_SHAPES: Final = {
    "load_books_for_update": select_of_contracts,
    "load_receipts": select_named,
    "load_instructions": select_named,
    "load_reports": select_named,
    "insert_books": insert,
    "update_books": update,
    "insert_entries": insert,
    "insert_receipts": insert,
    "insert_instructions": insert,
    "update_instructions": update,
    "insert_reports": insert,
}


def open_instructions(db: Database) -> Sequence[Row]:
    """Return how many instructions are open, and the age of the oldest, by status."""
    issued: dict[str, list[datetime]] = {}
    for row in db["instruction"]:
        if row["status"] not in ("arrived", "returned"):
            issued.setdefault(row["status"], []).append(row["issued_at"])
    return [
        {"status": s, "instructions": len(at), "age": (db.clock() - min(at)).total_seconds()}
        for s, at in issued.items()
    ]


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    name: shape(QUERIES[name]) for name, shape in _SHAPES.items()
} | {"open_instructions": open_instructions}


def add_ledger(db: Database) -> None:
    """Give ``db`` the ledger's tables."""
    db.add(KEYS, QUERIES, COUNTERPARTS)
