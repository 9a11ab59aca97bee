"""The closing report for a person: tables on the console."""

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from crps.replay.measures import Quantiles
from crps.replay.report import OUTCOMES, Report

_SHOWN = 20


def print_report(console: Console, report: Report) -> None:
    """Print the whole report, and a plain sentence at its end."""
    console.print()
    for table in (
        _contracts(report),
        _money(report),
        _disputes(report),
        _execution(report),
        _promises(report),
    ):
        console.print(table)
        console.print()
    for title, lines in (
        ("Violated", report.violations_listed),
        ("Orders whose contract never appeared", report.lost),
        ("Contracts that did not end", report.unfinished),
    ):
        if lines:
            console.print(_listed(title, lines))
    console.print(_verdict(report))


def _contracts(report: Report) -> RenderableType:
    table = Table("outcome", title="Contracts", title_justify="left")
    table.add_column("contracts", justify="right")
    table.add_column("by the data", justify="right")
    for name in OUTCOMES:
        table.add_row(name, str(report.outcomes[name]), str(report.expected_outcomes[name]))
    table.add_section()
    table.add_row("all", str(report.contracts), "")
    note = (
        f"{report.orders} orders, {report.orders_without_contracts} of them without a contract. "
        f"{report.compared['near']} contracts are too near a deadline to compare with the data, "
        f"{report.compared['displaced']} had a command on its other side."
    )
    return Group(table, note)


def _money(report: Report) -> Table:
    table = Table("asset", title="Money, in minor units", title_justify="left")
    for name in ("funded", "settled", "returned", "open"):
        table.add_column(name, justify="right")
    for words, by_asset in (("", report.money), (" by the data", report.expected_money)):
        for asset, money in by_asset.items():
            amounts = (money.funded, money.settled, money.returned, money.open)
            table.add_row(asset + words, *(f"{amount:,}" for amount in amounts))
    return table


def _disputes(report: Report) -> Table:
    table = Table("what", title="Disputes", title_justify="left")
    table.add_column("measured", justify="right")
    for name, count in report.disputes.items():
        table.add_row(name, str(count))
    for asset, share in report.undisputed_share.items():
        table.add_row(f"{asset} settled by the parties themselves", f"{share:.1%}")
    if report.half_life_days is not None:
        lives = _times(report.half_life_ms)
        table.add_row("opening to half of it settled, ms: p50 / p99 / max", lives)
        table.add_row("the median, in days of the data", f"{report.half_life_days:g}")
    return table


def _execution(report: Report) -> RenderableType:
    table = Table("what", title="Acts, instructions and times", title_justify="left")
    table.add_column("measured", justify="right")
    acts, instructions = report.acts, report.instructions
    table.add_row(
        "commands applied / refused / near their deadline",
        f"{acts['applied']} / {acts['refused']} / {acts['near_deadline']}",
    )
    table.add_row(
        "instructions to settle / return / confirmed",
        f"{instructions['settle']} / {instructions['return']} / {instructions['confirmed']}",
    )
    if report.clock_moves is None:
        table.add_row("deadline to instruction, ms: p50 / p99 / max", _times(report.lateness_ms))
        table.add_row("command to instruction, ms: p50 / p99 / max", _times(report.latency_ms))
    else:
        table.add_row("days that passed on the virtual clock", f"{report.simulated_days:g}")
        table.add_row("moves of the clock", str(report.clock_moves))
    table.add_row("duration", f"{report.duration_s:.1f} s")
    if not report.kills:
        return table
    killed = ", ".join(f"{name} {count}" for name, count in sorted(report.kills.items()))
    note = f"Killed with -9: {killed}. Restarts: {sum(report.restarts.values())}."
    return Group(table, note)


def _promises(report: Report) -> RenderableType:
    table = Table("promise", title="Audited", title_justify="left")
    table.add_column("")
    for name, text in report.invariants.items():
        table.add_row(name, "[green]ok[/]" if text == "ok" else f"[red]{escape(text)}[/]")
    note = f"{report.audited_contracts} contracts checked, from the topics and the four schemas."
    return Group(table, note)


def _times(times: Quantiles) -> str:
    return " / ".join(
        "-" if one is None else f"{one:g}" for one in (times.p50, times.p99, times.max)
    )


def _listed(title: str, lines: tuple[str, ...]) -> RenderableType:
    shown = [f"  {escape(line)}" for line in lines[:_SHOWN]]
    if len(lines) > _SHOWN:
        shown.append(f"  and {len(lines) - _SHOWN} more; the JSON lists them all")
    return Group(f"[red]{title}: {len(lines)}[/]", *shown, "")


def _verdict(report: Report) -> str:
    if report.failed:
        return (
            f"[red]Failed:[/] {report.violations} violations, {len(report.lost)} lost, "
            f"{len(report.unfinished)} unfinished, "
            f"{sum(report.refused_orders.values())} orders refused."
        )
    return "[green]Nothing violated, nothing lost, nothing unfinished: violations: 0[/]"
