"""``crps scenario run``: play scenario files and say of each whether everything in it held."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.text import Text

from crps.ending import end, run_or_end
from crps.scenario.letters import Writer
from crps.scenario.memory_stage import MemoryStage
from crps.scenario.outages import Outages
from crps.scenario.play import Failure, play
from crps.scenario.reading import InvalidScenarioError, find_files, read_scenario
from crps.scenario.script import Scenario

SCENARIO_INVALID = "SCENARIO_INVALID"

scenario = typer.Typer(no_args_is_help=True, help="The rules as files that run.")


PlayAll = Callable[[Mapping[Path, Scenario]], Awaitable[Mapping[Path, Failure | None]]]


class On(StrEnum):
    """Where scenarios are played."""

    MEMORY = "memory"
    STACK = "stack"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one file."""

    file: Path
    failure: Failure | None = None
    is_invalid: bool = False

    def told(self) -> dict[str, object]:
        """Return it as the JSON file has it."""
        told: dict[str, object] = {"file": str(self.file), "ok": self.failure is None}
        return told if self.failure is None else told | asdict(self.failure)


@scenario.callback()
def _group() -> None:
    """Keep the command's name although it is the only one."""


@scenario.command()
def run(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.")],
    on: Annotated[
        On,
        typer.Option(
            help="memory: one process, a virtual clock. stack: Kafka, PostgreSQL and processes of "
            "its own, on the sandbox's virtual clock."
        ),
    ] = On.MEMORY,
    with_outages: Annotated[
        bool,
        typer.Option(
            "--outages",
            help="With --on stack: whenever something was done, one service after the other is "
            "paused, restarted or killed with -9 while the rest goes on.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Draws the outages; the same seed, the same.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the outcome there too.")
    ] = None,
) -> None:
    """Play scenarios; exit code 0 only if every expectation in every file held.

    A file that is no scenario is SCENARIO_INVALID: exit code 2. One that needs
    what the services cannot do yet fails as NOT_YET_KNOWN.
    """
    if with_outages and on is not On.STACK:
        end("OPTIONS_CONTRADICT: --outages take processes away; --on memory has none.", code=2)
    outages = Outages(seed) if with_outages else None
    # The services speak of what befalls them; here all of it is on purpose.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        files = find_files(paths)
    except InvalidScenarioError as error:
        end(f"{SCENARIO_INVALID}: {error}", code=2)
    console = Console(soft_wrap=True)
    if on is On.STACK:
        try:
            verdicts = run_or_end(judge_on_stack(files, console, outages))
        except KeyboardInterrupt:
            end("INTERRUPTED: all that was started is stopped.", code=130)
    else:
        verdicts = asyncio.run(_judge_all(files))
    _tell(console, verdicts)
    if outages is not None:
        console.print(_in_words(outages), highlight=False)
    if json_file is not None:
        _write(json_file, verdicts, outages)
    if any(verdict.is_invalid for verdict in verdicts):
        raise typer.Exit(2)
    if any(verdict.failure for verdict in verdicts):
        raise typer.Exit(1)


async def judge_file(file: Path) -> Verdict:
    """Return what comes of playing ``file`` in memory."""
    (verdict,) = await _judged([file], _in_memory)
    return verdict


async def judge_on_stack(
    files: Sequence[Path], console: Console, outages: Outages | None = None
) -> list[Verdict]:
    """Return what comes of playing the files on a real system of their own."""
    # Who plays in memory needs neither Kafka nor PostgreSQL.
    from crps.scenario.on_stack import play_on_stack

    return await _judged(files, lambda scripts: play_on_stack(scripts, console, outages))


async def _judge_all(files: Sequence[Path]) -> list[Verdict]:
    return await _judged(files, _in_memory)


async def _judged(files: Sequence[Path], play_all: PlayAll) -> list[Verdict]:
    """Read the files and play all those that are scenarios."""
    invalid: dict[Path, Verdict] = {}
    scripts: dict[Path, Scenario] = {}
    for file in files:
        try:
            scripts[file] = read_scenario(file)
        except InvalidScenarioError as error:
            failure = Failure("file", "a scenario", f"{SCENARIO_INVALID}: {error}")
            invalid[file] = Verdict(file, failure, is_invalid=True)
    played = await play_all(scripts)
    return [invalid.get(file) or Verdict(file, played[file]) for file in files]


async def _in_memory(scripts: Mapping[Path, Scenario]) -> Mapping[Path, Failure | None]:
    played: dict[Path, Failure | None] = {}
    for file, script in scripts.items():
        writer = Writer(script.scenario)
        stage = MemoryStage(
            str(writer.contract_id), script.terms.starts, bank_answers=script.bank == "auto"
        )
        played[file] = await play(script, writer, stage)
    return played


def _tell(console: Console, verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        if verdict.is_invalid and verdict.failure is not None:
            typer.echo(f"{verdict.failure.found}, in {verdict.file}", err=True)
    for verdict in verdicts:
        failure = verdict.failure
        if failure is None:
            console.print(Text(f"holds  {verdict.file}"))
        else:
            said = f"step {failure.step}: expected {failure.expected}, found {failure.found}"
            console.print(Text(f"fails  {verdict.file}, {said}", style="red"))
    failures = [verdict.failure for verdict in verdicts if verdict.failure is not None]
    unknown = sum(failure.is_unknown_yet for failure in failures)
    console.print(
        f"{len(verdicts) - len(failures)} hold, {len(failures) - unknown} fail,"
        f" {unknown} need what is not known yet.",
        highlight=False,
    )


def _in_words(outages: Outages) -> str:
    told = (
        f"{service} " + ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        for service, kinds in outages.told().items()
    )
    return f"Outages by the seed {outages.seed}: {'; '.join(told)}."


def _write(file: Path, verdicts: Sequence[Verdict], outages: Outages | None) -> None:
    failed = sum(verdict.failure is not None for verdict in verdicts)
    outcome: dict[str, Any] = {
        "passed": len(verdicts) - failed,
        "failed": failed,
        "files": [verdict.told() for verdict in verdicts],
    }
    if outages is not None:
        outcome["outages"] = {"seed": outages.seed, "services": outages.told()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        end(f"FILE_UNWRITABLE: {error}", code=2)
