"""Counterparts of the statements whose shape says everything: read by key, insert, update.

Their columns are read from the SQL itself, so that a column added there is added here.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from crps.memory.database import Counterpart, Database
from crps.memory.tables import Row, rows_of

_SELECT: Final = re.compile(r"^SELECT (.*?)\sFROM (\w+)\s+WHERE contract_id = ANY", re.DOTALL)
_NAMED: Final = re.compile(
    r"^SELECT (.*?)\sFROM unnest\(.*?AS (\w+) \(([^)]*)\)\s+JOIN (\w+) (?:AS )?\w+"
    r"\s+USING \(([^)]*)\)",
    re.DOTALL,
)
_INSERT: Final = re.compile(r"INSERT INTO (\w+) (?:AS \w+ )?\(([^)]*)\)", re.DOTALL)
_UPDATE: Final = re.compile(r"^UPDATE (\w+).*AS \w+ ?\(([^)]*)\)", re.DOTALL)


def select_of_contracts(sql: str) -> Counterpart:
    """``SELECT ... FROM t WHERE contract_id = ANY($1) [ORDER BY key] [FOR UPDATE]``."""
    columns, table = _groups(_SELECT, sql)
    names = _names(columns)

    def select(db: Database, contract_ids: Sequence[Any]) -> Sequence[Row]:
        rows = [row for c in sorted(set(contract_ids)) for row in db[table].of(c)]
        return [{name: row[name] for name in names} for row in rows]

    return select


def select_named(sql: str) -> Counterpart:
    """``SELECT ... FROM unnest(...) AS named (key) JOIN t USING (key)``."""
    columns, _, given, table, using = _groups(_NAMED, sql)
    names, keys, by = _names(columns), _names(given), _names(using)

    def select(db: Database, *arrays: Sequence[Any]) -> Sequence[Row]:
        assert db[table].key == by, f"{table} is read by another key than its own"
        found = []
        for named in rows_of(keys, arrays):
            row = db[table].get(*(named[column] for column in by))
            if row is not None:
                found.append({name: row[name] for name in names})
        return found

    return select


def insert(sql: str) -> Counterpart:
    """``INSERT INTO t (...) SELECT * FROM unnest(...) [ON CONFLICT (key) DO NOTHING]``."""
    table, columns = _groups(_INSERT, sql)
    names, is_lenient = _names(columns), "DO NOTHING" in sql

    def write(db: Database, *arrays: Sequence[Any]) -> Sequence[Row]:
        fresh = [
            row
            for row in rows_of(names, arrays)
            if not (is_lenient and db[table].get(*db[table].key_of(row)))
        ]
        for row in fresh:
            db[table].insert(row)
        return fresh

    return write


def update(sql: str) -> Counterpart:
    """``UPDATE t SET ... FROM unnest(...) AS n (...) WHERE`` the key is the same."""
    table, columns = _groups(_UPDATE, sql)
    names = _names(columns)

    def write(db: Database, *arrays: Sequence[Any]) -> None:
        for row in rows_of(names, arrays):
            db[table].change(row)

    return write


def _groups(pattern: re.Pattern[str], sql: str) -> tuple[str, ...]:
    match = pattern.search(sql)
    if match is None:
        raise ValueError(f"not of this shape: {sql[:80]}")
    return match.groups()


def _names(columns: str) -> tuple[str, ...]:
    return tuple(column.strip().rpartition(".")[2] for column in columns.split(","))
