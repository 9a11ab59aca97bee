"""`crps schemas`: publish the messages' schemas, hold them current, tell what would break.

What writes them knows all services and takes half a second to load: only these commands do it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from crps.language.sources import FOLDER, SourceError, of_folder, of_revision
from crps.language.verdicts import Language, verdicts

Answer = TypeVar("Answer")

schemas = typer.Typer(
    no_args_is_help=True,
    help="The published language: JSON Schemas, the AsyncAPI document, the page of messages.",
)

Root = Annotated[
    Path, typer.Option("--root", help="The repository's folder.", file_okay=False, exists=True)
]


@schemas.command("export")
def export_files(root: Root = Path()) -> None:
    """Write every published file anew from the models and the golden samples."""
    from crps.language.publication import export

    console = Console(soft_wrap=True)
    changed = _or_end(lambda: export(root))
    for path in changed:
        console.print(str(path), markup=False, highlight=False)
    if not changed:
        console.print("Everything is current.")


@schemas.command("check")
def check_files(root: Root = Path()) -> None:
    """Name every published file that is stale, missing or superfluous; exit code 1 if any is.

    Every golden sample must also parse still, on each of its topics.
    """
    from crps.language.publication import check

    findings = _or_end(lambda: check(root))
    console = Console(soft_wrap=True)
    for found in findings:
        line = f"{found.code} {found.path}: {found.detail}"
        console.print(line, markup=False, highlight=False)
    if findings:
        console.print("`crps schemas export` writes them; `crps schemas diff` says what changed.")
        raise typer.Exit(1)
    console.print("The published schemas are current.")


@schemas.command()
def diff(
    against: Annotated[
        str | None,
        typer.Option(
            help="A git revision, or a folder like schemas/. [default: schemas/ as it stands]",
            show_default=False,
        ),
    ] = None,
    root: Root = Path(),
) -> None:
    """Compare what was published with the models; exit code 1 if anything breaks somebody.

    On topics that others write, narrowing breaks: what they send may be
    refused. On topics that we write, widening breaks: readers may meet what
    they do not know. What is removed always does.
    """
    from crps.language.publication import language

    found = _or_end(lambda: verdicts(_published(root, against), language(root)))
    console = Console()
    if not found:
        console.print("Nothing changed.")
        return
    table = Table(
        Column("where", overflow="fold"), Column("what", overflow="fold"), "verdict", "why"
    )
    for verdict in found:
        table.add_row(
            escape(f"{verdict.place} {verdict.change.path}".rstrip()),
            escape(verdict.change.what),
            "[red]breaking[/red]" if verdict.is_breaking else "compatible",
            verdict.why,
        )
    console.print(table)
    if any(verdict.is_breaking for verdict in found):
        raise typer.Exit(1)


def _published(root: Path, against: str | None) -> Language:
    if against is None:
        return of_folder(root / FOLDER)
    if Path(against).is_dir():
        return of_folder(Path(against))
    return of_revision(root, against)


def _or_end(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except SourceError as error:
        _end(str(error))


def _end(why: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(why, markup=False, highlight=False)
    raise typer.Exit(1)
