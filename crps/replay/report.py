"""The closing report of a replay: what became of the orders, the money and the promises.

Everything that judges the services comes from the auditor's reading of topics and schemas; the
driver adds what it alone knows: what it meant to do, and which commands were answered how.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args

from crps.audit.history import AuditResult, History
from crps.replay.campaign import Deal
from crps.replay.disputes import count_disputes, half_lives_ms, undisputed_share
from crps.replay.driver import Played
from crps.replay.expectation import Ruling, Standing, is_near, rule
from crps.replay.measures import (
    Money,
    Quantiles,
    append_times,
    count_instructions,
    latency_ms,
    lateness_ms,
    money_by_asset,
    money_of,
)
from crps.replay.plan import Outcome
from crps.replay.schedule import DAY_MS, MILLISECOND, NEAR, in_days
from crps.replay.split import planned_money

OUTCOMES: Final = get_args(Outcome)
STANDINGS: Final = get_args(Standing)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the report says of the run itself. Counts of services are by their names."""

    orders: int
    orders_without_contracts: int
    upstream: str
    scale_ms: int
    duration_s: float
    kills: Mapping[str, int] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    leftover: str | None = None
    """What the services had not finished when the replay stopped waiting for them."""


@dataclass(frozen=True, slots=True)
class Report:
    """The fields of the JSON, under their names there. Money in minor units.

    Of a virtual replay there is no time scale, and no measure of how fast the services were: its
    clock stands still while they work.
    """

    orders: int
    contracts: int
    outcomes: dict[str, int]
    acts: dict[str, int]
    """What the parties sent, openings of disputes and answers included."""
    money: dict[str, Money]
    expected_money: dict[str, Money]
    """The same by the data, of all contracts, also those too near a deadline to compare."""
    instructions: dict[str, int]
    lateness_ms: Quantiles
    latency_ms: Quantiles
    invariants: dict[str, str]
    violations: int
    duration_s: float
    violations_listed: tuple[str, ...]
    unfinished: tuple[str, ...]
    lost: tuple[str, ...]
    refused_orders: dict[str, int]
    refusals: dict[str, int]
    """Refused commands by code; one after its deadline is meant to be refused."""
    expected_outcomes: dict[str, int]
    compared: dict[str, int]
    orders_without_contracts: int
    audited_contracts: int
    upstream: str
    time_scale_ms: int | None
    simulated_days: float | None
    """How far the clock of a virtual replay was turned, and in how many moves."""
    clock_moves: int | None
    kills: dict[str, int]
    restarts: dict[str, int]
    disputes: dict[str, int]
    undisputed_share: dict[str, float]
    """By asset: of the money in dispute, the part that the parties settled by themselves."""
    half_life_ms: Quantiles
    """From the opening of a dispute until half of what it contested was contested no more."""
    half_life_days: float | None
    """The median, in days of the data."""

    @property
    def failed(self) -> bool:
        """Whether anything is violated, lost, refused that should stand, or unfinished."""
        return bool(self.violations or self.lost or self.unfinished or self.refused_orders)

    def write(self, file: Path) -> None:
        """Write the report as JSON, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(file.name + ".partial")
        partial.write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")
        partial.replace(file)

    def as_dict(self) -> dict[str, Any]:
        """Return what the JSON holds."""
        return asdict(self)


def build_report(played: Played, audited: AuditResult, run: Circumstances) -> Report:
    """Count what was played and audited. Pure."""
    histories = [
        audited.histories[deal.contract_id]
        for deal in played.deals
        if deal.contract_id in audited.histories
    ]
    times = append_times(histories)
    clock = played.clock
    near = NEAR if clock is None else None
    timed = histories if clock is None else []
    rulings = [
        rule(deal, audited.histories[deal.contract_id], times, near)
        for deal in played.deals
        if deal.contract_id in audited.histories
    ]
    half_lives = half_lives_ms(histories)
    violations = tuple(_breaches(played, audited, rulings, histories))
    if run.leftover is not None:
        violations += (run.leftover,)
    # A contract that closed on the driver's topic must have ended for the auditor too.
    unfinished = {str(contract_id) for contract_id in played.unfinished}
    unfinished |= {
        str(history.contract_id)
        for history, ruling in zip(histories, rulings, strict=True)
        if ruling.actual is None
    }
    return Report(
        orders=run.orders,
        contracts=len(played.deals),
        outcomes=_tally((ruling.actual for ruling in rulings), OUTCOMES),
        acts=_count_acts(played.deals, near),
        money=money_by_asset(histories),
        expected_money=planned_money(deal.plan for deal in played.deals),
        instructions=count_instructions(histories),
        lateness_ms=lateness_ms(timed),
        latency_ms=latency_ms(timed),
        invariants=dict(audited.invariants),
        violations=len(violations),
        duration_s=round(run.duration_s, 1),
        violations_listed=violations,
        unfinished=tuple(sorted(unfinished)),
        lost=tuple(str(contract_id) for contract_id in played.lost),
        refused_orders=dict(Counter(d.refusal for d in played.deals if d.refusal is not None)),
        refusals=dict(
            Counter(c.code for d in played.deals for c in d.commands if c.code is not None)
        ),
        expected_outcomes=_tally((ruling.planned for ruling in rulings), OUTCOMES),
        compared=_tally((ruling.standing for ruling in rulings), STANDINGS),
        orders_without_contracts=run.orders_without_contracts,
        audited_contracts=audited.contracts,
        upstream=run.upstream,
        time_scale_ms=run.scale_ms if clock is None else None,
        simulated_days=None if clock is None else in_days(clock.span / MILLISECOND, DAY_MS),
        clock_moves=None if clock is None else clock.moves,
        kills=dict(run.kills),
        restarts=dict(run.restarts),
        disputes=count_disputes(histories),
        undisputed_share=undisputed_share(histories),
        half_life_ms=half_lives,
        half_life_days=None if half_lives.p50 is None else in_days(half_lives.p50, run.scale_ms),
    )


def _breaches(
    played: Played, audited: AuditResult, rulings: list[Ruling], histories: list[History]
) -> Iterable[str]:
    yield from audited.violations
    if not audited.violations:
        yield from (f"{name}: {text}" for name, text in audited.invariants.items() if text != "ok")
    yield from (ruling.breach for ruling in rulings if ruling.breach is not None)
    for history in histories:
        # One by one: over all contracts two errors might make up for each other.
        money = money_of(history)
        if not money.adds_up:
            yield (
                f"{history.contract_id}: {money.funded} funded is not {money.settled} settled"
                f" + {money.returned} returned + {money.open} open"
            )
    for deal in played.deals:
        if deal.appeared and deal.contract_id not in audited.histories:
            yield f"{deal.contract_id} was seen on its topic and is not in the audit"


def _tally(values: Iterable[str | None], names: Sequence[str]) -> dict[str, int]:
    counted = Counter(values)
    return {name: counted[name] for name in names}


def _count_acts(deals: tuple[Deal, ...], near: timedelta | None) -> dict[str, int]:
    counts = {"applied": 0, "refused": 0, "near_deadline": 0}
    for deal in deals:
        for played in deal.commands:
            if is_near(played.appended_at, played.deadline_at, near):
                counts["near_deadline"] += 1
            elif played.answer is not None:
                counts[played.answer] += 1
    return counts
