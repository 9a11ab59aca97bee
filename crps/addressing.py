"""Where a command finds its broker and database: options, the environment, the local stack."""

import asyncio
from typing import Annotated

import typer

from crps.stack.addresses import Addresses
from crps.stack.local import up

Kafka = Annotated[
    str | None, typer.Option(envvar="CRPS_KAFKA", help="Broker, host:port; else the local stack.")
]
Postgres = Annotated[
    str | None,
    typer.Option(envvar="CRPS_POSTGRES", help="Administrator's DSN; else the local stack."),
]


def addresses(kafka: str | None, postgres: str | None) -> Addresses:
    """Return what was given, or bring the local stack up; both or none must be given."""
    if kafka and postgres:
        return Addresses(kafka, postgres)
    if kafka or postgres:
        raise typer.BadParameter("give both --kafka and --postgres, or none")
    return asyncio.run(up())
