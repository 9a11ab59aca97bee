"""The disputes service's tables in memory; all statements but two are of a plain shape."""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from crps.memory.database import Counterpart, Database
from crps.memory.shapes import insert, select_named, select_of_contracts, update
from crps.memory.tables import Row
from services.disputes.store import QUERIES

KEYS: Final = {
    "docket": ("contract_id",),
    "dispute": ("contract_id", "tranche"),
    "command_register": ("contract_id", "party", "command_id"),
}

_SHAPES: Final = {
    "load_dockets_for_update": select_of_contracts,
    "load_disputes": select_of_contracts,
    "load_register": select_named,
    "insert_dockets": insert,
    "update_dockets": update,
    "insert_disputes": insert,
    "update_disputes": update,
    "insert_register": insert,
}


def add_disputes(db: Database) -> None:
    """Give ``db`` the disputes service's tables."""
    db.add(KEYS, QUERIES, COUNTERPARTS)


def count_refusals(db: Database, contract_ids: Sequence[UUID]) -> Sequence[Row]:
    """Count each party's refusals on record."""
    counts = Counter(
        (contract_id, row["party"])
        for contract_id in sorted(set(contract_ids))
        for row in db["command_register"].of(contract_id)
        if row["outcome"] == "refused"
    )
    return [{"contract_id": c, "party": p, "refusals": n} for (c, p), n in counts.items()]


def open_disputes(db: Database) -> Sequence[Row]:
    """Return how many disputes are open and what is contested in them, by asset."""
    contested: dict[str, list[int]] = {}
    for row in db["dispute"]:
        docket = db["docket"].get(row["contract_id"])
        if row["contested"] > 0 and docket is not None:
            contested.setdefault(docket["asset"], []).append(row["contested"])
    return [
        {"asset": asset, "disputes": len(amounts), "contested": sum(amounts)}
        for asset, amounts in contested.items()
    ]


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    "count_refusals": count_refusals,
    "open_disputes": open_disputes,
    **{name: shape(QUERIES[name]) for name, shape in _SHAPES.items()},
}
