"""A whole replay: servers and services up, play, let them finish, audit, report, all down again."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rich.console import Console

from crps.audit import audit
from crps.provision import provision
from crps.replay.driver import Played, play
from crps.replay.kills import killing
from crps.replay.narrator import Narrator
from crps.replay.olist import Order, read_orders
from crps.replay.plan import ContractPlan, plan_orders
from crps.replay.progress import shown_progress
from crps.replay.report import Circumstances, Report, build_report
from crps.replay.schedule import DAY_MS
from crps.replay.servers import alone, system
from crps.replay.stillness import wait_until_still
from crps.replay.virtual import play_virtually
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.services import ALL, run_services
from crps.stack.signals import sigterm_as_ctrl_c
from crps.stack.standing import Standing
from crps.stack.supervisor import Supervisor
from crps.stack.upstream import Upstream, keys_setting
from services.chassis.fetching import tolerate_header_names

STILL_TIMEOUT_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a replay is asked for. `own` demands servers of its own in `home`, emptied first.

    Without a scale the true dates pass on a virtual clock; that needs servers of its own.
    """

    orders: Path
    out: Path
    scale_ms: int | None
    limit: int | None
    kill_every_s: float | None
    seed: int
    home: Home
    own: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """What happened while the services ran."""

    played: Played
    kills: Mapping[str, int]
    restarts: Mapping[str, int]
    leftover: str | None


async def run_replay(options: Options, console: Console) -> Report:
    """Replay a folder of orders and return the report, which is also written to `options.out`.

    Raises DatasetError for a folder in another format and StackError when the stack or a service
    does not start. However it ends, what it started is stopped.
    """
    tell = Narrator(console)
    # The auditor reads topics to which strangers write.
    tolerate_header_names()
    orders = read_orders(options.orders, options.limit)
    plans, _ = plan_orders(orders)
    tell.say(_introduction(options, orders, plans))
    with sigterm_as_ctrl_c():
        async with (
            alone(options.home),
            system(options.home, tell, own=options.own) as standing,
        ):
            if standing.upstream is not None and options.kill_every_s is not None:
                raise StackError(
                    "SERVICES_NOT_OURS",
                    f"the services {standing.whose} run already, and are not ours to kill",
                    "Leave --kill-every out, or stop them: the replay then starts its own.",
                )
            if standing.upstream is None:
                await provision(standing.addresses)
                tell.say("Topics, roles and tables are there.")
            started_s = tell.elapsed_s
            upstream = standing.upstream or _stranger()
            # To services that stand, an order of an earlier replay is one they know.
            plans = _anew(plans) if standing.upstream else plans
            run = await _run(options, standing, plans, upstream, tell)
            tell.say("The auditor reads the topics and the four schemas.")
            ids = frozenset(deal.contract_id for deal in run.played.deals)
            audited = await audit(standing.addresses, ids)
            report = build_report(
                run.played,
                audited,
                Circumstances(
                    orders=len(orders),
                    orders_without_contracts=len(orders) - len({p.order_id for p in plans}),
                    upstream=upstream.id,
                    scale_ms=DAY_MS if options.scale_ms is None else options.scale_ms,
                    duration_s=tell.elapsed_s - started_s,
                    kills=run.kills,
                    restarts=run.restarts,
                    leftover=run.leftover,
                ),
            )
            report.write(options.out)
            tell.say(f"Report written to {options.out}.")
    return report


async def _run(
    options: Options,
    standing: Standing,
    plans: tuple[ContractPlan, ...],
    upstream: Upstream,
    tell: Narrator,
) -> _Run:
    """Play against the services and wait until they have finished."""
    addresses, clock_key = standing.addresses, secrets.token_hex(32)
    keys = keys_setting(upstream, clock_key)
    async with _services(options, standing, keys, tell) as supervisor:
        async with killing(
            supervisor, ALL, every_s=options.kill_every_s, seed=options.seed
        ) as kills:
            with shown_progress(tell.console) as on_progress:
                if options.scale_ms is None:
                    played = await play_virtually(
                        plans,
                        addresses=addresses,
                        upstream=upstream,
                        clock_key=clock_key,
                        on_progress=on_progress,
                    )
                else:
                    played = await play(
                        plans,
                        bootstrap=addresses.kafka,
                        upstream=upstream,
                        scale_ms=options.scale_ms,
                        on_progress=on_progress,
                    )
        tell.say("Played. The services finish what is under way.")
        look = await wait_until_still(addresses, timeout_s=STILL_TIMEOUT_S)
        leftover = None
        if look is not None:
            leftover = (
                f"the services are not done after {STILL_TIMEOUT_S:.0f} s: "
                f"{look.unread} records unread, {look.unsent} outbox rows unsent"
            )
        restarts = {} if supervisor is None else supervisor.restarts
        return _Run(played, dict(kills), restarts, leftover)


@asynccontextmanager
async def _services(
    options: Options, standing: Standing, keys: str, tell: Narrator
) -> AsyncIterator[Supervisor | None]:
    """Run services that know these keys for the block; None where they stand already."""
    if standing.upstream is not None:
        yield None
        return
    environment = {"CRPS_UPSTREAM_KEYS": keys}
    async with run_services(standing.addresses, options.home, ALL, environment) as supervisor:
        tell.say(f"{len(ALL)} processes answer: {', '.join(ALL)}.")
        if options.kill_every_s is not None:
            tell.say(
                f"Every {options.kill_every_s:g} s one of them is killed with -9 "
                f"(seed {options.seed}) and started again."
            )
        yield supervisor
    tell.say("Services stopped.")


def _stranger() -> Upstream:
    """Return an upstream of this replay alone."""
    return Upstream(f"olist-{secrets.token_hex(4)}", secrets.token_hex(32))


def _anew(plans: tuple[ContractPlan, ...]) -> tuple[ContractPlan, ...]:
    """Return the plans under order ids of this replay alone."""
    tag = secrets.token_hex(4)
    return tuple(replace(plan, order_id=f"{plan.order_id}-{tag}") for plan in plans)


def _introduction(
    options: Options, orders: tuple[Order, ...], plans: tuple[ContractPlan, ...]
) -> str:
    days = (orders[-1].purchased_at - orders[0].purchased_at).days + 1 if orders else 0
    read = f"Read {len(orders)} orders from {options.orders}: {len(plans)} contracts. "
    if options.scale_ms is None:
        return read + f"{days} days of data pass on a virtual clock."
    return read + f"{days} days of data take about {max(days * options.scale_ms // 1000, 1)} s."
