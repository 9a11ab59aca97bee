"""The real system that scenarios share: servers and processes of its own, and its virtual clock."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from crps.audit.auditor import judge
from crps.audit.books import read_schemas
from crps.audit.log import read_log
from crps.calendars.document import china
from crps.calendars.publishing import publish
from crps.clock.log import tell_clock
from crps.memory.process import NeverStill
from crps.proofs import ENVIRONMENT, VARIABLE
from crps.provision import PARTITIONS, provision
from crps.scenario.letters import KEY, UPSTREAM, Letter
from crps.scenario.processes import Processes
from crps.scenario.quiet import BANK, Look, Watch
from crps.scenario.stage import ANSWERS, TOLD, Place
from crps.stack.addresses import Addresses
from crps.stack.home import Home
from crps.stack.own import Choice, run_servers
from crps.stack.services import ALL, run_services, variable
from crps.stack.upstream import Upstream, keys_setting
from schemas.topics import SERVICES, TOPICS
from services.chassis.partitioner import partition_of

HOME: Final = Home(Path.cwd() / "var" / "scenarios")

STILL_SECONDS: Final = 60.0
"""A system that has not come to rest by then never will."""
_LOOK_SECONDS: Final = 0.02
_POLL_MS: Final = 200
_STANDS_SECONDS: Final = 600.0
"""How long a paused process may stand still and not be taken for a broken one."""
_LARGEST: Final = 4 * 1024 * 1024

_FOUND: Final = """
SELECT topic, partition, record_offset, {what} FROM {service}.{table}
JOIN unnest($1::text[], $2::integer[], $3::bigint[]) AS named (topic, partition, record_offset)
    USING (topic, partition, record_offset)
"""


class System:
    """Everything that runs; it does what it is told, and tells when it is quiet."""

    def __init__(
        self,
        addresses: Addresses,
        processes: Processes,
        clock_key: str,
        database: asyncpg.Connection,
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
        watch: Watch,
    ) -> None:
        self._addresses = addresses
        self.processes = processes
        self._clock_key = clock_key
        self._database = database
        self._producer = producer
        self._consumer = consumer
        self._watch = watch
        self._running = set(ALL)
        self._last: Look | None = None
        self.now: datetime | None = None
        """The virtual clock; None before it was first set."""

    # --- what is done to it ---------------------------------------------------------------------

    async def append(self, letter: Letter) -> Place:
        """Append a letter where it demands, else where its key does."""
        partition = letter.partition
        if partition is None:
            partition = partition_of(letter.key, PARTITIONS)
        sent = await self._producer.send_and_wait(
            letter.topic,
            letter.value,
            key=letter.key,
            partition=partition,
            headers=list(letter.headers),
        )
        return Place(sent.topic, sent.partition, sent.offset)

    async def set_clock(self, to: datetime) -> None:
        """Let it be that instant; who runs has read it once the system rests."""
        await tell_clock(self._producer, self._clock_key, to)
        self.now = to

    async def pause(self, service: str) -> None:
        """Let the process stand still; returns once it does."""
        await self.processes.halt(service)
        self._running.discard(service)

    def resume(self, service: str) -> None:
        """Let the process go on."""
        self.processes.go_on(service)
        self._running.add(service)

    def resume_all(self) -> None:
        """Let everybody go on who stands still."""
        for service in SERVICES:
            self.resume(service)

    async def silence_bank(self) -> None:
        """Stop the sandbox bank for good: from now on it is played by hand."""
        self._running.discard(BANK)
        await self.processes.stop(BANK)

    # --- what is asked of it --------------------------------------------------------------------

    @property
    def bank_answers(self) -> bool:
        """Whether the sandbox bank runs."""
        return BANK in self._running

    def is_running(self, service: str) -> bool:
        """Tell whether no scenario has paused the service."""
        return service in self._running

    async def rest(self, *, without: str | None = None) -> None:
        """Wait until everybody who runs, but one, has done all there is to do at this instant.

        Raises ``NeverStill`` with what is left.
        """
        assert self.now is not None, "the clock is set before anything else"
        clock = asyncio.get_running_loop().time
        gives_up_at = clock() + STILL_SECONDS
        running = self._running - {without}
        while True:
            look = await self._watch.look(running, ("ledger",), self.now, PARTITIONS)
            if look.is_quiet:
                self._last = look
                return
            if clock() > gives_up_at:
                raise NeverStill(f"after {STILL_SECONDS:.0f} s {look}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def next_due(self, contracts: Collection[UUID]) -> datetime | None:
        """Return when the scheduler next fires for these contracts; None while it is paused."""
        if "scheduler" not in self._running:
            return None
        due: datetime | None = await self._database.fetchval(
            "SELECT min(due_at) FROM scheduler.timer WHERE waiting AND contract_id = ANY($1)",
            list(contracts),
        )
        return due

    async def heard(self) -> list[Any]:
        """Return the records of events and answers since the last time; call it at rest."""
        places = sorted(self._consumer.assignment())
        ends = await self._watch.ends(places)
        records: list[Any] = []
        while any([await self._consumer.position(p) < ends[p] for p in places]):
            for batch in (await self._consumer.getmany(timeout_ms=_POLL_MS)).values():
                records += batch
        return records

    def ledger_read_to(self, topic: str, partition: int) -> int:
        """Return up to where the ledger had read when the system last rested."""
        assert self._last is not None, "a letter is sent before anybody asks what came of it"
        return self._last.committed["ledger"].get(TopicPartition(topic, partition), 0)

    async def applied(self, places: Sequence[Place]) -> set[Place]:
        """Return which of these records the registers have as applied."""
        found = await self._found("command_register", "outcome", places)
        return {place for place, outcome in found.items() if outcome == "applied"}

    async def buried(self, places: Sequence[Place]) -> Mapping[Place, str]:
        """Return the codes under which services set some of these records aside."""
        return await self._found("dead_letter", "code", places)

    async def held(self, places: Sequence[Place]) -> set[Place]:
        """Return which of these records a service holds."""
        return set(await self._found("held_record", "reason", places))

    async def instructions(self, contracts: Collection[UUID]) -> Mapping[UUID, list[Any]]:
        """Return the ledger's instructions of each contract, in the order of their decisions."""
        found: dict[UUID, list[Any]] = {}
        for row in await self._database.fetch(
            "SELECT * FROM ledger.instruction WHERE contract_id = ANY($1) ORDER BY number",
            list(contracts),
        ):
            found.setdefault(row["contract_id"], []).append(row)
        return found

    async def violations(self) -> tuple[str, ...]:
        """Return all that the auditor finds broken, in the log and the schemas as they stand."""
        log = await read_log(self._addresses.kafka, [topic.name for topic in TOPICS])
        schemas = await read_schemas(self._addresses.postgres)
        found = await asyncio.to_thread(judge, log, schemas, frozenset(), ENVIRONMENT)
        return found.violations

    async def _found(self, table: str, what: str, places: Sequence[Place]) -> Mapping[Place, str]:
        each = (_FOUND.format(service=s, table=table, what=what) for s in SERVICES)
        columns = [[place[n] for place in places] for n in range(3)]
        rows = await self._database.fetch(" UNION ALL ".join(each), *columns)
        return {Place(*row[:3]): row[what] for row in rows}


@asynccontextmanager
async def running_system(home: Home, choice: Choice, *, bank: bool) -> AsyncIterator[System]:
    """Run new servers and all processes for the block; none is left, however it ends.

    Raises ``StackError`` when one does not start.
    """
    clock_key = secrets.token_hex(32)
    environment = {
        VARIABLE: ENVIRONMENT,
        "CRPS_UPSTREAM_KEYS": keys_setting(Upstream(UPSTREAM, KEY), clock_key),
        **_patient(ALL),
    }
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(run_servers(home, choice.kind))
        addresses = servers.addresses
        await provision(addresses)
        await publish(addresses.postgres, china())
        names = ALL if bank else tuple(name for name in ALL if name != BANK)
        services = run_services(addresses, home, names, environment, lingers_s=_STANDS_SECONDS)
        supervisor = await stack.enter_async_context(services)
        database = await asyncpg.connect(addresses.postgres)
        stack.push_async_callback(database.close)
        producer = await stack.enter_async_context(
            AIOKafkaProducer(
                bootstrap_servers=addresses.kafka, acks="all", max_request_size=_LARGEST
            )
        )
        consumer = await stack.enter_async_context(
            AIOKafkaConsumer(
                bootstrap_servers=addresses.kafka, group_id=None, auto_offset_reset="earliest"
            )
        )
        consumer.assign(
            [TopicPartition(t, n) for t in {*TOLD, *ANSWERS} for n in range(PARTITIONS)]
        )
        admin = AIOKafkaAdminClient(bootstrap_servers=addresses.kafka)
        await admin.start()
        stack.push_async_callback(admin.close)
        # A consumer of its own: behind a fetch that waits for more, every question would wait too.
        asking = await stack.enter_async_context(
            AIOKafkaConsumer(bootstrap_servers=addresses.kafka, group_id=None)
        )
        watch = Watch(admin, asking, database)
        processes = Processes(supervisor)
        system = System(addresses, processes, clock_key, database, producer, consumer, watch)
        # A stopped process would not hear that it should end.
        stack.callback(system.resume_all)
        if not bank:
            await system.silence_bank()
        yield system


def _patient(names: Iterable[str]) -> Mapping[str, str]:
    """Return the settings by which a process that was stopped for a while is not given up."""
    return {
        variable(name, what): value
        for name in names
        for what, value in (
            ("SESSION_TIMEOUT_MS", f"{_STANDS_SECONDS * 1000:.0f}"),
            ("WEDGED_SECONDS", f"{_STANDS_SECONDS:.0f}"),
        )
    }
