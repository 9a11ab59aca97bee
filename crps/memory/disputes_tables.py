"""The disputes service's tables in memory; all statements but one are of a plain shape."""

from collections.abc import Sequence
from typing import Any, Final

from crps.memory.database import Counterpart, Database
from crps.memory.shapes import insert, select_of_contracts, update
from crps.memory.tables import Row
from services.disputes.store import QUERIES

KEYS: Final = {
    "docket": ("contract_id",),
    "dispute": ("contract_id", "tranche"),
    "proposal": ("contract_id", "tranche", "name"),
}

_SHAPES: Final = {
    "load_dockets_for_update": select_of_contracts,
    "load_disputes": select_of_contracts,
    "insert_dockets": insert,
    "update_dockets": update,
    "insert_disputes": insert,
    "update_disputes": update,
    "insert_proposals": insert,
    "update_proposals": update,
}


def add_disputes(db: Database) -> None:
    """Give ``db`` the disputes service's tables."""
    db.add(KEYS, QUERIES, COUNTERPARTS)


def load_proposals(
    db: Database, contract_ids: Sequence[Any], named_in: Sequence[Any], names: Sequence[str]
) -> Sequence[Row]:
    """Return the proposals of these contracts that may be alive, and those that are named."""
    named = set(zip(named_in, names, strict=True))
    found = []
    for contract_id in contract_ids:
        last_t = db["docket"].of(contract_id)[0]["last_t"]
        contested = {row["tranche"]: row["contested"] for row in db["dispute"].of(contract_id)}
        for row in db["proposal"].of(contract_id):
            divides = row["to_payee"] + row["to_payer"] == contested[row["tranche"]]
            is_alive = row["fate"] is None and divides and row["expires_at"] > last_t
            if is_alive or (contract_id, row["name"]) in named:
                found.append(row)
    return found


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
    "load_proposals": load_proposals,
    "open_disputes": open_disputes,
    **{name: shape(QUERIES[name]) for name, shape in _SHAPES.items()},
}
