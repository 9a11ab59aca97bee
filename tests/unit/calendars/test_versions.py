"""Calendars between an offer and its effect, played by all services in memory."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from crps.calendars.document import china
from crps.memory.database import MemoryPool
from crps.scenario.acts import Acts
from crps.scenario.deal import Deal
from crps.scenario.letters import Writer
from crps.scenario.memory_stage import MemoryStage
from services.contracts.calendars import QUERIES, HorizonWatch

THREE_DAYS = {"business_days": 3, "zone": "Asia/Shanghai", "cutoff": "17:00", "calendar": "CN"}


class Play:
    """One deal on a stage, and every statement that contracts' database was asked."""

    def __init__(self, period: dict[str, Any], starts: str = "2026-03-02T02:00:00Z") -> None:
        tranches = [{"amount": "10000", "period": period}]
        terms = {"asset": "CNY/2", "starts": starts, "tranches": tranches}
        deal = Deal.model_validate(terms)
        writer = Writer("Calendars between an offer and its effect")
        self.stage = MemoryStage(str(writer.contract_id), deal.starts, bank_answers=True)
        self.acts = Acts(deal, writer, self.stage)
        self.database = self.stage.world.services["contracts"].database
        self.asked: list[str] = []
        self.database.on_step = self.asked.append

    def publish(self, version: str, last_day: date, *holidays: date) -> None:
        first_day = date(2026, 1, 1)
        row = ("CN", version, first_day, last_day, list(holidays), [])
        self.database.run(QUERIES["insert_calendar"], *row)

    @property
    def days_asked(self) -> list[str]:
        return [name for name in self.asked if name in {"newest_calendars", "load_calendar"}]


async def test_the_version_added_last_counts_when_the_contract_takes_effect() -> None:
    play = Play(THREE_DAYS)
    await play.stage.post(play.acts.order())
    play.publish("v2", date(2026, 12, 31), date(2026, 3, 4))
    await play.stage.post(play.acts.payment())
    tranche = play.stage.view.tranches[1]
    assert tranche["deadline_at"] == "2026-03-06T09:00:00.000000Z"
    assert tranche["derivation"]["calendar_version"] == "v2"
    play.publish("v3", date(2026, 12, 31))
    await play.stage.move_to(play.stage.world.clock().replace(day=20))
    assert play.stage.view.tranches[1]["deadline_at"] == "2026-03-06T09:00:00.000000Z"
    assert play.stage.view.state == "CLOSED"
    assert play.stage.broken() is None


async def test_an_offer_whose_days_are_no_longer_published_lapses_and_the_money_goes_home() -> None:
    play = Play(THREE_DAYS)
    await play.stage.post(play.acts.order())
    play.publish("shorter", date(2026, 3, 4))
    await play.stage.post(play.acts.payment())
    assert play.stage.view.state == "OFFER_LAPSED"
    assert [
        (row["direction"], row["cause"], row["amount"], row["status"])
        for row in play.stage.instructions
    ] == [("return", "offer_lapsed", 10_000, "arrived")]
    assert play.stage.broken() is None


async def test_an_exact_period_asks_the_database_for_no_calendar() -> None:
    play = Play({"hours": 1})
    await play.stage.post(play.acts.order())
    await play.stage.post(play.acts.payment())
    await play.stage.move_to(play.stage.now.replace(day=4))
    assert play.stage.view.state == "CLOSED"
    assert play.days_asked == []


async def test_a_version_is_read_once_and_the_newest_is_asked_for_until_effect() -> None:
    play = Play(THREE_DAYS)
    await play.stage.post(play.acts.order())
    await play.stage.post(play.acts.payment())
    assert play.days_asked == ["newest_calendars", "load_calendar", "newest_calendars"]
    await play.stage.move_to(play.stage.now.replace(day=20))
    assert play.stage.view.state == "CLOSED"
    assert len(play.days_asked) == 3


@pytest.fixture
def logs() -> Callable[[HorizonWatch, int], list[Any]]:
    """Look at a calendar with so many days left, and return what was logged."""

    def look(watch: HorizonWatch, days_left: int) -> list[Any]:
        row = {"id": "CN", "version": "v1", "last_day": date(2026, 12, 31), "days_left": days_left}
        with capture_logs() as told:
            watch.look([row])  # type: ignore[list-item]
        return told

    return look


def test_a_calendar_that_runs_out_is_told_loudly_once_a_day(
    logs: Callable[[HorizonWatch, int], list[Any]],
) -> None:
    watch = HorizonWatch()
    assert logs(watch, 90) == []
    (told,) = logs(watch, 89)
    assert (told["event"], told["log_level"]) == ("calendar.runs_out", "error")
    assert (told["calendar"], told["days_left"], told["last_day"]) == ("CN", 89, "2026-12-31")
    assert logs(watch, 89) == []
    assert len(logs(watch, 88)) == 1
    assert len(logs(watch, -3)) == 1


async def test_the_days_left_count_from_the_database_s_clock() -> None:
    play = Play(THREE_DAYS, starts="2026-12-01T02:00:00Z")
    watch, pool = HorizonWatch(), MemoryPool(play.database)
    with capture_logs() as told:
        (row,) = await watch.look_at_all(pool)  # type: ignore[arg-type]
    assert (row["id"], row["version"], row["days_left"]) == ("CN", china().version, 30)
    assert [each["event"] for each in told] == ["calendar.runs_out"]
