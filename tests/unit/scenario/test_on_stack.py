"""Scenarios on a real system: who plays with whom and when, and whose contract broke."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from crps.memory.process import NeverStill
from crps.scenario.conductor import Conductor
from crps.scenario.on_stack import breaches, programme, shifted
from crps.scenario.quiet import Look
from crps.scenario.script import Scenario
from crps.scenario.words import read_instant
from schemas.sandbox_v1 import CLOCK_ENDS

SCENARIO = TypeAdapter(Scenario)
MONDAY = read_instant("2026-01-05T04:00:00Z")
HOUR = timedelta(hours=1)


def scenario(*steps: dict[str, Any], title: str = "A deal", **more: Any) -> Scenario:
    tranches = [{"amount": "10000", "period": more.pop("period", {"hours": 120})}]
    terms = {"asset": "CNY/2", "tranches": tranches}
    return SCENARIO.validate_python(
        {"scenario": title, "terms": terms, "steps": steps or [{"wait": {}}], **more}
    )


PAUSING = scenario({"pause": "ledger"})
BY_HAND = scenario(bank="manual")


def test_who_pauses_a_service_plays_alone_and_whoever_needs_no_bank_comes_last() -> None:
    scripts = {
        Path("by-hand"): BY_HAND,
        Path("pausing"): PAUSING,
        Path("one"): scenario(title="one"),
        Path("two"): scenario(title="two"),
    }
    names = [[part.file.name for part in group] for group in programme(scripts)]
    assert names == [["one", "two"], ["pausing"], ["by-hand"]]


def test_who_pauses_the_same_at_the_same_instants_plays_together() -> None:
    def paused(until: str, *between: dict[str, Any], title: str, **more: Any) -> Scenario:
        pause, resume = {"at": "1h", "pause": "ledger"}, {"at": until, "resume": "ledger"}
        return scenario(pause, *between, resume, title=title, **more)

    scripts = {
        Path("a"): paused("3h", title="a"),
        Path("b"): paused("3h", {"at": "2h", "wait": {}}, title="b"),
        Path("longer"): paused("4h", title="longer"),
        Path("not-first"): paused("3h", {"at": "3h", "wait": {}}, title="not-first"),
        Path("offers"): scenario(
            {"offer": {"by": "platform"}},
            {"at": "1h", "pause": "ledger"},
            {"at": "3h", "resume": "ledger"},
            title="offers",
        ),
        Path("by-hand"): paused("3h", title="by-hand", bank="manual"),
    }
    names = [[part.file.name for part in group] for group in programme(scripts)]
    assert names == [["a", "b"], ["longer"], ["not-first"], ["offers"], ["by-hand"]]


def test_two_files_with_one_title_are_two_contracts() -> None:
    same = {Path("a/x.yaml"): scenario(), Path("b/x.yaml"): scenario()}
    (group,) = programme(same)
    assert len({part.writer.contract_id for part in group}) == 2


def test_what_has_an_exact_period_may_happen_weeks_later_with_all_that_it_expects() -> None:
    said = scenario(
        {"wait": {}, "id": "one", "deadline": "2026-01-10T04:00:00Z"},
        {"wait": {}, "deadline": ["2026-01-10T04:00:00Z"]},
        {
            "release": {"by": "payer", "all": True},
            "expect": {
                "refused": "CHAIN_PERIOD_ENDED",
                "deadline_at": "2026-01-10T04:00:00.000000Z",
                "remaining": "7000",
            },
        },
    )
    later = shifted(said, MONDAY + 8 * 24 * HOUR)
    assert later is not None
    by = timedelta(weeks=2)
    assert later.terms.starts == MONDAY + by
    one, listed, released = later.steps
    assert one.deadline == MONDAY + 120 * HOUR + by
    assert listed.deadline == [MONDAY + 120 * HOUR + by]
    assert dict(released.expect.facts) == {
        "deadline_at": "2026-01-24T04:00:00.000000Z",
        "remaining": "7000",
    }
    assert released.action == "release"


def test_what_depends_on_its_date_is_never_moved() -> None:
    days = {"calendar_days": 1, "zone": "Asia/Shanghai", "cutoff": "17:00"}
    raw = {"raw": {"topic": "crps.contracts.commands.v1", "body": "2026-01-05"}}
    for fixed in (scenario(period=days), scenario(raw)):
        assert shifted(fixed, None) is fixed
        assert shifted(fixed, MONDAY) is fixed
        assert shifted(fixed, MONDAY + HOUR) is None


def test_a_breach_fails_the_file_of_its_contract_and_no_other() -> None:
    scripts = {Path("one"): scenario(title="one"), Path("two"): scenario(title="two")}
    ((one, two),) = programme(scripts)
    text = f"I0 {one.writer.contract_id}: one unit is lost"
    found = breaches((text,), [one, two])
    assert [(file.name, failure.found) for file, failure in found.items()] == [("one", text)]
    assert breaches((f"I0 {UUID(int=1)}: lost",), [one, two]) == {}


def test_a_bank_that_is_played_by_hand_may_say_what_no_money_follows() -> None:
    ((part,),) = programme({Path("by-hand"): BY_HAND})
    assert breaches((f"I0 {part.writer.contract_id}: lost",), [part]) == {}


def test_a_system_is_quiet_when_nothing_at_all_is_left() -> None:
    nothing: dict[str, Any] = {"unread": {}, "unsent": 0, "due": 0, "facts": 0, "committed": {}}
    assert Look(**nothing).is_quiet
    for left in ({"unread": {"ledger": 1}}, {"unsent": 1}, {"due": 1}, {"facts": 1}):
        assert not Look(**nothing | left).is_quiet
    assert "ledger has 1 unread" in str(Look(**nothing | {"unread": {"ledger": 1}}))


class Clockwork:
    """A system that does nothing but rest, with timers that fire when their instant comes."""

    def __init__(self, *due: datetime) -> None:
        self.now: datetime | None = None
        self.due = sorted(due)
        self.set_to: list[datetime] = []
        self.rests = 0
        self.trouble: Exception | None = None

    async def set_clock(self, to: datetime) -> None:
        assert self.now is None or to >= self.now, "time never falls"
        self.now = to
        self.set_to.append(to)

    async def rest(self) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.rests += 1
        self.due = [due for due in self.due if self.now is None or due > self.now]

    async def next_due(self, _: Collection[UUID]) -> datetime | None:
        return min(self.due, default=None)

    def resume_all(self) -> None:
        """Nobody is ever paused."""

    async def heard(self) -> list[Any]:
        return []

    async def applied(self, _: Sequence[Any]) -> set[Any]:
        return set()

    async def held(self, _: Sequence[Any]) -> set[Any]:
        return set()

    async def buried(self, _: Sequence[Any]) -> Mapping[Any, str]:
        return {}

    async def instructions(self, _: Collection[UUID]) -> Mapping[UUID, list[Any]]:
        return {}


def conductor(clockwork: Clockwork) -> Conductor:
    stand_in: Any = clockwork
    return Conductor(stand_in)


async def test_time_moves_when_all_wait_to_the_earliest_wish_and_never_past_what_is_due() -> None:
    system = Clockwork(MONDAY + 2 * HOUR, MONDAY + 9 * HOUR)
    leads, seen = conductor(system), []

    async def play(number: int, *hours: int) -> None:
        stage = leads.stage(UUID(int=number))
        for hour in hours:
            await stage.move_to(MONDAY + hour * HOUR)
            seen.append((number, hour))

    await leads.play([play(1, 0, 3), play(2, 1, 3, 5)])
    assert [(to - MONDAY) // HOUR for to in system.set_to] == [0, 1, 2, 3, 5]
    assert seen == [(1, 0), (2, 1), (1, 3), (2, 3), (2, 5)]


async def test_whoever_acts_waits_for_rest_and_whoever_does_not_waits_for_nothing() -> None:
    system = Clockwork()
    leads = conductor(system)

    async def play() -> None:
        stage = leads.stage(UUID(int=1))
        await stage.move_to(MONDAY)
        await stage.move_to(MONDAY)
        await stage.rest()
        assert system.rests == 1
        leads.disturb()
        await stage.rest()
        assert system.rests == 2

    await leads.play([play()])
    assert system.set_to == [MONDAY]


async def test_an_instant_that_never_comes_fails_whoever_waits_for_it_and_nobody_else() -> None:
    system = Clockwork()
    leads, seen = conductor(system), []

    async def play(number: int, instant: datetime) -> None:
        stage = leads.stage(UUID(int=number))
        await stage.move_to(MONDAY)
        if instant >= CLOCK_ENDS:
            with pytest.raises(LookupError, match="8999"):
                await stage.move_to(instant)
        else:
            await stage.move_to(instant)
            seen.append(number)

    await leads.play([play(1, CLOCK_ENDS), play(2, MONDAY + HOUR)])
    assert seen == [2]


async def test_a_system_that_never_rests_fails_all_who_play_and_all_who_come_later() -> None:
    system = Clockwork()
    leads = conductor(system)
    system.trouble = NeverStill("1 unsent")

    async def play(number: int) -> None:
        stage = leads.stage(UUID(int=number))
        with pytest.raises(NeverStill):
            await stage.move_to(MONDAY)
        with pytest.raises(NeverStill):
            await stage.move_to(MONDAY)

    await leads.play([play(1), play(2)])
    assert await leads.settle() is system.trouble


async def test_who_is_interrupted_leaves_nobody_playing() -> None:
    leads = conductor(Clockwork())
    started, ended = asyncio.Event(), asyncio.Event()

    async def play() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    playing = asyncio.create_task(leads.play([play()]))
    await started.wait()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert ended.is_set()
