"""The tables that every service has, and the counterparts of the chassis' statements on them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from crps.memory.database import Counterpart, Database
from crps.memory.shapes import insert, select_named
from crps.memory.tables import Row, rows_of
from services.chassis.journal import QUERIES, SEPARATOR

KEYS: Final = {
    "journal": ("contract_id", "topic", "sequence"),
    "outbox": ("shard", "id"),
    "command_register": ("contract_id", "topic", "party", "command_id"),
    "read_position": ("topic", "partition"),
    "virtual_time": ("partition",),
    "relay_lease": ("shard",),
    "held_record": ("contract_id", "topic", "partition", "record_offset"),
    "dead_letter": ("contract_id", "topic", "partition", "record_offset"),
}

_PLACE: Final = (
    "contract_id",
    "topic",
    "partition",
    "record_offset",
    "appended_at",
    "key",
    "headers",
    "value",
)
_STUCK: Final = frozenset({"blocked", "behind"})


def add_chassis(db: Database) -> None:
    """Give ``db`` the chassis' tables."""
    db.add(KEYS, QUERIES, COUNTERPARTS)


def read_clock(db: Database) -> Sequence[Row]:
    """Read the database's clock."""
    return [{"clock_timestamp": db.clock()}]


def read_clocks(db: Database) -> Sequence[Row]:
    """Read it, and where the virtual clock stands, by partition number."""
    rows = sorted(db["virtual_time"], key=lambda row: int(row["partition"]))
    virtual = [row["partition"] for row in rows], [row["stands_at"] for row in rows]
    return [{"now": db.clock(), "partitions": virtual[0], "instants": virtual[1]}]


def set_virtual_time(db: Database, partitions: Sequence[int], instants: Sequence[datetime]) -> None:
    """Set the clocks of partitions; never back."""
    for partition, instant in zip(partitions, instants, strict=True):
        known = db["virtual_time"].get(partition)
        stands_at = instant if known is None else max(known["stands_at"], instant)
        db["virtual_time"].put({"partition": partition, "stands_at": stands_at})


def held_of_contracts(db: Database, contract_ids: Sequence[UUID]) -> Sequence[Row]:
    """Return what waits for these contracts."""
    return [row for c in sorted(set(contract_ids)) for row in db["held_record"].of(c)]


def held_contracts(db: Database) -> Sequence[Row]:
    """Return the contracts that have something to try again."""
    found = {row["contract_id"] for row in db["held_record"] if row["reason"] not in _STUCK}
    return [{"contract_id": c} for c in sorted(found)][:500]


def held_since(db: Database, instant: datetime) -> Sequence[Row]:
    """Return what has waited since before this instant, the oldest first."""
    rows = [row for row in db["held_record"] if row["held_at"] < instant]
    return sorted(rows, key=lambda row: row["held_at"])[:500]


def waiting_for_facts(db: Database) -> Sequence[Row]:
    """Return commands on unknown contracts."""
    return [row for row in db["held_record"] if row["reason"] == "facts"][:500]


def settle_facts(
    db: Database, contract_id: UUID, topic: str, partition: int, offset: int, end: int
) -> None:
    """Remember how far the fact topic reached."""
    key = {
        "contract_id": contract_id,
        "topic": topic,
        "partition": partition,
        "record_offset": offset,
    }
    db["held_record"].change({**key, "facts_offset": end})


def lock_read_positions(db: Database, *arrays: Sequence[Any]) -> Sequence[Row]:
    """Return how far these partitions were read."""
    rows = (db["read_position"].get(*key) for key in sorted(set(zip(*arrays, strict=True))))
    return [row for row in rows if row is not None]


def move_read_positions(db: Database, *arrays: Sequence[Any]) -> None:
    """Remember how far these partitions were read; never back."""
    table = db["read_position"]
    for row in rows_of(("topic", "partition", "next_offset"), arrays):
        known = table.get(*table.key_of(row))
        if known is None or known["next_offset"] < row["next_offset"]:
            table.put(row)


def read_positions(db: Database) -> Sequence[Row]:
    """Return how far every partition was read."""
    return list(db["read_position"])


def count_refusals(db: Database, contract_ids: Sequence[UUID]) -> Sequence[Row]:
    """Count each party's refusals on record."""
    counts = Counter(
        (contract_id, row["party"])
        for contract_id in sorted(set(contract_ids))
        for row in db["command_register"].of(contract_id)
        if row["outcome"] == "refused"
    )
    return [{"contract_id": c, "party": p, "refusals": n} for (c, p), n in counts.items()]


def block_held(db: Database, contract_id: UUID, detail: str) -> None:
    """Block a contract of which only held records are left."""
    for row in db["held_record"].of(contract_id):
        db["held_record"].put({**row, "reason": "blocked", "detail": detail})


def hold_records(db: Database, *arrays: Sequence[Any]) -> None:
    """Keep records; a known one only changes its reason."""
    table = db["held_record"]
    for row in rows_of((*_PLACE, "reason", "detail", "held_at"), arrays):
        known = table.get(*table.key_of(row))
        if known is None:
            table.insert({**row, "facts_offset": None})
        elif known["reason"] != row["reason"]:
            table.put({**known, "reason": row["reason"], "detail": row["detail"]})


def drop_held(db: Database, *arrays: Sequence[Any]) -> None:
    """Forget held records that are done with."""
    for key in zip(*arrays, strict=True):
        db["held_record"].drop(*key)


def bury(db: Database, *arrays: Sequence[Any]) -> Sequence[Row]:
    """Keep dead letters; return the places of the new ones."""
    table, fresh = db["dead_letter"], []
    for row in rows_of((*_PLACE, "code", "detail", "quarantined_at"), arrays):
        if table.get(*table.key_of(row)) is None:
            table.insert(row)
            fresh.append({column: row[column] for column in table.key})
    return fresh


def write_events(db: Database, *arguments: Any) -> None:
    """Keep events for ever, and append them to the outbox, in the order given."""
    *arrays, now = arguments
    said = ("contract_id", "topic", "sequence", "event_id", "type", "value")
    sent = ("shard", "topic", "key", "type", "value")
    for row in rows_of((*said, "shard", "key"), arrays):
        db["journal"].insert({**{c: row[c] for c in said}, "written_at": now})
        blank = {"headers": None, "not_before": None, "written_at": now}
        announce(db, {**{c: row[c] for c in sent}, **blank})


def write_outbox(db: Database, *arguments: Any) -> None:
    """Append to the outbox, in the order given."""
    *arrays, now = arguments
    for row in rows_of(("shard", "topic", "key", "type", "value", "headers"), arrays):
        headers = row["headers"].split(SEPARATOR) if row["headers"] else None
        announce(db, {**row, "headers": headers, "not_before": None, "written_at": now})


def announce(db: Database, row: Row) -> None:
    """Append one row to the outbox."""
    db["outbox"].insert({**row, "id": db.next_identity()})


def lease_shards(
    db: Database, owner: str, token: UUID, shards: Sequence[int], term: timedelta
) -> Sequence[Row]:
    """Take every shard that is free, ended, or the owner's."""
    now: datetime = db.clock()
    taken = []
    for shard in shards:
        lease = db["relay_lease"].get(shard)
        if lease is None or lease["expires_at"] < now or lease["owner"] == owner:
            row = {"shard": shard, "owner": owner, "token": token, "expires_at": now + term}
            db["relay_lease"].put(row)
            taken.append({"shard": shard})
    return taken


def read_outbox(db: Database, shards: Sequence[int], per_shard: int) -> Sequence[Row]:
    """Return the oldest rows of each shard, in the order of their ids."""
    rows = [row for shard in shards for row in db["outbox"].of(shard)[:per_shard]]
    return sorted(rows, key=lambda row: int(row["id"]))


def delete_sent(db: Database, shards: Sequence[int], ids: Sequence[int], token: UUID) -> None:
    """Forget what the broker has, where the token still holds the shard."""
    for shard, row_id in zip(shards, ids, strict=True):
        lease = db["relay_lease"].get(shard)
        if lease is not None and lease["token"] == token:
            db["outbox"].drop(shard, row_id)


def outbox_age(db: Database) -> Sequence[Row]:
    """Return the seconds that the oldest row has waited."""
    oldest = min((row["written_at"] for row in db["outbox"]), default=None)
    return [{"age": 0.0 if oldest is None else (db.clock() - oldest).total_seconds()}]


def outbox_size(db: Database) -> Sequence[Row]:
    """Return how many rows wait, and the seconds that the oldest has."""
    return [{"rows": len(db["outbox"]), **outbox_age(db)[0]}]


def held_by_reason(db: Database) -> Sequence[Row]:
    """Return how many records wait for what, and the seconds that the oldest has."""
    since: dict[str, list[datetime]] = {}
    for row in db["held_record"]:
        since.setdefault(row["reason"], []).append(row["held_at"])
    return [
        {"reason": r, "records": len(at), "age": (db.clock() - min(at)).total_seconds()}
        for r, at in since.items()
    ]


def blocked_contracts(db: Database) -> Sequence[Row]:
    """Return how many contracts wait for an operator."""
    rows = db["held_record"]
    return [{"count": len({r["contract_id"] for r in rows if r["reason"] == "blocked"})}]


def retry_blocked(db: Database, contract_id: UUID) -> None:
    """Let a blocked contract try again."""
    for row in db["held_record"].of(contract_id):
        if row["reason"] in _STUCK:
            db["held_record"].put({**row, "reason": "retry"})


COUNTERPARTS: Final[dict[str, Counterpart]] = {
    "read_clock": read_clock,
    "read_clocks": read_clocks,
    "set_virtual_time": set_virtual_time,
    "held_of_contracts": held_of_contracts,
    "held_contracts": held_contracts,
    "held_since": held_since,
    "waiting_for_facts": waiting_for_facts,
    "settle_facts": settle_facts,
    "lock_read_positions": lock_read_positions,
    "move_read_positions": move_read_positions,
    "read_positions": read_positions,
    "load_register": select_named(QUERIES["load_register"]),
    "count_refusals": count_refusals,
    "insert_register": insert(QUERIES["insert_register"]),
    "block_held": block_held,
    "hold_records": hold_records,
    "drop_held": drop_held,
    "bury": bury,
    "write_events": write_events,
    "write_outbox": write_outbox,
    "lease_shards": lease_shards,
    "read_outbox": read_outbox,
    "delete_sent": delete_sent,
    "outbox_age": outbox_age,
    "outbox_size": outbox_size,
    "held_by_reason": held_by_reason,
    "blocked_contracts": blocked_contracts,
    "retry_blocked": retry_blocked,
}
