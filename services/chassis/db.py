"""PostgreSQL access: the pool of one service, and its SQL read from ``sql/queries.sql``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, Final

import asyncpg

from services.chassis.errors import Retryable

_BLOCK: Final = re.compile(r"^-- name: (\w+)\n((?:--.*\n)*)", re.MULTILINE)


class Queries(Mapping[str, str]):
    """Named queries of one package: blocks headed ``-- name: load_contracts``."""

    def __init__(self, statements: Mapping[str, str]) -> None:
        self._statements = dict(statements)

    @classmethod
    def load(cls, package: str) -> "Queries":
        """Read ``sql/queries.sql`` of ``package``; ValueError when a name stands twice."""
        text = (resources.files(package) / "sql" / "queries.sql").read_text("utf-8")
        starts = list(_BLOCK.finditer(text))
        statements: dict[str, str] = {}
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            if start[1] in statements:
                raise ValueError(f"{package}: query {start[1]} stands twice")
            end = following.start() if following else len(text)
            statements[start[1]] = text[start.end() : end].strip().rstrip(";")
        return cls(statements)

    def __getitem__(self, name: str) -> str:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)

    async def write(
        self, conn: asyncpg.Connection, name: str, rows: Sequence[tuple[Any, ...]]
    ) -> str:
        """Run a statement over ``unnest`` on all ``rows``, if there are any; returns its tag."""
        if not rows:
            return ""
        status: str = await conn.execute(self[name], *columns(rows))
        return status

    async def insert(
        self, conn: asyncpg.Connection, name: str, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Insert ``rows``; Retryable when another process wrote some of them meanwhile."""
        status = await self.write(conn, name, rows)
        if rows and status != f"INSERT 0 {len(rows)}":
            raise Retryable(f"{name}: another process wrote some of {len(rows)} rows meanwhile")


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Return ``rows`` as ``unnest`` takes them: an array a column."""
    return [list(column) for column in zip(*rows, strict=True)]


async def _keep_session(_: asyncpg.Connection) -> None:
    """Skip the RESET ALL round trip on release: nobody changes session state."""


async def open_pool(dsn: str, *, schema: str, application: str, size: int = 5) -> asyncpg.Pool:
    """Open a pool whose connections see ``schema`` only and never wait without bound."""
    settings: dict[str, Any] = {
        "application_name": application,
        "search_path": schema,
        "statement_timeout": "20s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "20s",
        "jit": "off",
    }
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=30,
        timeout=10,
        server_settings=settings,
        reset=_keep_session,
    )
