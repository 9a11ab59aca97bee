"""What an operator may do about records that did not get through. Nothing here moves money.

A dead letter of a party's command is not sent again lightly: it would be judged by its new append
time (SPEC section 5), so that a release quarantined before a deadline would come after it.
"""

import json
import re
from typing import Annotated
from uuid import UUID

import asyncpg
import typer
from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from crps.addressing import Kafka, Postgres, broker, database
from crps.ending import run_or_end
from schemas.topics import SERVICES, TOPICS
from services.chassis.frames import unpack
from services.chassis.inbox import Outgoing
from services.chassis.journal import QUERIES, write_outgoing
from services.chassis.partitioner import partition_of

dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be read or applied.")
console = Console()

Service = Annotated[str, typer.Option(help=f"One of {', '.join(SERVICES)}.")]
Contract = Annotated[UUID, typer.Option(help="Contract id.")]

_PLACE = re.compile(r"([a-z0-9.-]+)/([0-9]{1,9})/([0-9]{1,18})")
_LETTERS = """
    SELECT contract_id, topic, partition, record_offset, appended_at, code, detail,
           octet_length(value) AS bytes
    FROM {service}.dead_letter ORDER BY quarantined_at DESC LIMIT $1
"""
_LETTER = """
    SELECT * FROM {service}.dead_letter
    WHERE topic = $1 AND partition = $2 AND record_offset = $3
"""
_JOURNAL = """
    SELECT topic, type, value FROM {service}.journal
    WHERE contract_id = $1 ORDER BY topic, sequence
"""


@dead_letters.command("list")
def list_letters(
    postgres: Postgres = None,
    limit: Annotated[int, typer.Option(help="The newest so many of each service.")] = 50,
) -> None:
    """List dead letters and blocked contracts of all services, newest first."""
    run_or_end(_list(database(postgres), limit))


@dead_letters.command("show")
def show_letter(
    place: Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET, as `list` prints it.")],
    service: Service,
    postgres: Postgres = None,
) -> None:
    """Show one dead letter whole: reason, origin, headers and body."""
    row = run_or_end(_letter(database(postgres), service, place))
    for name in ("code", "detail", "contract_id", "appended_at", "quarantined_at"):
        console.print(f"{name}: {row[name]}", markup=False)
    for name, value in unpack(row["headers"]):
        console.print(f"header {name}: {value!r}", markup=False)
    console.print(repr((row["value"] or b"")[:4000]), markup=False)


@dead_letters.command("retry")
def retry_letter(
    place: Annotated[
        str | None, typer.Argument(help="TOPIC/PARTITION/OFFSET of one record to append again.")
    ] = None,
    service: Service = "contracts",
    contract: Annotated[
        UUID | None, typer.Option(help="Let this blocked contract try again instead.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option(help="Append a party's command again, to be judged at its new time.")
    ] = False,
    kafka: Kafka = None,
    postgres: Postgres = None,
) -> None:
    """Let a blocked contract try again, or append one dead letter to its topic once more."""
    if contract is not None:
        moved = run_or_end(_unblock(database(postgres), service, contract))
        console.print(f"{moved} records of {contract} will be tried again by {service}.")
    elif place is not None:
        run_or_end(_append_again(broker(kafka), database(postgres), service, place, anyway=anyway))
        console.print(f"{place} was appended again.")
    else:
        raise typer.BadParameter("name a record, or --contract")


def republish(service: Service, contract: Contract, postgres: Postgres = None) -> None:
    """Send again everything a service ever said of a contract: stored bytes, same ids."""
    count = run_or_end(_republish(database(postgres), service, contract))
    console.print(f"{count} records of {service} on {contract} are in its outbox again.")


async def _list(dsn: str, limit: int) -> None:
    conn = await asyncpg.connect(dsn)
    table = Table("service", "place", "code", "contract", "bytes", "detail")
    try:
        for service in SERVICES:
            for row in await conn.fetch(_LETTERS.format(service=service), limit):
                place = f"{row['topic']}/{row['partition']}/{row['record_offset']}"
                table.add_row(service, place, row["code"], str(row["contract_id"]),
                              str(row["bytes"]), row["detail"][:60])  # fmt: skip
            held = await conn.fetch(
                f"SELECT contract_id, count(*) FROM {service}.held_record"  # noqa: S608
                " WHERE reason IN ('blocked', 'behind') GROUP BY 1"
            )
            for row in held:
                table.add_row(service, "-", "BLOCKED", str(row[0]), "", f"{row[1]} records wait")
    finally:
        await conn.close()
    console.print(table)


async def _letter(dsn: str, service: str, place: str) -> asyncpg.Record:
    _known(service)
    found = _PLACE.fullmatch(place)
    if found is None:
        raise typer.BadParameter(f"{place!r} is not TOPIC/PARTITION/OFFSET, as `list` prints it")
    conn = await asyncpg.connect(dsn)
    try:
        row = await conn.fetchrow(
            _LETTER.format(service=service), found[1], int(found[2]), int(found[3])
        )
    finally:
        await conn.close()
    if row is None:
        raise typer.BadParameter(f"{service} has no dead letter {place}")
    return row


async def _unblock(dsn: str, service: str, contract: UUID) -> int:
    _known(service)
    conn = await asyncpg.connect(dsn, server_settings={"search_path": service})
    try:
        status: str = await conn.execute(QUERIES["retry_blocked"], contract)
    finally:
        await conn.close()
    return int(status.rpartition(" ")[2])


async def _append_again(kafka: str, dsn: str, service: str, place: str, *, anyway: bool) -> None:
    row = await _letter(dsn, service, place)
    topic = next(t for t in TOPICS if t.name == row["topic"])
    if topic.party_writable and not anyway:
        raise typer.BadParameter(
            "a party's command would be judged by its new append time, not by"
            f" {row['appended_at']:%Y-%m-%d %H:%M:%S}Z; say --anyway if that is meant"
        )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        partitions = len(await producer.partitions_for(topic.name))
        await producer.send_and_wait(
            topic.name,
            row["value"],
            key=row["key"],
            partition=partition_of(row["key"] or b"", partitions),
            headers=list(unpack(row["headers"])),
        )
    finally:
        await producer.stop()


async def _republish(dsn: str, service: str, contract: UUID) -> int:
    _known(service)
    conn = await asyncpg.connect(dsn, server_settings={"search_path": service})
    try:
        async with conn.transaction():
            rows = await conn.fetch(_JOURNAL.format(service=service), contract)
            key = str(contract).encode()
            # No sequence: the journal has these already, only the outbox is written.
            again = [Outgoing(r["topic"], r["type"], contract, key, r["value"]) for r in rows]
            await write_outgoing(conn, again, await conn.fetchval(QUERIES["read_clock"]))
    finally:
        await conn.close()
    return len(rows)


def _known(service: str) -> None:
    if service not in SERVICES:
        raise typer.BadParameter(f"no service {json.dumps(service)}; one of {', '.join(SERVICES)}")
