"""Where a virtual replay stops its clock, and what goes out at each stop."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crps.replay.campaign import Campaign
from crps.replay.messages import Outgoing, act_id
from crps.replay.observer import Observed
from crps.replay.plan import ContractPlan
from crps.replay.schedule import DAY_MS, Timeline
from crps.replay.stops import Stops
from schemas import topics
from tests.unit.replay.played import (
    BOUGHT,
    DAY,
    UPSTREAM,
    attributed,
    effective,
    make_plan,
    opened,
    quarrel,
    release,
    seen,
)

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
QUARTER_PAST = BOUGHT + 15 * MINUTE


class Walk:
    """Stops with one contract, and what its services say."""

    def __init__(self, plan: ContractPlan) -> None:
        self.campaign = Campaign([plan], UPSTREAM, Timeline(BOUGHT, BOUGHT, DAY_MS))
        (self.deal,) = self.campaign.deals.values()
        self.stops = Stops(self.campaign)
        self.said = 0

    def send(self) -> list[str]:
        """Take what must be sent and have it acked; returns what it is, without the contract."""
        messages: list[Outgoing] = self.stops.take()
        for message in messages:
            self.stops.on_ack(message)
        return [message.id.split("/", 1)[1] for message in messages]

    def hear(self, said: Observed, *deadlines: datetime) -> None:
        """Hear an event of contracts that names these deadlines."""
        self.said += 1
        timers = {"timers": [{"due_at": due.isoformat()} for due in deadlines]}
        self.stops.on_observed(replace(said, sequence=self.said, data={**said.data, **timers}))

    def accept(self) -> None:
        self.send()
        self.hear(seen(self.deal, "contract.accepted"), self.deal.offer_expires_at)

    def take_effect(self, at: datetime, deadline: datetime) -> None:
        self.hear(effective(self.deal, at, deadline), deadline)


def in_effect(*acts: tuple[timedelta, int | str], at_funding: timedelta = 2 * HOUR) -> Walk:
    """A contract of ten days whose acts come so long after it took effect."""
    plan = make_plan(*(release(after / DAY, amount) for after, amount in acts))
    walk = Walk(replace(plan, funded_at=BOUGHT + at_funding))
    walk.accept()
    assert walk.stops.move()
    assert walk.send() == ["payment"]
    walk.take_effect(walk.stops.now, walk.stops.now + 10 * DAY)
    return walk


def test_it_begins_at_the_hour_of_the_first_offer_and_sends_what_falls_into_it() -> None:
    walk = Walk(make_plan(offered_at=QUARTER_PAST, funded_at=QUARTER_PAST + 30 * MINUTE))
    assert walk.stops.now == BOUGHT
    assert walk.send() == ["order", "payment"]


def test_an_offer_stays_open_from_its_own_instant_though_it_was_sent_at_the_hour() -> None:
    walk = Walk(make_plan(offered_at=QUARTER_PAST, funded_at=None))
    walk.send()
    assert walk.deal.offer_expires_at == QUARTER_PAST + 7 * DAY


def test_hours_in_which_nothing_happens_are_passed_over() -> None:
    walk = Walk(make_plan(funded_at=BOUGHT + 50 * HOUR + MINUTE))
    walk.accept()
    assert walk.stops.move()
    assert walk.stops.now == BOUGHT + 50 * HOUR


def test_it_stops_at_the_very_instant_of_a_deadline() -> None:
    walk = Walk(make_plan(offered_at=QUARTER_PAST, funded_at=None))
    walk.accept()
    assert walk.stops.move()
    assert walk.stops.now == QUARTER_PAST + 7 * DAY
    assert walk.stops.waits
    walk.hear(seen(walk.deal, "offer.lapsed"))
    assert not walk.stops.waits
    assert not walk.stops.move()


@pytest.mark.parametrize(
    ("after", "stop"),
    [
        (-MINUTE, timedelta()),
        (timedelta(), 15 * MINUTE),
        (MINUTE, 15 * MINUTE),
        (45 * MINUTE, HOUR),
    ],
)
def test_an_act_stays_on_its_side_of_a_deadline_within_its_hour(
    after: timedelta, stop: timedelta
) -> None:
    """The deadline is at a quarter past; what comes before it goes out at the full hour."""
    walk = in_effect((10 * DAY + 15 * MINUTE + after, "ALL"))
    hour = walk.stops.now + 10 * DAY
    walk.take_effect(walk.stops.now, hour + 15 * MINUTE)
    stops = []
    while not (sent := walk.send()):
        stops.append(walk.stops.now)
        if walk.stops.now == hour + 15 * MINUTE:
            walk.hear(attributed(walk.deal, None))
        assert walk.stops.move()
    assert sent == ["act/1"]
    assert walk.stops.now == hour + stop


def test_an_act_at_the_moment_of_funding_goes_out_at_the_same_stop() -> None:
    walk = in_effect((timedelta(), 400))
    assert walk.send() == ["act/1"]


def test_it_waits_for_the_contract_the_effect_and_the_answer() -> None:
    walk = Walk(make_plan(release(2), funded_at=BOUGHT + MINUTE))
    messages = walk.stops.take()
    assert walk.stops.waits
    for message in messages:
        walk.stops.on_ack(message)
    assert walk.stops.waits
    walk.hear(seen(walk.deal, "contract.accepted"), BOUGHT + 7 * DAY)
    assert walk.stops.waits
    walk.take_effect(BOUGHT, BOUGHT + 10 * DAY)
    assert not walk.stops.waits
    assert walk.stops.move()
    assert walk.send() == ["act/1"]
    assert walk.stops.waits
    walk.hear(attributed(walk.deal, act_id(walk.deal.contract_id, 1)))
    assert not walk.stops.waits


def test_a_payment_that_comes_too_late_is_waited_for_no_more() -> None:
    walk = Walk(make_plan(funded_at=BOUGHT + 8 * DAY))
    walk.accept()
    assert walk.stops.move()
    walk.hear(seen(walk.deal, "offer.lapsed"))
    assert walk.stops.move()
    assert walk.send() == ["payment"]
    assert not walk.stops.waits


def test_it_waits_until_a_dispute_has_named_its_deadline() -> None:
    walk = Walk(make_plan(dispute=quarrel(answer=None), funded_at=BOUGHT))
    walk.send()
    walk.hear(seen(walk.deal, "contract.accepted"), BOUGHT + 7 * DAY)
    walk.take_effect(BOUGHT, BOUGHT + 10 * DAY)
    assert walk.stops.move()
    assert walk.send() == ["dispute"]
    opened_at = walk.stops.now
    walk.hear(opened(walk.deal, opened_at, opened_at + 3 * DAY))
    assert walk.stops.waits
    registered = seen(walk.deal, "dispute.registered")
    walk.hear(replace(registered, topic=topics.DISPUTES_EVENTS.name), opened_at + 3 * DAY)
    assert not walk.stops.waits
    assert walk.stops.move()
    assert walk.stops.now == opened_at + 3 * DAY


def test_what_is_heard_again_names_no_old_deadline() -> None:
    walk = in_effect()
    deadline = walk.stops.now + 10 * DAY
    walk.hear(attributed(walk.deal, None))
    again = effective(walk.deal, walk.stops.now, deadline)
    timers = {"timers": [{"due_at": deadline.isoformat()}]}
    walk.stops.on_observed(replace(again, sequence=1, data={**again.data, **timers}))
    assert not walk.stops.move()
