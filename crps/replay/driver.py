"""Plays planned contracts against the running services, as their upstream would.

It writes orders, payments and the parties' commands to Kafka and reads what contracts and disputes
publish; it asks no service anything. Every command is sent once, at its own instant after the
*observed* `effective_at` of its contract, or opening of its dispute, and its answer is awaited.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from crps.replay.campaign import Campaign, Deal
from crps.replay.messages import Outgoing
from crps.replay.observer import Observed, Observer
from crps.replay.plan import ContractPlan
from crps.replay.publisher import Publisher
from crps.replay.schedule import Timeline
from crps.stack.upstream import Upstream

_LEAD: Final = timedelta(milliseconds=500)
_LOOK_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Turned:
    """How a virtual clock was turned: how far, in how many moves."""

    span: timedelta
    moves: int


@dataclass(frozen=True, slots=True)
class Played:
    """What was played, and what of it came to no end."""

    deals: tuple[Deal, ...]
    unfinished: tuple[UUID, ...]
    """Contracts that appeared but were not settled when nothing moved any more."""
    lost: tuple[UUID, ...]
    """Orders whose contract never appeared, though they were not refused."""
    clock: Turned | None = None
    """What became of the clock, if it was a virtual one."""


async def play(
    plans: Sequence[ContractPlan],
    *,
    bootstrap: str,
    upstream: Upstream,
    scale_ms: int,
    on_progress: Callable[[int, int], None],
) -> Played:
    """Play the plans and return when all are settled, or when nothing has moved for long.

    `scale_ms` is the wall time of one day of the data. `on_progress` is told now and then how many
    orders are settled, of how many. Raises KafkaError when the broker does not answer at the start.
    """
    if not plans:
        return played(None)
    timeline = Timeline(min(plan.offered_at for plan in plans), _now() + _LEAD, scale_ms)
    campaign = Campaign(plans, upstream, timeline)
    moved = asyncio.Event()
    async with listening(
        bootstrap,
        frozenset(campaign.deals),
        on_ack=campaign.on_ack,
        on_observed=campaign.on_observed,
        moved=moved,
    ) as publisher:
        while not campaign.done and not campaign.stalled(_now()):
            moved.clear()
            for message in campaign.take_due(_now()):
                publisher.post(message)
            on_progress(campaign.settled_orders, campaign.orders)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), _pause(campaign.next_due))
        on_progress(campaign.settled_orders, campaign.orders)
    return played(campaign)


def played(campaign: Campaign | None, clock: Turned | None = None) -> Played:
    """Return what was played of a campaign, None where there was nothing to play."""
    deals = () if campaign is None else tuple(campaign.deals.values())
    open_deals = [deal for deal in deals if not deal.settled]
    return Played(
        deals=deals,
        unfinished=tuple(deal.contract_id for deal in open_deals if deal.appeared),
        lost=tuple(deal.contract_id for deal in open_deals if not deal.appeared),
        clock=clock,
    )


@asynccontextmanager
async def listening(
    bootstrap: str,
    contract_ids: frozenset[UUID],
    *,
    on_ack: Callable[[Outgoing, datetime], None],
    on_observed: Callable[[Observed], None],
    moved: asyncio.Event,
) -> AsyncIterator[Publisher]:
    """Give who sends for the block, while what the services say is heard; both set `moved`.

    Raises KafkaError when the broker does not answer at the start, and what the block raises.
    """

    def waking(note: Callable[..., None]) -> Callable[..., None]:
        def noted(*what: object) -> None:
            note(*what)
            moved.set()

        return noted

    publisher = Publisher(bootstrap, waking(on_ack))
    observer = Observer(bootstrap, contract_ids, waking(on_observed))
    await observer.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            loops = [tasks.create_task(publisher.run()), tasks.create_task(observer.run())]
            yield publisher
            for loop in loops:
                loop.cancel()
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def _pause(next_due: datetime | None) -> float:
    if next_due is None:
        return _LOOK_SECONDS
    return min(max((next_due - _now()).total_seconds(), 0.0), _LOOK_SECONDS)


def _now() -> datetime:
    return datetime.now(UTC)
