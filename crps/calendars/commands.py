"""`crps calendar`: publish the days on which a country works, and see how far they reach."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crps.addressing import Postgres, database
from crps.calendars.document import CHINA, CalendarError, china, read_document
from crps.calendars.publishing import VersionTakenError, publish, published, read_published
from crps.ending import end, run_or_end
from services.contracts.calendars import DAYS_LEFT_LOW

calendar = typer.Typer(no_args_is_help=True, help="Business calendars, for periods in days.")
console = Console(soft_wrap=True)


@calendar.command()
def add(
    source: Annotated[
        str, typer.Argument(metavar="FILE|CN", help="A document; CN: China's, from the library.")
    ],
    postgres: Postgres = None,
) -> None:
    """Publish a version of a calendar: the one added last counts for contracts that take effect.

    Published days never change: other days need another version.
    """
    try:
        document = china() if source == CHINA else read_document(Path(source))
    except CalendarError as error:
        end(f"CALENDAR_INVALID: {error}", code=2)
    dsn = database(postgres)
    before = {row["id"]: row for row in run_or_end(published(dsn))}.get(document.id)
    try:
        is_new = run_or_end(publish(dsn, document))
    except VersionTakenError as error:
        end(f"CALENDAR_VERSION_TAKEN: {error}; give the new days a version of their own.")
    said = "added" if is_new else "stands already"
    console.print(
        f"{document.id} {document.version} {said}: {document.first_day} to {document.last_day}",
        highlight=False,
    )
    if is_new and before is not None and before["last_day"] > document.last_day:
        console.print(
            f"[red]{before['version']} reached further, to {before['last_day']}: offers that need"
            " those days will lapse.[/red]",
            highlight=False,
        )


@calendar.command("list")
def list_newest(postgres: Postgres = None) -> None:
    """List the newest version of every calendar, and how many of its days are left."""
    table = Table("calendar", "version", "first day", "last day", "days left")
    for row in run_or_end(published(database(postgres))):
        left, is_low = str(row["days_left"]), row["days_left"] < DAYS_LEFT_LOW
        table.add_row(
            row["id"],
            row["version"],
            str(row["first_day"]),
            str(row["last_day"]),
            f"[red]{left}[/red]" if is_low else left,
        )
    console.print(table)


@calendar.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Such as CN.")],
    version: Annotated[str | None, typer.Option(help="The newest, if none is named.")] = None,
    postgres: Postgres = None,
) -> None:
    """Print a published version as the document that `add` reads."""
    try:
        document = run_or_end(read_published(database(postgres), name, version))
    except CalendarError as error:
        end(f"CALENDAR_UNKNOWN: {error}")
    typer.echo(document.text())
