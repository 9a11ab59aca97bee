"""The scheduler's one table in memory: timers by version, fired in the order of their instants."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from crps.memory.chassis_tables import announce
from crps.memory.database import Counterpart, Database
from crps.memory.tables import Row, rows_of
from services.chassis.journal import shard_of
from services.scheduler.store import CLAIM_LIMIT, QUERIES

KEYS: Final = {"timer": ("contract_id", "source", "tranche")}

_COLUMNS: Final = ("contract_id", "source", "tranche", "timer", "generation", "due_at", "version")
_IDENTITY: Final = ("timer", "generation", "due_at")
_TYPE: Final = "crps.deadline.reached.v1"


def add_scheduler(db: Database) -> None:
    """Give ``db`` the scheduler's table."""
    db.add(KEYS, QUERIES, COUNTERPARTS)


def load_versions(db: Database, contract_ids: Sequence[UUID]) -> Sequence[Row]:
    """Return the version of each contract's timers, by source."""
    versions: dict[tuple[UUID, str], int] = {}
    for contract_id in sorted(set(contract_ids)):
        for row in db["timer"].of(contract_id):
            at = contract_id, row["source"]
            versions[at] = max(versions.get(at, 0), row["version"])
    return [{"contract_id": c, "source": s, "version": v} for (c, s), v in versions.items()]


def arm_timers(db: Database, *arrays: Sequence[Any]) -> None:
    """Arm or move timers; an unmoved one that fired stays fired."""
    table = db["timer"]
    for row in rows_of(_COLUMNS, arrays):
        known = table.get(*table.key_of(row))
        if known is None:
            table.insert({**row, "waiting": True, "fired_at": None})
        elif row["version"] > known["version"]:
            moved = any(row[column] != known[column] for column in _IDENTITY)
            fired_at = None if moved else known["fired_at"]
            table.put({**row, "waiting": known["waiting"] or moved, "fired_at": fired_at})


def drop_timers(db: Database, *arrays: Sequence[Any]) -> None:
    """Forget what a newer version no longer names."""
    for contract_id, source, version in zip(*arrays, strict=True):
        for row in db["timer"].of(contract_id):
            if row["source"] == source and row["version"] < version:
                db["timer"].drop(contract_id, source, row["tranche"])


def fire_due(db: Database, instant: datetime | None) -> Sequence[Row]:
    """Claim what is due and announce it, earliest first; return how many and when the next is."""
    virtual = max((row["stands_at"] for row in db["virtual_time"]), default=None)
    now = instant or virtual or db.clock()
    waiting = sorted(
        (row for row in db["timer"] if row["waiting"]),
        key=lambda row: (row["due_at"], row["contract_id"], row["tranche"]),
    )
    due = [row for row in waiting if row["due_at"] <= now][:CLAIM_LIMIT]
    for row in due:
        db["timer"].put({**row, "waiting": False, "fired_at": now})
        not_before = row["due_at"] if virtual is None else None
        announce(db, {**_due_message(row, now), "not_before": not_before})
    later = next((row["due_at"] for row in waiting if row["due_at"] > now), None)
    next_in = None if later is None else (later - now).total_seconds()
    late = [(now - row["due_at"]).total_seconds() for row in due]
    return [{"late": late, "next_in": next_in, "is_virtual": virtual is not None}]


def _due_message(row: Row, now: datetime) -> Row:
    contract_id, tranche, timer = row["contract_id"], row["tranche"], row["timer"]
    instant = row["due_at"].isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = {
        "specversion": "1.0",
        "id": f"{contract_id}/due/{tranche}/{timer}/{row['generation']}",
        "source": "crps.scheduler",
        "type": _TYPE,
        "subject": str(contract_id),
        "time": instant,
        "dataschema": "urn:crps:deadline:reached:v1",
        "data": {
            "timer": timer,
            "tranche": tranche,
            "generation": row["generation"],
            "due_at": instant,
        },
    }
    return {
        "shard": shard_of(contract_id),
        "topic": f"crps.{row['source']}.commands.v1",
        "key": str(contract_id).encode(),
        "type": _TYPE,
        "headers": None,
        "value": json.dumps(body).encode(),
        "written_at": now,
    }


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    "load_versions": load_versions,
    "arm_timers": arm_timers,
    "drop_timers": drop_timers,
    "fire_due": fire_due,
}
