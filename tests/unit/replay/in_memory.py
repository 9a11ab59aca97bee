"""A replay without servers: the services' own code in memory, the campaign, and the auditor.

Nothing but the broker, the database and the clock is replaced, so what the parties send, what the
services make of it and what the auditor demands are held against each other.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from crps.audit.auditor import judge
from crps.memory.audited import log_of, schemas_of
from crps.memory.world import World
from crps.replay.campaign import Campaign
from crps.replay.driver import Played
from crps.replay.observer import TOPICS, Observed
from crps.replay.plan import ContractPlan
from crps.replay.report import Circumstances, Report, build_report
from crps.replay.schedule import Timeline
from tests.unit.replay.played import MS, SCALE_MS, START, UPSTREAM


async def replayed(plans: Sequence[ContractPlan], *, lag: timedelta) -> Report:
    """Play the plans; what the services say is observed `lag` after it was appended."""
    world = World(seed=1, start=START, upstream_keys={UPSTREAM.id: UPSTREAM.key.encode()})
    begin = min(plan.offered_at for plan in plans)
    campaign = Campaign(plans, UPSTREAM, Timeline(begin, START, SCALE_MS))
    heard = 0
    while not campaign.done and not campaign.stalled(world.clock()):
        for message in campaign.take_due(world.clock()):
            headers = tuple(message.headers)
            record = world.append(message.topic, message.key, message.value, headers)
            campaign.on_ack(message, record.appended_at)
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
    await world.run_out()
    deals = tuple(campaign.deals.values())
    unfinished = tuple(deal.contract_id for deal in deals if not deal.settled)
    run = Circumstances(campaign.orders, 0, UPSTREAM.id, SCALE_MS, 1.0)
    return build_report(
        Played(deals, unfinished, (), START), judge(log_of(world), schemas_of(world)), run
    )


def _observed(record: Any) -> Observed:
    told = json.loads(record.value)
    cause, contract_id = told.get("causationid"), UUID(told["subject"])
    return Observed(contract_id, told["type"], cause, record.appended_at, told["data"])
