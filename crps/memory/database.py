"""One service's schema in memory, with the part of asyncpg's interface that the code uses.

A named statement is answered by its counterpart, a function over the tables. Before each statement
and around each commit ``on_step`` is called: whatever it raises happens there, as a crash would.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from crps.memory.clock import Clock
from crps.memory.tables import Row, Table
from services.chassis.db import Queries

Counterpart = Callable[..., Sequence[Row] | None]
"""``(database, *arguments of the statement) -> rows``: what the statement does and returns."""


class Database:
    """Tables, the statements that reach them, and one transaction at a time."""

    def __init__(self, clock: Clock) -> None:
        """``clock`` is this database's."""
        self.clock = clock
        self.on_step: Callable[[str], None] = _nothing
        self._undo: list[Callable[[], None]] = []
        self._tables: dict[str, Table] = {}
        self._statements: dict[str, tuple[str, Counterpart]] = {}
        self._is_open = False
        self._identity = 0

    def add(
        self,
        keys: Mapping[str, Sequence[str]],
        queries: Queries,
        counterparts: Mapping[str, Counterpart],
    ) -> None:
        """Add tables by primary key, and the counterpart of every one of ``queries``."""
        if strays := set(queries) ^ set(counterparts):
            raise LookupError(f"statements without counterpart, or the reverse: {sorted(strays)}")
        for name, key in keys.items():
            self._tables[name] = Table(name, key, self._undo)
        for name, counterpart in counterparts.items():
            self._statements[queries[name]] = name, counterpart

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def next_identity(self) -> int:
        """Return the next value of an identity column; as there, a rollback leaves a gap."""
        self._identity += 1
        return self._identity

    def run(self, sql: str, *arguments: Any) -> list["Cells"]:
        """Execute one statement; without a transaction under way it is one of its own."""
        statement = self._statements.get(sql)
        if statement is None:
            raise LookupError(f"no counterpart in memory for: {sql[:80]}")
        name, counterpart = statement
        self.on_step(name)
        rows = [Cells(row) for row in counterpart(self, *arguments) or ()]
        if not self._is_open:
            self._undo.clear()
        return rows

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit what is done inside, or take it back when it raises."""
        assert not self._is_open, "one transaction at a time"
        self._undo.clear()
        self._is_open = True
        try:
            self.on_step("begin")
            yield
            self.on_step("commit")
            self._undo.clear()
            self.on_step("committed")
        finally:
            for restore in reversed(self._undo):
                restore()
            self._undo.clear()
            self._is_open = False


class Cells:
    """A row as asyncpg gives it: by column name, by position, and as its values."""

    __slots__ = ("_row",)

    def __init__(self, row: Row) -> None:
        self._row = row

    def __getitem__(self, column: str | int) -> Any:
        return self._row[column] if isinstance(column, str) else [*self._row.values()][column]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._row.values())

    def __repr__(self) -> str:
        return f"Cells({self._row!r})"


class MemoryPool:
    """Stands where an ``asyncpg.Pool`` or one of its connections stands."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["MemoryPool"]:
        """Lend a connection."""
        yield self

    def transaction(self) -> Any:
        """Open a transaction, to be used as a context."""
        return self.database.transaction()

    async def fetch(self, sql: str, *arguments: Any) -> list[Cells]:
        """Return all rows."""
        return self.database.run(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Cells | None:
        """Return the first row."""
        return next(iter(self.database.run(sql, *arguments)), None)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """Return the first cell."""
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else row[0]

    async def execute(self, sql: str, *arguments: Any) -> str:
        """Execute; return the tag by which an INSERT tells how many rows it wrote."""
        return f"INSERT 0 {len(self.database.run(sql, *arguments))}"


def _nothing(_: str) -> None:
    """Let the step happen."""
