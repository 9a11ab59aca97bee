"""Tables in memory with transactions: a crash or an error takes back all that was not committed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import asyncpg

Key = tuple[Any, ...]
Row = Mapping[str, Any]
"""Column -> value. A row is never changed in place, so that taking back means putting back."""


class Table:
    """Rows by primary key, grouped by the key's first column."""

    def __init__(self, name: str, key: Sequence[str], undo: list[Callable[[], None]]) -> None:
        """``undo`` collects what a rollback has to run."""
        self.name = name
        self.key = tuple(key)
        self._undo = undo
        self._groups: dict[Any, dict[Key, Row]] = {}

    def __iter__(self) -> Iterator[Row]:
        """Yield all rows, in the order of their keys."""
        for first in sorted(self._groups):
            yield from self.of(first)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def of(self, first: Any) -> Sequence[Row]:
        """Return the rows whose key begins with ``first``, in the order of their keys."""
        group = self._groups.get(first)
        if not group:
            return []
        return [group[key] for key in sorted(group)] if len(group) > 1 else [*group.values()]

    def get(self, *key: Any) -> Row | None:
        """Return the row of ``key``."""
        return self._groups.get(key[0], {}).get(key)

    def key_of(self, row: Row) -> Key:
        """Return the primary key of ``row``."""
        return tuple(row[column] for column in self.key)

    def insert(self, row: Row) -> None:
        """Add ``row``; ``UniqueViolationError`` when its key is taken."""
        key = self.key_of(row)
        if self.get(*key) is not None:
            raise asyncpg.UniqueViolationError(f"{self.name}: {key} exists")
        self._set(key, row)

    def put(self, row: Row) -> None:
        """Add ``row``, or replace the one that has its key."""
        self._set(self.key_of(row), row)

    def change(self, changes: Row) -> None:
        """Set the columns in ``changes`` of the row that they name by key, if there is one."""
        key = self.key_of(changes)
        row = self.get(*key)
        if row is not None:
            self._set(key, {**row, **changes})

    def drop(self, *key: Any) -> None:
        """Delete the row of ``key``, if there is one."""
        if self.get(*key) is not None:
            self._set(key, None)

    def _set(self, key: Key, row: Row | None) -> None:
        before = self.get(*key)
        self._undo.append(lambda: self._restore(key, before))
        self._restore(key, row)

    def _restore(self, key: Key, row: Row | None) -> None:
        group = self._groups.setdefault(key[0], {})
        if row is None:
            group.pop(key, None)
        else:
            group[key] = row


def rows_of(columns: Iterable[str], arrays: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield what ``unnest`` of ``arrays`` yields, with these column names."""
    names = tuple(columns)
    for cells in zip(*arrays, strict=True):
        yield dict(zip(names, cells, strict=True))
