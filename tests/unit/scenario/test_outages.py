"""Outages: who is away when, that everybody is back before time moves, and what is told of it."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console
from typer.testing import CliRunner

from crps.cli import app
from crps.scenario import commands
from crps.scenario.conductor import Conductor
from crps.scenario.outages import ROUND, Outages
from crps.scenario.processes import Kind, Outage
from schemas.topics import SERVICES

from .test_on_stack import HOUR, MONDAY, Clockwork


class Fragile(Clockwork):
    """A system that writes down who was away, and what happened meanwhile."""

    def __init__(self, *paused: str) -> None:
        super().__init__()
        self.paused = set(paused)
        self.away: Outage | None = None
        self.story: list[object] = []

    @property
    def processes(self) -> "Fragile":
        return self

    def is_running(self, service: str) -> bool:
        return service not in self.paused

    async def take_away(self, outage: Outage) -> None:
        assert self.away is None, "one at a time"
        assert self.is_running(outage.service), "it is away already"
        self.away = outage
        self.story.append(outage)

    async def bring_back(self, outage: Outage) -> None:
        assert self.away == outage
        self.away = None

    async def pause(self, service: str) -> None:
        assert self.away is None or self.away.service != service
        self.paused.add(service)

    async def set_clock(self, to: Any) -> None:
        self.story.append(to)
        await super().set_clock(to)

    async def rest(self, *, without: str | None = None) -> None:
        assert without == (None if self.away is None else self.away.service)
        self.story.append("the others rest" if self.away else "all rest")
        await super().rest()


async def rested(seed: int, times: int, *paused: str) -> tuple[Fragile, Outages]:
    system, outages = Fragile(*paused), Outages(seed, 0)
    for _ in range(times):
        await outages.rest(system)
    await outages.end(system)
    return system, outages


async def test_at_each_rest_one_service_is_away_and_back_before_it_is_over() -> None:
    system, _ = await rested(1, 50)
    told = [each for each in system.story if isinstance(each, str)]
    assert told == ["the others rest", "all rest"] * 50


async def test_a_service_is_gone_before_the_next_messages_or_hit_right_after_them() -> None:
    system, outages = Fragile(), Outages(1, 0)
    gone = Counter[bool]()
    for _ in range(50):
        await outages.rest(system)
        gone[system.away is not None] += 1
    assert min(gone[True], gone[False]) > 10


async def test_in_a_round_every_service_is_away_in_every_way_and_who_decides_twice() -> None:
    _, outages = await rested(7, len(ROUND))
    assert sum(outages.counted.values()) in (len(ROUND), len(ROUND) + 1)
    assert set(outages.counted) == {Outage(name, kind) for name in SERVICES for kind in Kind}
    told = outages.told()
    assert set(told) == set(SERVICES)
    assert all(told["contracts"][kind] >= 2 for kind in Kind)


async def test_the_same_seed_draws_the_same_outages() -> None:
    stories = [(await rested(seed, 30))[0].story for seed in (3, 3, 4)]
    assert stories[0] == stories[1] != stories[2]


async def test_whom_the_scenario_paused_is_left_alone() -> None:
    system, outages = await rested(1, 30, "contracts", "ledger")
    assert {outage.service for outage in outages.counted} == {"disputes", "scheduler"}
    system, outages = await rested(1, 5, *SERVICES)
    assert system.story == ["all rest"] * 5
    assert not outages.counted


async def test_time_stands_where_it_would_without_outages() -> None:
    async def instants(outages: Outages | None) -> list[Any]:
        system: Any = Fragile()
        leads = Conductor(system, outages)

        async def play(number: int, *hours: int) -> None:
            for hour in hours:
                await leads.stage(UUID(int=number)).move_to(MONDAY + hour * HOUR)

        await leads.play([play(1, 0, 3, 9), play(2, 1, 3)])
        await leads.settle()
        assert system.away is None
        instants: list[Any] = system.set_to
        return instants

    assert await instants(Outages(1, 0)) == await instants(None)


async def test_whom_a_scenario_pauses_comes_back_first() -> None:
    for seed in range(20):
        system: Any = Fragile()
        leads = Conductor(system, Outages(seed, 0))

        async def play(leads: Conductor = leads) -> None:
            stage = leads.stage(UUID(int=1))
            for number, service in enumerate(SERVICES):
                await stage.move_to(MONDAY + timedelta(hours=number))
                await stage.pause(service)
                await stage.rest()

        await leads.play([play()])
        assert system.paused == set(SERVICES)


def test_outages_need_processes(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("scenario: one\n", "utf-8")
    ended = CliRunner().invoke(app, ["scenario", "run", str(file), "--outages"])
    assert ended.exit_code == 2
    assert ended.stderr.startswith("OPTIONS_CONTRADICT: ")
    assert len(ended.stderr.splitlines()) == 1


def test_the_report_says_how_often_each_service_was_away_and_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def judged(files: list[Path], _: Console, outages: Outages) -> list[commands.Verdict]:
        outages.counted[Outage("disputes", Kind.KILLED)] += 2
        return [commands.Verdict(file) for file in files]

    monkeypatch.setattr(commands, "judge_on_stack", judged)
    file, outcome = tmp_path / "one.yaml", tmp_path / "outcome.json"
    file.write_text("scenario: one\n", "utf-8")
    options = ["--on", "stack", "--outages", "--seed", "5", "--json", str(outcome)]
    said = CliRunner().invoke(app, ["scenario", "run", str(file), *options]).stdout
    assert "Outages by the seed 5: " in said
    assert "disputes 0 paused, 0 restarted, 2 killed" in said
    told = json.loads(outcome.read_text("utf-8"))["outages"]
    assert told["seed"] == 5
    assert told["services"]["disputes"] == {"paused": 0, "restarted": 0, "killed": 2}
    assert told["services"]["ledger"]["killed"] == 0
