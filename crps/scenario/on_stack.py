"""Plays scenarios on a real system: which of them together, which alone, and what the auditor says.

Whatever pauses a service pauses it for everybody, so that such a file plays with those alone that
pause the same at the same instants, and without the bank that answers by itself play those who play
the bank by hand. Time never falls there: a file that comes later plays some weeks later, together
with all instants it expects, unless it depends on its date. Such a one gets a new system where the
clock has passed it.
"""

import logging
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from crps.scenario.conductor import Conductor
from crps.scenario.letters import Writer
from crps.scenario.outages import Outages
from crps.scenario.play import Failure, play
from crps.scenario.script import Scenario
from crps.scenario.system import HOME, System, running_system
from crps.scenario.words import Came
from crps.stack.own import Kind, choose
from crps.stack.signals import sigterm_as_ctrl_c
from schemas.values import written
from services.chassis.fetching import tolerate_header_names

_WEEK: Final = timedelta(weeks=1)
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T")


@dataclass(frozen=True, slots=True)
class Part:
    """One file, and who writes its letters."""

    file: Path
    scenario: Scenario
    writer: Writer


async def play_on_stack(
    scripts: Mapping[Path, Scenario], console: Console, outages: Outages | None
) -> Mapping[Path, Failure | None]:
    """Return where each scenario failed, None where everything in it held, through all outages.

    Raises ``StackError`` when servers or processes do not start.
    """
    # Scenarios write what strangers may write.
    tolerate_header_names()
    # Until a fresh broker has placed its partitions the client says so, again and again.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    played: dict[Path, Failure | None] = {}
    choice = await choose(Kind.LOCAL)
    groups = deque(programme(scripts))
    with sigterm_as_ctrl_c():
        async with HOME.locked("services", timeout_s=1.0):
            while groups:
                console.print(f"Playing on Kafka and PostgreSQL {choice}.", highlight=False)
                bank = groups[0][0].scenario.bank == "auto"
                async with running_system(HOME, choice, bank=bank) as system:
                    played |= await _play_while_possible(system, groups, outages)
    return played


def programme(scripts: Mapping[Path, Scenario]) -> list[list[Part]]:
    """Return the files in the groups in which they play together, one group after the other."""
    titles = Counter(script.scenario for script in scripts.values())
    parts = [
        Part(file, script, Writer(_name(script.scenario, file, titles[script.scenario])))
        for file, script in scripts.items()
    ]
    groups: dict[tuple[Any, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.scenario.bank, *_pauses(part)), []).append(part)
    # Who pauses nobody before who does, and the bank by hand last.
    ordered = sorted(groups.items(), key=lambda group: (group[0][0], len(group[0]) > 1))
    return [group for _, group in ordered]


def shifted(scenario: Scenario, now: datetime | None) -> Scenario | None:
    """Return it as it can be played at ``now``: itself, or whole weeks later; else None.

    What is later by a constant is the same scenario where all periods are exact. One in days
    depends on its date, and so may raw bytes.
    """
    starts = scenario.terms.starts
    if now is None or starts >= now:
        return scenario
    exact = all(tranche.period.hours is not None for tranche in scenario.terms.tranches)
    if not exact or any(step.raw is not None for step in scenario.steps):
        return None
    by = ceil((now - starts) / _WEEK) * _WEEK
    return scenario.model_copy(
        update={
            "terms": scenario.terms.model_copy(update={"starts": starts + by}),
            "steps": [_later(step, by) for step in scenario.steps],
            "last": _later(scenario.last, by),
        }
    )


async def _play_while_possible(
    system: System, groups: deque[list[Part]], outages: Outages | None
) -> dict[Path, Failure | None]:
    """Play the groups from the left until one of them needs a new system; judge what was played."""
    played: dict[Path, Failure | None] = {}
    on_it: list[Part] = []
    failure: Exception | None = None
    while groups and failure is None:
        group = groups[0]
        scenarios = [shifted(part.scenario, system.now) for part in group]
        if any(scenario is None for scenario in scenarios):
            break
        groups.popleft()
        on_it += group
        if group[0].scenario.bank == "manual" and system.bank_answers:
            await system.silence_bank()
        conductor = Conductor(system, outages)
        plays = [
            play(scenario, part.writer, conductor.stage(part.writer.contract_id))
            for part, scenario in zip(group, scenarios, strict=True)
            if scenario is not None
        ]
        came = await conductor.play(plays)
        played |= {part.file: failed for part, failed in zip(group, came, strict=True)}
        failure = await conductor.settle()
    whole = [part for part in on_it if played[part.file] is None]
    return played | breaches(await system.violations(), whole)


def breaches(violations: Sequence[str], parts: Sequence[Part]) -> dict[Path, Failure]:
    """Return the files whose contract the auditor finds broken.

    Where the bank is played by hand, it may say what no money follows.
    """
    broken: dict[Path, Failure] = {}
    for part in parts:
        contract_id = str(part.writer.contract_id)
        breach = next((text for text in violations if contract_id in text), None)
        if breach is not None and part.scenario.bank == "auto":
            broken[part.file] = Failure("audit", "what the auditor checks", breach)
    return broken


def _later(said: Any, by: timedelta) -> Any:
    """Return expectations with every instant that they name later by so much."""
    update: dict[str, Any] = {}
    if said.deadline is not None:
        update["deadline"] = (
            [each + by for each in said.deadline]
            if isinstance(said.deadline, list)
            else said.deadline + by
        )
    if said.answers is not None:
        update["answers"] = {step: _came_later(came, by) for step, came in said.answers.items()}
    if getattr(said, "expect", None) is not None:
        update["expect"] = _came_later(said.expect, by)
    return said.model_copy(update=update)


def _came_later(came: Came, by: timedelta) -> Came:
    return replace(came, facts={name: _fact_later(fact, by) for name, fact in came.facts.items()})


def _fact_later(fact: str, by: timedelta) -> str:
    """Return an instant that much later; anything else, such as an amount or a day, as it is."""
    return written(datetime.fromisoformat(fact) + by) if _INSTANT.match(fact) else fact


def _pauses(part: Part) -> tuple[Any, ...]:
    """Return who is paused and resumed when, which those who play together must have in common.

    Only where each comes first at its instant is it one step for all of them; else the file plays
    alone, as one does that begins with an offer, whose instants count anew from its effect.
    """
    steps, came = part.scenario.steps, timedelta(0)
    found: list[Any] = []
    for step in steps:
        is_first = step.at is not None and step.at > came
        if step.pause is not None or step.resume is not None:
            if not is_first or any(each.offer for each in steps):
                return (part.file,)
            found.append((step.at, step.pause, step.resume))
        came = step.at or came
    return (part.scenario.terms.starts, *found) if found else ()


def _name(title: str, file: Path, same: int) -> str:
    """Return what the contract id is made of: the title, and the file where others have it too."""
    return title if same == 1 else f"{title} ({file})"
