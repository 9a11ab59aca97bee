"""Tells a person how far a replay is: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_LINES: Final = 10


OnProgress = Callable[[int, int], None]
"""Is told how many are done, of how many; as often as it may please the caller."""


@contextmanager
def shown_progress(console: Console) -> Iterator[OnProgress]:
    """Show the progress of the block on the console, in the way that suits it."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("  orders settled"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("orders")

        def advance(done: int, total: int, /) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


class _Lines:
    """A plain line at every tenth of the way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = 0

    def __call__(self, done: int, total: int, /) -> None:
        tenths = _LINES * done // total if total else 0
        if tenths > self._told:
            self._told = tenths
            self._console.print(f"  {done} of {total} orders settled", highlight=False)
