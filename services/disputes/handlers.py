"""The shell: nothing of the published language reaches a dispute, so nothing may arrive here."""

from collections.abc import Mapping, Sequence
from typing import Never
from uuid import UUID

import asyncpg

from services.chassis.errors import InvariantBroken
from services.chassis.inbox import Aggregate, Flawed, Record, Turn


class Disputes:
    """Disputes as the chassis runs them; it implements ``services.chassis.inbox.Service``."""

    async def load(
        self,
        conn: asyncpg.Connection,  # noqa: ARG002  # the chassis' signature
        records: Mapping[UUID, Sequence[Record]],  # noqa: ARG002
    ) -> dict[UUID, Aggregate]:
        """Return nothing: disputes keep no state of their own."""
        return {}

    def apply(
        self,
        aggregate: Aggregate | None,  # noqa: ARG002  # the chassis' signature
        record: Record,
        turn: Turn,  # noqa: ARG002
    ) -> Never:
        """Raise ``InvariantBroken``: the subscriptions admit no message."""
        raise InvariantBroken(f"disputes did not subscribe to {record.message.type}")

    def refuse(self, flawed: Flawed, turn: Turn) -> Never:  # noqa: ARG002  # as above
        """Raise ``InvariantBroken``: only commands that the language knows can be flawed."""
        raise InvariantBroken(f"{flawed.attributes.type} is no command of disputes")

    async def save(self, conn: asyncpg.Connection, aggregates: Sequence[Aggregate]) -> None:
        """Write nothing: no aggregate exists."""
