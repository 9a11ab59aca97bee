"""``crps rail list``: the rails that are declared, and what each can do."""

import typer
from rich.console import Console
from rich.table import Table

from schemas.rails import RAILS

rail = typer.Typer(no_args_is_help=True, help="The rails over which a bank can be reached.")


@rail.callback()
def _group() -> None:
    """Keep the command's name although it is the only one."""


@rail.command("list")
def list_rails() -> None:
    """List the rails that are declared: terms may promise less of one, never more."""
    table = Table("rail", "minimum", "in parts", "parts", "holds", "margin", "currencies")
    for name, can in RAILS.items():
        table.add_row(
            name,
            str(can.minimum),
            can.partial,
            _bound(can.max_parts),
            _bound(can.max_hold_hours, " h"),
            f"{can.margin_hours} h",
            " ".join(can.currencies or ["all"]),
        )
    Console(soft_wrap=True).print(table)


def _bound(value: int | None, unit: str = "") -> str:
    return "no bound" if value is None else f"{value}{unit}"
