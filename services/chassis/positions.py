"""How far the parties' topics were read: moved in the transaction of the batch, not beside it.

After a crash between the commit and the commit of the offsets, or under a second owner, the log
delivers records again. Such a record is silent (SPEC section 3). What is ours is recognised by
its sequence and what used up an id by the register; a refusal that uses up none leaves no other
trace than this, and judged anew against a later state it could move money after all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import asyncpg

from services.chassis.db import columns
from services.chassis.errors import InvariantBroken
from services.chassis.journal import QUERIES

Partition = tuple[str, int]
"""Topic name and partition number."""


class Log(Protocol):
    """What may be asked of the log, on rare paths only."""

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Return the offset after the last record of each partition, now."""

    async def committed(self, partition: Partition) -> int:
        """Return the offset up to which this service has processed the partition."""


async def lock_positions(
    conn: asyncpg.Connection, partitions: Iterable[Partition]
) -> dict[Partition, int]:
    """Return the next offset of these partitions; a second owner waits for the first here."""
    named = sorted(partitions)
    if not named:
        return {}
    rows = await conn.fetch(QUERIES["lock_read_positions"], *columns(named))
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def move_positions(
    conn: asyncpg.Connection | asyncpg.Pool, positions: Mapping[Partition, int]
) -> None:
    """Write the next offset of these partitions; never back."""
    if positions:
        moves = [(*partition, offset) for partition, offset in sorted(positions.items())]
        await conn.execute(QUERIES["move_read_positions"], *columns(moves))


async def check_log(pool: asyncpg.Pool, log: Log) -> None:
    """Make sure that the log still reaches as far as it was read; InvariantBroken if not.

    A log that was lost and begun anew would have its records taken for repeats.
    """
    rows = await pool.fetch(QUERIES["read_positions"])
    ends = await log.ends([(row["topic"], row["partition"]) for row in rows])
    for row in rows:
        end = ends[row["topic"], row["partition"]]
        if end < row["next_offset"]:
            raise InvariantBroken(
                f"{row['topic']}/{row['partition']} ends at {end}, but was read to"
                f" {row['next_offset']}: the log was cut or begun anew"
            )
