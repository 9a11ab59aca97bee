"""The measurement for people (tables) and for programs (one JSON document)."""

import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from crps.bench.pipeline import Measured
from crps.bench.run import Run
from crps.provision import PARTITIONS
from crps.stack.kafka_jars import KAFKA_VERSION

_HEADLINE_SHARE: Final = 0.8


def document(measured: Measured) -> dict[str, Any]:
    """Return the whole measurement; ``latency_ms`` is that of the run at 80 %."""
    shown = measured.sustained or measured.runs[-1]
    late = measured.latency.get(_HEADLINE_SHARE, shown).figures.latency_ms
    return {
        "contracts_per_s": None
        if measured.sustained is None
        else measured.sustained.figures.settled_per_s,
        "latency_ms": None if late is None else asdict(late),
        "cpu_ms_per_contract": dict(shown.costs.cpu_ms),
        "records_written_per_contract": shown.costs.records_written,
        "records_read_per_contract": shown.costs.records_read,
        "commits_per_contract": shown.costs.commits,
        "wal_bytes_per_contract": shown.costs.wal_bytes,
        "valid": measured.valid,
        "steady": all(run.figures.sustained for run in measured.latency.values()),
        "warm_up": _run(measured.warm_up),
        "runs": [_run(run) for run in measured.runs],
        "circumstances": _circumstances(measured),
    }


def write(path: Path, measured: Measured) -> None:
    """Write the JSON document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(measured), indent=2) + "\n")


def print_tables(console: Console, measured: Measured) -> None:
    """Print every run, and what a contract costs in the run that shows the sustained rate."""
    table = Table(
        *("run", "offered", "settled", "p50", "p99", "p99.9", "max", "grows", "CPU-ms", "valid"),
        title="Contracts a second; latency in ms from the scheduled instant",
        box=box.SIMPLE,
    )
    for run in (measured.warm_up, *measured.runs):
        table.add_row(*_cells(run))
    console.print(table)
    shown = measured.sustained or measured.runs[-1]
    costs = Table("per contract", f"{shown.name}", title="Costs")
    for name, spent in shown.costs.cpu_ms.items():
        costs.add_row(f"CPU-ms {name}", f"{spent:.3f}")
    costs.add_row("records written", f"{shown.costs.records_written:.2f}")
    costs.add_row("records read", f"{shown.costs.records_read:.2f}")
    costs.add_row("commits", f"{shown.costs.commits:.2f}")
    costs.add_row("WAL bytes", f"{shown.costs.wal_bytes:.0f}")
    console.print(costs)
    if measured.sustained is None:
        console.print("[red]No rate was found that is sustained.[/]")
    else:
        rate = measured.sustained.figures.settled_per_s
        console.print(f"Sustained: [bold]{rate:.0f} contracts/s[/] with the backlog not growing.")
    for share, run in measured.latency.items():
        if not run.figures.sustained:
            console.print(
                f"[yellow]At {share:.0%} of it the backlog grew: the machine was not steady, "
                "and neither that rate nor its latencies can be relied on.[/]"
            )
    if not measured.valid:
        console.print("[red]Void: not every run passed the gate.[/]")


def _cells(run: Run) -> list[str]:
    shown, late = run.figures, run.figures.latency_ms
    drain = late is None
    return [
        run.name,
        "at once" if shown.offered_per_s is None else f"{shown.offered_per_s:.0f}",
        f"{shown.settled_per_s:.0f}",
        *(["", "", "", ""] if late is None else [f"{v:.0f}" for v in asdict(late).values()]),
        "" if drain else f"{shown.growth_per_s:+.1f}",
        f"{run.costs.cpu_ms['total']:.2f}",
        "yes" if run.valid else "[red]VOID[/]",
    ]


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "contracts": run.contracts,
        "valid": run.valid,
        "still": run.still,
        "sustained": run.figures.sustained,
        **asdict(run.figures),
        "costs": {**asdict(run.costs), "cpu_ms": dict(run.costs.cpu_ms)},
        "gate": asdict(run.gate),
    }


def _circumstances(measured: Measured) -> dict[str, Any]:
    return {
        "workload": "W1: fund, release all, arrive",
        "cpus": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "load_average_at_end": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "kafka": KAFKA_VERSION,
        "aiokafka": version("aiokafka"),
        "asyncpg": version("asyncpg"),
        "faststream": version("faststream"),
        "pydantic": version("pydantic"),
        "partitions": PARTITIONS,
        "replication": 1,
        "acks": "all",
        "postgres": dict(measured.settings),
    }
