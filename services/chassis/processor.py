"""One batch, one transaction: lock, decide contract by contract, write everything, commit.

The surroundings may fail (then the same batch runs again), a record may be unreadable (then it is
quarantined), a decision may fail (then its contract is blocked, loudly): in no case are the
neighbours lost or delayed (ARCHITECTURE section 3).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from logging import DEBUG
from typing import Any, Generic
from uuid import UUID

import asyncpg
import structlog

from services.chassis.errors import ClockAhead, is_retryable
from services.chassis.frames import unpack
from services.chassis.inbox import (
    PARTIES,
    A,
    Flawed,
    Hold,
    Passed,
    Place,
    Record,
    Service,
    Subscription,
    Turn,
    Unreadable,
    unreadable,
)
from services.chassis.intake import Intake, Read
from services.chassis.journal import QUERIES, bury, write_holds, write_outgoing
from services.chassis.logs import RECORDS, described
from services.chassis.meters import Meters
from services.chassis.positions import Log, Partition, check_log, lock_positions, move_positions
from services.chassis.tally import count_refusal, counts
from services.chassis.telling import correlations, tell_records
from services.chassis.turns import Applicable, Turns
from services.chassis.virtual import Clocks, read_clocks, set_clock
from services.chassis.waiting import Waiting
from services.chassis.work import Ahead, Work, after_commands, in_parts

log = structlog.get_logger()


async def never_set() -> datetime | None:
    """Say that there is no virtual clock."""
    return None


class Processor(Generic[A]):
    """Processes batches for one service; ``process`` and ``attend`` never run side by side."""

    def __init__(
        self,
        name: str,
        pool: asyncpg.Pool,
        subscriptions: Sequence[Subscription],
        service: Service[A],
        intake: Intake,
        *,
        committed: Callable[[], None],
        backoff: Callable[[BaseException], Awaitable[None]],
        meters: Meters | None = None,
        stands_at: Callable[[], Awaitable[datetime | None]] = never_set,
    ) -> None:
        """Call ``committed`` after each commit and ``backoff`` before each new try.

        ``stands_at`` tells where a virtual clock stands by now.
        """
        self._name = name
        self._pool = pool
        self._subscriptions = {s.topic.name: s for s in subscriptions}
        self._last = after_commands(subscriptions)
        self._ours = frozenset(s.topic.name for s in subscriptions if s.ours)
        self._turns = Turns(subscriptions, service)
        self._service = service
        self._intake = intake
        self._committed = committed
        self._backoff = backoff
        self._meters = meters or Meters()
        self._stands_at = stands_at
        self._latest: datetime | None = None
        self._may_be_virtual = True
        """Until the table has told that the clock was never set: then nobody is asked."""
        self._alone = asyncio.Lock()
        self.positions: dict[Partition, int] = {}
        """Next offset of every partition of which something was processed here."""
        self.waiting_for_facts = False
        self._waiting = Waiting(pool, self._subscriptions)
        self._log_is_checked = False

    async def process(self, raws: Sequence[Any]) -> Mapping[Partition, Ahead]:
        """Process one batch of raw records; returns once it is committed.

        What is returned was not: those partitions wait, each from the record named on.
        """
        async with self._alone:
            began = time.monotonic()
            await self._look_at_the_clock()
            waiting: dict[Partition, Ahead] = {}
            for work in in_parts(map(self._told, raws), self._last):
                waiting |= await self._until_done(work.before(waiting))
            for raw in raws:
                self.positions[raw.topic, raw.partition] = raw.offset + 1
            for partition, ahead in waiting.items():
                self.positions[partition] = ahead.offset
            self._meters.batch(len(raws), time.monotonic() - began)
            return waiting

    async def clock(self) -> datetime:
        """Read the database's clock."""
        now: datetime = await self._pool.fetchval(QUERIES["read_clock"])
        return now

    async def attend(self, log_: Log) -> None:
        """Try again what waits: facts that were read by now, closed gaps, operators' retries."""
        async with self._alone:
            if not self._log_is_checked:
                await check_log(self._pool, log_)
                self._log_is_checked = True
            self.waiting_for_facts = False
            await self._waiting.settle_facts(log_, self.positions)
            rows = await self._pool.fetch(QUERIES["held_contracts"])
            if rows:
                await self._look_at_the_clock()
                await self._until_done(Work({row[0]: [] for row in rows}))
            await self._waiting.alarm()

    async def _look_at_the_clock(self) -> None:
        if self._may_be_virtual:
            self._latest = await self._stands_at()

    def _told(self, raw: Any) -> tuple[Any, Read]:
        read = self._intake.read(raw)
        if isinstance(read, Unreadable):
            log.error("record.quarantined", code=read.code, topic=read.topic,
                      partition=read.partition, offset=read.offset,
                      contract_id=str(read.contract_id))  # fmt: skip
        return raw, read

    async def _until_done(self, work: Work) -> Mapping[Partition, Ahead]:
        """Run ``work`` and return what of it must wait for the clock."""
        waiting: dict[Partition, Ahead] = {}
        while True:
            try:
                await self._split(work)
            except ClockAhead as error:
                waiting |= error.waiting
                work = work.before(waiting)
            except Exception as error:
                if not is_retryable(error):
                    raise
                log.warning("batch.retried", error=repr(error))
                self._meters.retried()
                await self._backoff(error)
            else:
                return waiting

    async def _split(self, work: Work) -> None:
        """Run ``work``; on an error of its own, halve it until one contract is left to block."""
        try:
            await self._transact(work)
        except Exception as error:
            if is_retryable(error) or work.controls:
                raise
            contract_ids = list(work.records)
            if len(contract_ids) <= 1:
                await self._block(work, error)
            else:
                half = len(contract_ids) // 2
                first = work.of(contract_ids[:half])
                first.letters = work.letters
                await self._split(first)
                await self._split(work.of(contract_ids[half:]))
            # Only now: until every part was judged, all of the batch must be read again.
            await move_positions(self._pool, work.read_to)

    async def _transact(self, work: Work) -> None:
        async with self._pool.acquire() as conn, conn.transaction():
            judged = await lock_positions(conn, self._party_partitions(work))
            fresh = work.beyond(judged)
            turns, clocks = await self._take_turns(conn, fresh)
            now = clocks.now
            self._may_be_virtual = bool(clocks.virtual or fresh.controls)
            refused = await set_clock(conn, fresh.controls, clocks)
            blocks = [u for u in work.letters if self._blocks(u)]
            outgoing = [o for turn in turns for o in turn.outgoing]
            await write_outgoing(conn, outgoing, now)
            await write_holds(conn, [*turns, *self._block_turns(blocks, now)], now)
            quarantined = [u for turn in turns for u in turn.quarantined]
            await bury(conn, self._name, [*work.letters, *quarantined, *refused], now)
            await move_positions(conn, work.read_to)
        if any(hold[1] is Hold.FACTS for turn in turns for hold in turn.holds):
            self.waiting_for_facts = True
        self._meters.add(counts(turns, [*work.letters, *refused]))
        if RECORDS.isEnabledFor(DEBUG):
            tell_records(work.records)
        self._committed()

    def _party_partitions(self, work: Work) -> set[Partition]:
        places: list[Place] = [*chain.from_iterable(work.records.values()), *work.controls]
        return {(p.topic, p.partition) for p in places if p.topic in PARTIES}

    async def _take_turns(self, conn: asyncpg.Connection, work: Work) -> tuple[list[Turn], Clocks]:
        """Return what every contract does, and what the clocks said then."""
        contract_ids = sorted(work.records)
        if not contract_ids:
            return [], await read_clocks(conn, self._latest)
        blocked, held, lost = await self._held(conn, contract_ids)
        blocked |= {u.contract_id for u in work.letters if u.contract_id and self._blocks(u)}
        records: dict[UUID, list[Applicable]] = {}
        for contract_id in contract_ids:
            waiting = held.get(contract_id)
            if waiting is None:
                records[contract_id] = work.records[contract_id]
                continue
            known = {(r.topic, r.partition, r.offset) for r in waiting}
            fresh = [r for r in work.records[contract_id]
                     if (r.topic, r.partition, r.offset) not in known]  # fmt: skip
            records[contract_id] = [*waiting, *fresh]
        aggregates = await self._service.load(
            conn,
            {
                contract_id: [r for r in records[contract_id] if isinstance(r, Record)]
                for contract_id in contract_ids
                if contract_id not in blocked
            },
        )
        clocks = await read_clocks(conn, self._latest)
        if ahead := work.ahead_of(clocks):
            raise ClockAhead(ahead)
        turns, changed = [], []
        brought, all_of = clocks.stamp(work.records), clocks.stamp(records)
        for contract_id in contract_ids:
            aggregate = aggregates.get(contract_id)
            turn = Turn(
                contract_id,
                self._name,
                clocks.turn_at(all_of[contract_id], self._ours),
                dict(aggregate.seen) if aggregate else {},
                dict(aggregate.sequences) if aggregate else {},
            )
            turns.append(turn)
            turn.quarantined += lost.get(contract_id, ())
            turn.settled += lost.get(contract_id, ())
            if contract_id in blocked:
                self._queue_behind(brought[contract_id], turn)
                continue
            aggregate = self._decide(aggregate, all_of[contract_id], turn)
            if aggregate is not None:
                aggregate.seen, aggregate.sequences = turn.seen, turn.sequences
                changed.append(aggregate)
        await self._service.save(conn, changed)
        return turns, clocks

    def _decide(self, aggregate: A | None, records: Sequence[Applicable], turn: Turn) -> A | None:
        try:
            return self._turns.take(aggregate, records, turn)
        except Exception as error:
            # Nothing of this contract's turn is written; its records wait for a mended service.
            log.exception("contract.blocked", contract_id=str(turn.contract_id),
                          correlation_ids=correlations(records))  # fmt: skip
            turn.outgoing, turn.settled, turn.holds, turn.quarantined = [], [], [], []
            turn.counted = []
            turn.summed.clear()
            first = True
            for record in records:
                if isinstance(record, Flawed):
                    self._refuse(record, turn)
                    continue
                turn.hold(record, Hold.BLOCKED if first else Hold.BEHIND, repr(error)[:500])
                first = False
            place = next((r for r in records if isinstance(r, Record)), None)
            if place is not None:
                turn.quarantine(place, "DECISION_FAILED", repr(error)[:500])
            return None

    async def _held(
        self, conn: asyncpg.Connection, contract_ids: list[UUID]
    ) -> tuple[set[UUID], dict[UUID, list[Record | Passed]], dict[UUID, list[Unreadable]]]:
        """Return who is blocked, what waits, and what of it nobody can read any more."""
        blocked: set[UUID] = set()
        lost: dict[UUID, list[Unreadable]] = defaultdict(list)
        held: dict[UUID, list[Record | Passed]] = defaultdict(list)
        for row in await conn.fetch(QUERIES["held_of_contracts"], contract_ids):
            if row["reason"] == Hold.BLOCKED:
                blocked.add(row["contract_id"])
            read = self._intake.read_place(_place(row))
            if isinstance(read, Record):
                end = row["facts_offset"]
                read = replace(read, held=True, facts_read=self._facts_read(read, end))
                held[row["contract_id"]].append(read)
            elif isinstance(read, Passed):
                held[row["contract_id"]].append(replace(read, held=True))
            elif self._subscriptions[row["topic"]].ours:
                blocked.add(row["contract_id"])
            else:
                # Such as a command whose upstream's key was withdrawn: it blocks nothing.
                letter = read if isinstance(read, Unreadable) else None
                code = letter.code if letter else "UNREADABLE_NOW"
                detail = letter.detail if letter else "it was readable when it was held"
                lost[row["contract_id"]].append(
                    unreadable(_place(row), row["contract_id"], code, detail)
                )
        return blocked, held, lost

    def _facts_read(self, record: Record, facts_offset: int | None) -> bool:
        facts = self._subscriptions[record.topic].facts
        return facts_offset is not None and all(
            self.positions.get((topic.name, record.partition), 0) >= facts_offset for topic in facts
        )

    def _queue_behind(self, records: Sequence[Applicable], turn: Turn) -> None:
        for record in records:
            if isinstance(record, Flawed):
                self._refuse(record, turn)
            else:
                turn.hold(record, Hold.BEHIND, "waits behind a blocked record")

    def _refuse(self, flawed: Flawed, turn: Turn) -> None:
        """Answer a flawed command: it has its answer whatever becomes of its neighbours."""
        try:
            self._service.refuse(flawed, turn)
            count_refusal(flawed, turn)
        except Exception as error:
            turn.quarantined.append(
                unreadable(flawed, flawed.contract_id, "REFUSAL_FAILED", repr(error)[:500])
            )

    def _blocks(self, letter: Unreadable) -> bool:
        """Tell whether an unreadable record leaves a hole in what our own service told us."""
        return letter.contract_id is not None and self._subscriptions[letter.topic].ours

    def _block_turns(self, letters: Sequence[Unreadable], now: datetime) -> list[Turn]:
        turns = []
        for letter in letters:
            assert letter.contract_id is not None  # only such letters block
            turn = Turn(letter.contract_id, self._name, now, {}, {})
            turn.holds.append((letter, Hold.BLOCKED, f"{letter.code}: {letter.detail}"))
            turns.append(turn)
        return turns

    async def _block(self, work: Work, error: Exception) -> None:
        """Hold the records of the one contract whose writing fails, and alarm."""
        for contract_id, records in work.records.items():
            log.error("contract.blocked", contract_id=str(contract_id), error=described(error),
                      correlation_ids=correlations(records))  # fmt: skip
        async with self._pool.acquire() as conn, conn.transaction():
            clocks = await read_clocks(conn, self._latest)
            now = clocks.now
            letters = list(work.letters)
            turns = self._block_turns([u for u in letters if self._blocks(u)], now)
            for contract_id, brought in clocks.stamp(work.records).items():
                turn = Turn(contract_id, self._name, now, {}, {})
                for record in brought:
                    if isinstance(record, Flawed):
                        self._refuse(record, turn)
                        continue
                    turn.hold(record, Hold.BLOCKED, repr(error)[:500])
                    letters.append(
                        unreadable(record, contract_id, "WRITE_FAILED", repr(error)[:500])
                    )
                turns.append(turn)
                if not brought:
                    await conn.execute(QUERIES["block_held"], contract_id, repr(error)[:500])
            await write_outgoing(conn, [o for turn in turns for o in turn.outgoing], now)
            await write_holds(conn, turns, now)
            letters += [letter for turn in turns for letter in turn.quarantined]
            await bury(conn, self._name, letters, now)
        self._meters.add(counts(turns, work.letters))
        self._committed()


def _place(row: asyncpg.Record) -> Place:
    return Place(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["record_offset"],
        appended_at=row["appended_at"],
        key=row["key"],
        headers=unpack(row["headers"]),
        value=row["value"],
    )
