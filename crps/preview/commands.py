"""``crps preview``: what a command would do if it were sent now; nothing is written."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import typer
from pydantic import ValidationError
from rich.console import Console

from crps.addressing import Postgres, database
from crps.clock.reading import read_now
from crps.ending import end, run_or_end
from crps.preview.rehearsal import KEY, Attempt, NotJudgedError, rehearse
from crps.replay.signing import Headers, signed_headers
from crps.sentences import say
from schemas import topics
from schemas.envelope import PROOF_HEADER, Attributes
from schemas.registry import MODELS
from services.chassis.desk import DUPLICATED, REFUSED
from services.chassis.inbox import Outgoing

_COMMANDED: Final = (topics.CONTRACTS_COMMANDS, topics.DISPUTES_COMMANDS, topics.ORDERS_EVENTS)

console = Console(soft_wrap=True, highlight=False, markup=False)


def preview(
    file: Annotated[
        Path, typer.Argument(metavar="FILE|-", help="The message as it would be sent, in JSON.")
    ],
    upstream: Annotated[
        str | None, typer.Option(help="Who would send it; else whoever offered the contract.")
    ] = None,
    proof: Annotated[
        str | None, typer.Option(help="The party's signature, as crps proof sign prints it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    postgres: Postgres = None,
) -> None:
    """Say what a command would do now, by the services' own code. Nothing is written or sent.

    Exit 0 if it would be applied or is a duplicate, 1 if it would be refused, 2 if it cannot be
    judged.
    """
    try:
        value = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        end(f"FILE_UNREADABLE: {file}: {error.strerror}", 2)
    said = run_or_end(_preview(database(postgres), value, upstream, proof), 2)
    told = [{"type": each.wire_type, "data": json.loads(each.value)["data"]} for each in said]
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        for each in told:
            _print(each["type"], each["data"])
    raise typer.Exit(1 if any(each["type"] == REFUSED for each in told) else 0)


async def _preview(
    dsn: str, value: bytes, upstream: str | None, proof: str | None
) -> list[Outgoing]:
    try:
        message = Attributes.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        end(f"MALFORMED: {'.'.join(map(str, first['loc']))}: {first['msg']}", 2)
    topic = next((t.name for t in _COMMANDED if message.type in MODELS[t.name]), None)
    if topic is None:
        end(f"TYPE_UNKNOWN: {message.type} is no command and no order", 2)
    conn = await asyncpg.connect(dsn)
    try:
        sender = upstream or await _upstream_of(conn, message.subject) or "nobody"
        headers = (*signed_headers(message.type, value, sender, KEY), *_borne(proof))
        attempt = Attempt(
            topic,
            await read_now(conn),
            str(message.subject).encode(),
            value,
            headers,
        )
        return await rehearse(conn, [attempt], {sender: KEY.encode()})
    except NotJudgedError as error:
        end(str(error), 2)
    finally:
        await conn.close()


def _borne(proof: str | None) -> Headers:
    return () if proof is None else ((PROOF_HEADER, proof.encode()),)


async def _upstream_of(conn: asyncpg.Connection, contract_id: UUID) -> str | None:
    offered: str | None = await conn.fetchval(
        "SELECT upstream FROM contracts.contract WHERE contract_id = $1", contract_id
    )
    return offered


def _print(wire_type: str, data: dict[str, Any]) -> None:
    if wire_type == REFUSED:
        console.print(f"would be refused {data['code']}: {data['detail']}")
        for name, fact in data["facts"].items():
            console.print(f"  {name}: {fact}")
        for allowed in data["allowed"]:
            until = f" until {allowed['until']}" if allowed.get("until") else ""
            console.print(f"  allowed now: {allowed['command']}{until}")
    elif wire_type == DUPLICATED:
        code = f" {data['code']}" if data.get("code") else ""
        console.print(f"is a duplicate: that id was {data['first']}{code}")
    else:
        console.print(f"would be said: {wire_type}  {say(wire_type, data)}".rstrip())
