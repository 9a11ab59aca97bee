"""`crps dev`: bring the local Kafka and PostgreSQL up, look at them, take them down."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from crps.ending import end, run_or_end
from crps.stack.addresses import KAFKA_VARIABLE, POSTGRES_VARIABLE
from crps.stack.env_file import ENV_FILE, write_env_file
from crps.stack.errors import StackError
from crps.stack.home import default_home, home_at
from crps.stack.local import ServerStatus
from crps.stack.local import down as stack_down
from crps.stack.local import status as stack_status
from crps.stack.local import up as stack_up
from crps.stack.services_status import ServiceStatus, services_status

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

_FIGURES = ("lag", "outbox age, s", "held", "blocked")

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
        addresses = run_or_end(stack_up(home))
    _print_table(console, run_or_end(stack_status(home)))
    console.print("\nTo use them from this shell:")
    console.print(f"  export {KAFKA_VARIABLE}={addresses.kafka}", highlight=False)
    console.print(f"  export {POSTGRES_VARIABLE}={addresses.postgres}", highlight=False)
    option = "" if home is None else f" --home {home}"
    console.print("\nNext:")
    for command, purpose in (
        (f"crps dev serve{option}", "topics, tables and all services on them, until Ctrl-C"),
        ("crps topics apply", "the topics alone"),
        ("crps migrate", "roles, schemas and tables alone"),
        (f"crps dev status{option}", "do they answer?"),
        (f"crps dev down{option}", "stop them, keep their state"),
    ):
        console.print(f"  {command:<{len(option) + 18}} {purpose}", highlight=False, soft_wrap=True)


@dev.command()
def down(home: HomeOption = None) -> None:
    """Stop both servers cleanly; what they stored stays in the state folder."""
    console = Console()
    with console.status("Stopping Kafka and PostgreSQL ..."):
        stopped = run_or_end(stack_down(home))
    place = home or default_home().root
    console.print(
        f"Stopped {' and '.join(stopped)}. The state stays in {place}."
        if stopped
        else f"Nothing of {place} was running.",
        soft_wrap=True,
    )


@dev.command()
def status(home: HomeOption = None) -> None:
    """Show servers and, where services were started, how each of them is.

    Of a service: what waits to be read, how long its oldest unsent row has waited, and how many
    contracts wait for an operator. Those of a replay are found with `--home var/replay`, those of
    the demo with `--home var/demo`. Exit code 1 when anything shown is not ready.
    """
    console = Console()
    servers = run_or_end(stack_status(home))
    _print_table(console, servers)
    services = run_or_end(services_status(home_at(home)))
    if services:
        _print_services(console, services)
    troubles = [server.trouble for server in servers] + [s.trouble for s in services]
    if any(trouble is not None for trouble in troubles):
        raise typer.Exit(1)


@dev.command()
def env() -> None:
    """Write .env for docker compose: ports that are free, and new random secrets.

    A file that is there already is left as it is.
    """
    try:
        made = write_env_file()
    except StackError as error:
        end(str(error))
    Console(soft_wrap=True, highlight=False).print(
        f"Made {ENV_FILE}: free ports and new secrets. Next: docker compose up -d --wait"
        if made
        else f"{ENV_FILE} is there already and stays as it is."
    )


def _print_table(console: Console, servers: list[ServerStatus]) -> None:
    table = Table("server", Column("address", overflow="fold"), "pid", "up", "ready")
    for server in servers:
        table.add_row(
            server.name,
            server.address or "-",
            "-" if server.pid is None else str(server.pid),
            "-" if server.uptime_s is None else readable_duration(server.uptime_s),
            _readable(server.trouble),
        )
    console.print(table)


def _print_services(console: Console, services: list[ServiceStatus]) -> None:
    table = Table("service", "pid", "up", "port", "ready", *_FIGURES)
    for service in services:
        figures = (service.lag, service.outbox_age_s, service.held, service.blocked)
        table.add_row(
            service.name,
            "-" if service.pid is None else str(service.pid),
            "-" if service.uptime_s is None else readable_duration(service.uptime_s),
            str(service.port),
            "[green]yes[/]"
            if service.trouble is None
            else f"[red]no[/]: {escape(service.trouble)}",
            *("-" if figure is None else f"{figure:.3g}" for figure in figures),
        )
    console.print(table)


def _readable(trouble: str | None) -> str:
    return "[green]yes[/]" if trouble is None else f"[red]no[/]: {escape(trouble)}"


def readable_duration(seconds: float) -> str:
    """Return a length of time in its two largest units: `3 s`, `2 min 5 s`, `1 d 3 h`."""
    rest = int(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
