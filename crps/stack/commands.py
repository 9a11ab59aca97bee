"""`crps dev`: bring the local Kafka and PostgreSQL up, look at them, take them down."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from crps.stack.addresses import KAFKA_VARIABLE, POSTGRES_VARIABLE
from crps.stack.errors import StackError
from crps.stack.home import default_home
from crps.stack.local import ServerStatus
from crps.stack.local import down as stack_down
from crps.stack.local import status as stack_status
from crps.stack.local import up as stack_up

dev = typer.Typer(
    no_args_is_help=True,
    help=(
        "A real Kafka and a real PostgreSQL on this machine, without Docker.\n\n"
        "`up` starts them and leaves them running, `status` shows whether they answer, `down` "
        "stops them. Their state is kept in var/stack, so that topics and tables are still there "
        "after the next `up`; delete the folder to forget it. The first `up` fetches Kafka with "
        f"Maven. With {KAFKA_VARIABLE} and {POSTGRES_VARIABLE} in the environment, those servers "
        "are used and nothing else is started or stopped."
    ),
)

Answer = TypeVar("Answer")

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="The state folder of the stack. One folder, one stack. [default: var/stack]",
        show_default=False,
    ),
]


@dev.command()
def up(home: HomeOption = None) -> None:
    """Start what does not run yet, on free ports, and leave it running.

    Running it again changes nothing and prints the same addresses.
    """
    console = Console()
    with console.status("Starting Kafka and PostgreSQL (the first time fetches Kafka) ..."):
        addresses = _run(stack_up(home))
    _print_table(console, _run(stack_status(home)))
    console.print("\nTo use them from this shell:")
    console.print(f"  export {KAFKA_VARIABLE}={addresses.kafka}", highlight=False)
    console.print(f"  export {POSTGRES_VARIABLE}={addresses.postgres}", highlight=False)
    option = "" if home is None else f" --home {home}"
    console.print("\nNext:")
    console.print("  crps topics apply      make the topics", highlight=False)
    console.print("  crps migrate           make roles, schemas and tables", highlight=False)
    console.print(f"  crps dev status{option}        do they answer?", highlight=False)
    console.print(f"  crps dev down{option}          stop them, keep their state", highlight=False)


@dev.command()
def down(home: HomeOption = None) -> None:
    """Stop both servers cleanly; what they stored stays in the state folder."""
    console = Console()
    with console.status("Stopping Kafka and PostgreSQL ..."):
        stopped = _run(stack_down(home))
    place = home or default_home().root
    console.print(
        f"Stopped {' and '.join(stopped)}. The state stays in {place}."
        if stopped
        else f"Nothing of {place} was running.",
        soft_wrap=True,
    )


@dev.command()
def status(home: HomeOption = None) -> None:
    """Show pid, address and uptime of both servers, and whether they answer.

    Exit code 1 when one of them is not ready.
    """
    servers = _run(stack_status(home))
    _print_table(Console(), servers)
    if any(server.trouble is not None for server in servers):
        raise typer.Exit(1)


def _run(work: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return asyncio.run(work)
    except StackError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from error


def _print_table(console: Console, servers: list[ServerStatus]) -> None:
    table = Table("server", Column("address", overflow="fold"), "pid", "up", "ready")
    for server in servers:
        table.add_row(
            server.name,
            server.address or "-",
            "-" if server.pid is None else str(server.pid),
            "-" if server.uptime_s is None else readable_duration(server.uptime_s),
            "[green]yes[/]" if server.trouble is None else f"[red]no[/]: {server.trouble}",
        )
    console.print(table)


def readable_duration(seconds: float) -> str:
    """Return a length of time in its two largest units: `3 s`, `2 min 5 s`, `1 d 3 h`."""
    rest = int(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
