"""Plays planned contracts at their true dates, on the virtual clock of a sandbox of its own.

The clock is moved from stop to stop (`stops`). At each of them every service has read what time it
is before anything is sent: an order and a payment count when they are read. What was sent is
answered before the clock moves on, and each deadline that has come has been executed.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import asyncpg

from crps.clock.log import clock_producer, tell_clock
from crps.clock.reading import wait_until_read
from crps.replay.campaign import STALL, Campaign
from crps.replay.driver import Played, Turned, listening, played
from crps.replay.plan import ContractPlan
from crps.replay.progress import OnProgress
from crps.replay.publisher import Publisher
from crps.replay.schedule import DAY_MS, Timeline
from crps.replay.stops import Stops
from crps.stack.addresses import Addresses
from crps.stack.upstream import Upstream

_LOOK_SECONDS: Final = 0.01


async def play_virtually(
    plans: Sequence[ContractPlan],
    *,
    addresses: Addresses,
    upstream: Upstream,
    clock_key: str,
    on_progress: OnProgress,
) -> Played:
    """Play the plans and return when nothing waits any more, or when nothing has moved for long.

    The services must know `clock_key`, and nobody else may set their clock. Raises KafkaError when
    the broker does not answer.
    """
    if not plans:
        return played(None)
    begin = min(plan.offered_at for plan in plans)
    campaign = Campaign(plans, upstream, Timeline(begin, begin, DAY_MS))
    stops, moved = Stops(campaign), asyncio.Event()
    first, moves = stops.now, 0
    database = await asyncpg.connect(addresses.postgres)
    try:
        async with (
            clock_producer(addresses.kafka) as clock,
            listening(
                addresses.kafka,
                frozenset(campaign.deals),
                on_ack=lambda message, _: stops.on_ack(message),
                on_observed=stops.on_observed,
                moved=moved,
            ) as publisher,
        ):
            with contextlib.suppress(TimeoutError):
                while moves == 0 or stops.move():
                    partitions = await tell_clock(clock, clock_key, stops.now)
                    moves += 1
                    async with asyncio.timeout(STALL.total_seconds()):
                        await wait_until_read(database, partitions, stops.now, look_s=_LOOK_SECONDS)
                    await _act(stops, publisher, moved)
                    on_progress(campaign.settled_orders, campaign.orders)
                # The bank's last answers and what follows from them name no deadline.
                while not campaign.done:
                    moved.clear()
                    async with asyncio.timeout(STALL.total_seconds()):
                        await moved.wait()
                on_progress(campaign.settled_orders, campaign.orders)
    finally:
        await database.close()
    return played(campaign, Turned(stops.now - first, moves))


async def _act(stops: Stops, publisher: Publisher, moved: asyncio.Event) -> None:
    """Send what falls into this stop, and return when nothing waits; TimeoutError if it stalls."""
    while True:
        moved.clear()
        for message in stops.take():
            publisher.post(message)
        if not stops.waits:
            return
        async with asyncio.timeout(STALL.total_seconds()):
            await moved.wait()
