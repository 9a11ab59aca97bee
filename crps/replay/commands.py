"""`crps replay` and `crps demo`: real orders, settled from end to end, with a closing report."""

import logging
import re
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from crps.clock.commands import demand_sandbox
from crps.ending import end, run_or_end
from crps.proofs import environment_here
from crps.replay.olist import DatasetError
from crps.replay.report_tables import print_report
from crps.replay.session import Options, run_replay
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.standing import named_system

SAMPLES: Final = Path("samples/olist")
SCALE_MS: Final = 100
_UNITS_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_DURATION: Final = re.compile(r"([0-9]{1,9})(ms|s|m|h)")


def milliseconds(text: str) -> int:
    """Read a length of time such as ``100ms`` or ``3s``, at least a millisecond."""
    match = _DURATION.fullmatch(text.strip())
    length = int(match[1]) * _UNITS_MS[match[2]] if match else 0
    if length < 1:
        raise typer.BadParameter(f"{text!r} is not a length of time such as 100ms, 3s or 1m")
    return length


Scale = Annotated[
    int | None,
    typer.Option(
        "--time-scale",
        parser=milliseconds,
        metavar="LENGTH",
        help="The wall time that one day of the data takes.",
        show_default="100ms",
    ),
]
KillEvery = Annotated[
    int | None,
    typer.Option(
        "--kill-every",
        parser=milliseconds,
        metavar="LENGTH",
        help="Kill a service with -9 at this interval; each comes back. Off by default.",
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only so many orders, the earliest.")]
Seed = Annotated[int, typer.Option(help="Which services are killed, and in what order.")]


def replay(
    orders: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A folder in the format of the Brazilian E-Commerce Public Dataset by Olist.",
        ),
    ],
    time_scale: Scale = None,
    virtual: Annotated[
        bool,
        typer.Option(
            "--virtual", help="Keep the true dates, on a virtual clock of its own system."
        ),
    ] = False,
    limit: Limit = None,
    out: Annotated[Path, typer.Option(help="Where the JSON report goes.")] = Path(
        "var/reports/replay.json"
    ),
    kill_every: KillEvery = None,
    seed: Seed = 0,
) -> None:
    """Replay real orders through the services, and report what became of them.

    Each seller's part of an order becomes one contract, with the payer's
    release, the payee's return or a dispute where the data says so; deadlines
    fire for real. An auditor then reads all topics and schemas and checks every
    promise. Exit code 1 when anything is violated, lost or unfinished.

    It plays against the system that stands: the one that CRPS_KAFKA,
    CRPS_POSTGRES, CRPS_UPSTREAM and CRPS_UPSTREAM_KEY name, else that of docker
    compose, else that of `crps dev serve`. Services that do not stand are started
    for the replay and stopped after it, and so are servers.

    With --virtual all happens at its true date, to the hour, and deadlines at
    their instants: the clock of a sandbox is moved from one to the next. That
    sandbox is always of this replay alone.
    """
    if virtual:
        _demand_a_clock_of_its_own(time_scale)
    _run(
        Options(
            orders=orders,
            out=out,
            scale_ms=None if virtual else time_scale or SCALE_MS,
            limit=limit,
            kill_every_s=None if kill_every is None else kill_every / 1000,
            seed=seed,
            home=Home(Path("var/replay").absolute()),
            own=virtual,
        )
    )


def demo(
    orders: Annotated[
        Path,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="Another folder of orders."),
    ] = SAMPLES,
    time_scale: Scale = None,
) -> None:
    """Settle about 400 real orders from an empty start, in one command.

    Starts its own Kafka, PostgreSQL and services in var/demo, which is
    emptied first, replays the orders, audits the result and stops everything.
    The report is in var/reports/demo.json.
    """
    _run(
        Options(
            orders=orders,
            out=Path("var/reports/demo.json"),
            scale_ms=time_scale or SCALE_MS,
            limit=None,
            kill_every_s=None,
            seed=0,
            home=Home(Path("var/demo").absolute()),
            own=True,
        )
    )


def _demand_a_clock_of_its_own(time_scale: int | None) -> None:
    """End with a code unless a clock may be turned, and is nobody else's."""
    demand_sandbox(environment_here())
    if time_scale is not None:
        end("OPTIONS_CONTRADICT: --virtual keeps the true dates; --time-scale compresses them.", 2)
    try:
        named = named_system()
    except StackError as error:
        end(str(error), code=2)
    if named is not None:
        end(
            f"CLOCK_NOT_OURS: the clock of the system {named.whose} is not turned for a replay."
            " Unset CRPS_KAFKA and CRPS_POSTGRES: --virtual then starts its own.",
            code=2,
        )


def _run(options: Options) -> None:
    console = Console()
    # What the client library retries by itself would only interrupt the reader.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        report = run_or_end(run_replay(options, console), code=2)
    except DatasetError as error:
        end(str(error), code=2)
    except KeyboardInterrupt:
        end("Stopped; nothing that was started is left running.", code=130)
    print_report(console, report)
    if report.failed:
        raise typer.Exit(1)
