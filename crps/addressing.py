"""Where a command finds its broker and database: options, the environment, what stands here."""

from typing import Annotated

import typer

from crps.ending import run_or_end
from crps.stack.addresses import Addresses
from crps.stack.local import up
from crps.stack.standing import compose_system

Kafka = Annotated[
    str | None, typer.Option(envvar="CRPS_KAFKA", help="Broker, host:port; else what stands here.")
]
Postgres = Annotated[
    str | None,
    typer.Option(envvar="CRPS_POSTGRES", help="Administrator's DSN; else what stands here."),
]


def broker(kafka: str | None) -> str:
    """Return what was given, else the broker of what stands here; ends the command without one."""
    return kafka or run_or_end(_standing_or_up()).kafka


def database(postgres: str | None) -> str:
    """Return what was given, else the administrator's DSN of what stands here, as `broker`."""
    return postgres or run_or_end(_standing_or_up()).postgres


async def _standing_or_up() -> Addresses:
    """Return what docker compose runs, else the local stack, brought up."""
    standing = await compose_system()
    return await up() if standing is None else standing.addresses
