"""`crps bench`: measurements of the running system."""

import logging
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from crps.bench.pipeline import Measured, measure, rig
from crps.bench.remote import DriverDiedError
from crps.bench.report import print_tables, write
from crps.ending import end, run_or_end
from crps.replay.narrator import Narrator
from crps.stack.home import Home

HOME: Final = Home(Path.cwd() / "var" / "bench")

bench = typer.Typer(no_args_is_help=True, help="Measure the running system.")


@bench.callback()
def _group() -> None:
    """Keep the command's name although it is the only one."""


@bench.command()
def pipeline(
    contracts: Annotated[int, typer.Option(min=50, help="Contracts of each run.")] = 9000,
    rate: Annotated[
        float | None,
        typer.Option(min=1, help="Only one run, at so many contracts a second; else a search."),
    ] = None,
    warm_up: Annotated[
        int, typer.Option(min=50, help="Contracts before anything is measured; reported apart.")
    ] = 2000,
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")] = Path(
        "var/reports/bench-pipeline.json"
    ),
) -> None:
    """Drive contracts from order to arrival through the running services, and measure.

    Fund, release all, arrive at the payee's bank. First all at once, then the
    highest rate at which the backlog does not grow, then latency at 50 % and
    80 % of it. Starts its own Kafka, PostgreSQL and services in var/bench,
    which is emptied first, unless CRPS_KAFKA and CRPS_POSTGRES are set, and
    stops everything it started. Exit code 1 when a run is void or no rate is
    sustained.
    """
    console = Console()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        measured = run_or_end(_measure(console, contracts, rate, warm_up), code=2)
    except DriverDiedError as error:
        end(str(error), code=2)
    except KeyboardInterrupt:
        end("Stopped; nothing that was started is left running.", code=130)
    print_tables(console, measured)
    write(out, measured)
    console.print(f"Written to {out}.", highlight=False)
    if not measured.valid:
        raise typer.Exit(1)


async def _measure(console: Console, contracts: int, rate: float | None, warm_up: int) -> Measured:
    tell = Narrator(console)
    async with rig(HOME, tell) as running:
        return await measure(running, tell, contracts=contracts, rate=rate, warm_up=warm_up)
