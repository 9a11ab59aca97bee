"""A replay without servers: the services' own code in memory, the campaign, and the auditor.

Nothing but the broker, the database and the clock is replaced, so what the parties send, what the
services make of it and what the auditor demands are held against each other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crps.audit.auditor import judge
from crps.audit.history import History
from crps.memory.audited import log_of, schemas_of
from crps.memory.world import World
from crps.replay.campaign import Campaign
from crps.replay.driver import Turned, played
from crps.replay.messages import Outgoing
from crps.replay.observer import TOPICS, Observed
from crps.replay.plan import ContractPlan
from crps.replay.report import Circumstances, Report, build_report
from crps.replay.schedule import DAY_MS, Timeline
from crps.replay.stops import Stops
from tests.unit.replay.played import MS, SCALE_MS, START, UPSTREAM


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay: the closing report, and the auditor's history of each contract."""

    report: Report
    histories: Mapping[UUID, History]


async def replayed(plans: Sequence[ContractPlan], *, lag: timedelta) -> Replay:
    """Play the plans; what the services say is observed `lag` after it was appended."""
    begin = min(plan.offered_at for plan in plans)
    campaign = Campaign(plans, UPSTREAM, Timeline(begin, START, SCALE_MS))
    world = _world(START)
    heard = 0
    while not campaign.done and not campaign.stalled(world.clock()):
        for message in campaign.take_due(world.clock()):
            campaign.on_ack(message, _append(world, message))
        await world.rest()
        history = world.log.history
        while heard < len(history) and history[heard].appended_at + lag <= world.clock():
            if history[heard].topic in TOPICS:
                campaign.on_observed(_observed(history[heard]))
            heard += 1
        next_heard = history[heard].appended_at + lag if heard < len(history) else None
        due = [d for d in (campaign.next_due, world.next_due(), next_heard) if d is not None]
        # Append times are whole milliseconds, so what is due comes with the next one.
        world.clock.advance_to(max(min(due, default=START), world.clock()) + MS)
    return await _end(world, campaign, None)


async def replayed_virtually(plans: Sequence[ContractPlan]) -> Replay:
    """Play the plans at their true dates, from stop to stop of the clock."""
    begin = min(plan.offered_at for plan in plans)
    campaign = Campaign(plans, UPSTREAM, Timeline(begin, begin, DAY_MS))
    stops = Stops(campaign)
    first, moves, heard = stops.now, 0, 0
    world = _world(first)
    while moves == 0 or stops.move():
        moves += 1
        world.clock.advance_to(stops.now)
        await world.rest()
        while True:
            for record in world.log.history[heard:]:
                if record.topic in TOPICS:
                    stops.on_observed(_observed(record))
            heard = len(world.log.history)
            messages = stops.take()
            for message in messages:
                _append(world, message)
                stops.on_ack(message)
            if not messages:
                break
            await world.rest()
        assert not stops.waits, f"something has not happened at {stops.now}"
    return await _end(world, campaign, Turned(stops.now - first, moves))


def _world(start: datetime) -> World:
    return World(seed=1, start=start, upstream_keys={UPSTREAM.id: UPSTREAM.key.encode()})


def _append(world: World, message: Outgoing) -> datetime:
    headers = tuple(message.headers)
    return world.append(message.topic, message.key, message.value, headers).appended_at


async def _end(world: World, campaign: Campaign, clock: Turned | None) -> Replay:
    await world.run_out()
    audited = judge(log_of(world), schemas_of(world))
    scale_ms = SCALE_MS if clock is None else DAY_MS
    run = Circumstances(campaign.orders, 0, UPSTREAM.id, scale_ms, 1.0)
    return Replay(build_report(played(campaign, clock), audited, run), audited.histories)


def _observed(record: Any) -> Observed:
    told = json.loads(record.value)
    return Observed(
        contract_id=UUID(told["subject"]),
        topic=record.topic,
        type=told["type"],
        cause=told.get("causationid"),
        appended_at=record.appended_at,
        sequence=told.get("sequence"),
        data=told["data"],
    )
