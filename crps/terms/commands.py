"""``crps terms lint``: look at terms before anybody signs them."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crps.ending import end
from crps.terms.lint import Finding, lint
from crps.terms.reading import UnreadableTermsError, read_file
from crps.terms.rules.rule import Severity

terms = typer.Typer(no_args_is_help=True, help="Terms, before anybody signs them.")


@terms.callback()
def _group() -> None:
    """Keep the command's name although it is the only one."""


@terms.command("lint")
def lint_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or YAML; - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Say what of these terms would be refused, misread, or serve one side only.

    Exit code 0 if they could be offered, 1 if they would be refused, 2 if FILE
    is no document (TERMS_UNREADABLE).
    """
    try:
        findings = lint(read_file(file), datetime.now(UTC))
    except UnreadableTermsError as error:
        end(f"TERMS_UNREADABLE: {file}: {error}", code=2)
    is_refused = any(finding.severity is Severity.REFUSED for finding in findings)
    if as_json:
        told = {"refused": is_refused, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(told, indent=2))
    else:
        _tell(findings)
    raise typer.Exit(1 if is_refused else 0)


def _tell(findings: list[Finding]) -> None:
    console = Console()
    if not findings:
        console.print("There is nothing to say against these terms.")
        return
    table = Table("", "what happens", "write instead", show_lines=True)
    for finding in findings:
        head = "\n".join(filter(None, (finding.severity, finding.name, finding.clause)))
        table.add_row(Text(head), Text(finding.what), Text(finding.instead))
    console.print(table)
