"""``crps contract list``: which contracts there are, so that one of them can be shown."""

from typing import Annotated

import asyncpg
import typer

from crps.addressing import Postgres, database
from crps.ending import run_or_end
from crps.sentences import amount_in_words

_NEWEST = """
    SELECT contract_id, status, total, asset, upstream, order_id
    FROM contracts.contract ORDER BY offered_at DESC, contract_id LIMIT $1
"""


def list_contracts(
    limit: Annotated[int, typer.Option(min=1, help="So many, the newest.")] = 20,
    postgres: Postgres = None,
) -> None:
    """List contracts, the newest first: id, state, total, upstream and order, a line each.

    It goes through the whole table: for a person's look, not for a program's.
    """
    for row in run_or_end(_read(database(postgres), limit)):
        total = amount_in_words(str(row["total"]), row["asset"])
        typer.echo(
            f"{row['contract_id']}  {row['status']:<12}  {total:>15}  {row['upstream']}"
            f"  {row['order_id']}"
        )


async def _read(dsn: str, limit: int) -> list[asyncpg.Record]:
    conn = await asyncpg.connect(dsn)
    try:
        rows: list[asyncpg.Record] = await conn.fetch(_NEWEST, limit)
        return rows
    finally:
        await conn.close()
