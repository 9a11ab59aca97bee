"""The contracts service's tables in memory; most statements are of a plain shape."""

from collections.abc import Sequence
from typing import Any, Final
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
    "calendar": ("id", "version"),
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


def every_calendar(db: Database) -> Sequence[Row]:
    """Return the newest version of every calendar, and how many of its days are left."""
    newest: dict[str, Row] = {}
    for row in db["calendar"]:
        if row["id"] not in newest or newest[row["id"]]["added"] < row["added"]:
            newest[row["id"]] = row
    today = db.clock().date()
    named = ("id", "version", "first_day", "last_day")
    return [
        {name: row[name] for name in named} | {"days_left": (row["last_day"] - today).days}
        for row in newest.values()
    ]


def newest_calendars(db: Database, ids: Sequence[str]) -> Sequence[Row]:
    """Return the same of these calendars."""
    return [row for row in every_calendar(db) if row["id"] in ids]


def load_calendar(db: Database, name: str, version: str) -> Sequence[Row]:
    """Return one version, whole."""
    row = db["calendar"].get(name, version)
    return [] if row is None else [row]


def insert_calendar(db: Database, *cells: Any) -> Sequence[Row]:
    """Publish a version, unless it stands already."""
    columns = ("id", "version", "first_day", "last_day", "holidays", "workdays")
    row = dict(zip(columns, cells, strict=True)) | {"added": db.next_identity()}
    if db["calendar"].get(row["id"], row["version"]) is not None:
        return []
    db["calendar"].insert(row)
    return [{"version": row["version"]}]


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    "load_waiting_receipts": load_waiting_receipts,
    "newest_calendars": newest_calendars,
    "every_calendar": every_calendar,
    "load_calendar": load_calendar,
    "insert_calendar": insert_calendar,
    **{name: shape(QUERIES[name]) for name, shape in _SHAPES.items()},
}
