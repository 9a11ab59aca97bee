"""What goes wrong, and how often: drawn once a seed, so that some seeds are calm and some wild."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from connectors.sandbox_bank.messages import Outbound
from crps.memory.log import Partition
from crps.memory.process import Crashed
from services.chassis.inbox import Flawed, Hold, Record, Service, Turn

PLANTED = "planted by the simulator"
WRITES = {"write_events", "write_outbox", "update_contracts", "update_books", "arm_timers"}


@dataclass
class Faults:
    """The rates of one seed, and the dice."""

    rng: random.Random
    is_on: bool = True
    rates: dict[str, float] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)

    @classmethod
    def drawn(cls, rng: random.Random) -> "Faults":
        calm = rng.random() < 0.15
        kinds = ("crash", "disconnect", "data", "poison", "ack", "bank", "commit", "rewind")
        scale = {"data": 0.15, "poison": 0.08, "rewind": 0.5}
        rates = {k: 0.0 if calm else rng.choice((0.0, 0.1, 0.4)) * scale.get(k, 1) for k in kinds}
        return cls(rng, rates=rates)

    def strike(self, kind: str) -> bool:
        """Tell whether a fault of this kind happens now."""
        hit = self.is_on and self.rng.random() < self.rates[kind]
        self.happened[kind] += hit
        return hit

    def script(self) -> Callable[[str], None]:
        """Return what a database does at each of its steps during one piece of work."""
        for kind, error in (("crash", Crashed), ("disconnect", ConnectionResetError)):
            if self.strike(kind):
                return self._after(self.rng.randint(1, 22), kind, error)
        return self._at_write() if self.strike("data") else nothing

    def _after(self, steps: int, kind: str, error: type[BaseException]) -> Callable[[str], None]:
        left = steps

        def step(name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.happened[f"{kind} at {name}"] += 1
                raise error(PLANTED)

        return step

    def _at_write(self) -> Callable[[str], None]:
        wanted = self.rng.choice(sorted(WRITES))
        is_done = False

        def step(name: str) -> None:
            nonlocal is_done
            if name == wanted and not is_done:
                is_done = True
                self.happened[f"data at {name}"] += 1
                raise asyncpg.DataError(PLANTED)

        return step

    def ack(self, _: Partition) -> str | None:
        return self.rng.choice(("lost", "unheard")) if self.strike("ack") else None

    def bend(self, said: Sequence[Outbound]) -> Sequence[Outbound]:
        """Repeat and reorder what the bank says, and let it say more than it must."""
        bent = list(said)
        for out in said:
            if b"instruction.arrived" in out.headers[0][1] and self.strike("bank"):
                status = self.rng.choice(("acknowledged", "accepted", "settled", "unknown"))
                bent.append(_restated(out, status))
            if self.strike("bank"):
                bent.append(out)
        if self.strike("bank"):
            self.rng.shuffle(bent)
        return bent


def _restated(out: Outbound, status: str) -> Outbound:
    """Return the same report with another status, under an id of its own."""
    old, new = b"crps.instruction.arrived.v1", f"crps.instruction.{status}.v1".encode()
    value = out.value.replace(old, new).replace(b"/arrived", b"/" + status.encode())
    value = value.replace(b"instruction:arrived", b"instruction:" + status.encode())
    headers = tuple((name, v.replace(old, new)) for name, v in out.headers)
    return Outbound(out.key, value, headers)


def nothing(_: str) -> None:
    """Let the step happen."""


@dataclass
class Judged:
    """When a service applied a record for good, and in which order."""

    at: dict[tuple[str, int, int], tuple[datetime, int]] = field(default_factory=dict)
    _open: list[tuple[Record, datetime]] = field(default_factory=list)

    def begin(self) -> None:
        self._open.clear()

    def note(self, record: Record, now: datetime) -> None:
        self._open.append((record, now))

    def forget(self, contract_id: UUID) -> None:
        self._open = [pair for pair in self._open if pair[0].contract_id != contract_id]

    def commit(self) -> None:
        for record, now in self._open:
            place = record.topic, record.partition, record.offset
            self.at.setdefault(place, (now, len(self.at)))
        self._open.clear()


class Dressed:
    """A service that can be made to fail once, and of which it is known what it applied when."""

    def __init__(self, inner: Service[Any], faults: Faults, judged: Judged) -> None:
        self._inner = inner
        self._faults = faults
        self._judged = judged

    async def load(self, conn: Any, records: Mapping[UUID, Sequence[Record]]) -> dict[UUID, Any]:
        return await self._inner.load(conn, records)

    def apply(self, aggregate: Any, record: Record, turn: Turn) -> Any:
        try:
            if self._faults.strike("poison"):
                raise RuntimeError(PLANTED)
            outcome = self._inner.apply(aggregate, record, turn)
        except Exception:
            self._judged.forget(record.contract_id)
            raise
        if not isinstance(outcome, Hold):
            self._judged.note(record, turn.now)
        return outcome

    def refuse(self, flawed: Flawed, turn: Turn) -> None:
        self._inner.refuse(flawed, turn)

    async def save(self, conn: Any, aggregates: Sequence[Any]) -> None:
        await self._inner.save(conn, aggregates)
