"""``crps contract explain``: why each deadline of a contract is the instant that it is.

It says what the services recorded, in words: the signed period, the days that were counted by the
calendar version that the derivation names, the cut-off in its zone, and who moved it since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from crps.addressing import Postgres, database
from crps.ending import end, run_or_end
from crps.sentences import amount_in_words
from schemas import topics
from schemas.contracts_v1 import (
    ContractAccepted,
    ContractEffective,
    ContractOffered,
    EffectiveTranche,
    OfferLapsed,
)
from schemas.deadlines_v1 import DeadlineMoved
from schemas.envelope import Attributes
from schemas.periods_v1 import Derivation
from schemas.registry import ADAPTERS
from schemas.terms_v1 import Terms
from schemas.values import written
from services.contracts.calendars import read_calendar
from services.contracts.domain.calendars import Calendar
from services.contracts.domain.zones import TZ_VERSION, zone_of

console = Console(soft_wrap=True)

Calendars = Mapping[tuple[str, str], Calendar]
"""By id and version, as far as they could be read."""
Run = tuple[str, str, str]
"""Days alike that follow each other: which, what they are, and how many are counted by then."""

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_MET: Final = {
    "gap": "The clocks skip that time: the deadline is the first instant after.",
    "fold": "The clocks show that time twice: the deadline is the later one.",
}


@dataclass(slots=True)
class Told:
    """What the contract's events say of its deadlines."""

    terms: Terms | None = None
    effective: ContractEffective | None = None
    moves: list[DeadlineMoved] = field(default_factory=list)
    lapse: OfferLapsed | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one tranche: sentences, and the days that were counted, in runs."""

    head: str
    sentences: tuple[str, ...]
    runs: tuple[Run, ...] = ()
    moves: tuple[DeadlineMoved, ...] = ()


def explain(
    contract_id: Annotated[UUID, typer.Argument(metavar="ID", help="Contract id.")],
    postgres: Postgres = None,
) -> None:
    """Explain why each deadline is this instant: days, calendar, cut-off, zone, and its moves."""
    told, calendars = run_or_end(_read(database(postgres), contract_id))
    if told.terms is None:
        end(f"UNKNOWN_CONTRACT: nothing is recorded of {contract_id}")
    for explanation in explained(told, told.terms, calendars):
        _print(explanation)


async def _read(dsn: str, contract_id: UUID) -> tuple[Told, Calendars]:
    conn = await asyncpg.connect(dsn, server_settings={"search_path": "contracts"})
    told, calendars = Told(), {}
    try:
        rows = await conn.fetch(
            "SELECT value FROM journal WHERE contract_id = $1 AND topic = $2 ORDER BY sequence",
            contract_id,
            topics.CONTRACTS_EVENTS.name,
        )
        for row in rows:
            take(told, row["value"])
        for key in _calendars_named(told):
            if (calendar := await read_calendar(conn, *key)) is not None:
                calendars[key] = calendar
    finally:
        await conn.close()
    return told, calendars


def take(told: Told, value: bytes) -> None:
    """Add what one event of contracts says of deadlines."""
    attributes = Attributes.model_validate_json(value)
    adapter = ADAPTERS[topics.CONTRACTS_EVENTS.name, attributes.type]
    match adapter.validate_json(value).data:
        case ContractOffered(terms=terms) | ContractAccepted(terms=terms):
            told.terms = Terms.model_validate(terms)
        case ContractEffective() as effective:
            told.effective = effective
        case DeadlineMoved() as moved:
            told.moves.append(moved)
        case OfferLapsed() as lapse:
            told.lapse = lapse


def explained(told: Told, terms: Terms, calendars: Calendars) -> Iterator[Explanation]:
    """Yield the explanation of each tranche's deadline, in the order of the terms."""
    if told.effective is None:
        why = "deadlines are counted from its effect, and it has not taken effect"
        if told.lapse is not None and told.lapse.reason is not None:
            why = "the offer lapsed: a period ran past the days that its calendar published"
        elif told.lapse is not None:
            why = "the offer lapsed before it took effect"
        for number, signed in enumerate(terms.tranches, 1):
            yield Explanation(f"Tranche {number}: no deadline", (_signed(signed.period), why + "."))
        return
    for tranche in told.effective.tranches:
        moves = tuple(moved for moved in told.moves if moved.tranche == tranche.tranche)
        present = moves[-1].after if moves else tranche.deadline_at
        amount = amount_in_words(str(tranche.amount), told.effective.asset)
        named = f" ({tranche.name})" if tranche.name else ""
        yield Explanation(
            f"Tranche {tranche.tranche}{named}, {amount}: {written(present)}",
            tuple(_sentences(tranche, told.effective.effective_at)),
            tuple(_runs(tranche.derivation, calendars)),
            moves,
        )


def _sentences(tranche: EffectiveTranche, effective_at: datetime) -> Iterator[str]:
    derivation = tranche.derivation
    yield _signed(derivation)
    if derivation.zone is None:
        yield f"Effective at {written(effective_at)}: it ends at {written(tranche.deadline_at)}."
        return
    assert derivation.effective_day is not None
    assert derivation.last_day is not None
    yield (
        f"Effective at {written(effective_at)}, which is {_local(effective_at, derivation.zone)}:"
        f" the first day that can count is the one after {derivation.effective_day}."
    )
    yield (
        f"The last day is {derivation.last_day}, {derivation.last_day:%A}; it ends at"
        f" {derivation.cutoff}, so the deadline is {written(tranche.deadline_at)}, which is"
        f" {_local(tranche.deadline_at, derivation.zone)}."
    )
    if derivation.met is not None:
        yield _MET[derivation.met]
    if derivation.calendar is not None:
        yield f"Counted by the calendar {derivation.calendar} {derivation.calendar_version}."
    also = "" if derivation.tz_version == TZ_VERSION else f"; local times here are by {TZ_VERSION}"
    yield f"Time zone database {derivation.tz_version}{also}."


def _signed(period: Any) -> str:
    if period.unit == "exact":
        length = timedelta(milliseconds=period.duration_ms)
        return f"Signed: {length} ({period.duration_ms:,} ms) from effect, exactly."
    days = f"{period.days} {'day' if period.days == 1 else 'days'}"
    if period.unit == "business_days":
        days = f"{days.replace(' ', ' business ')} of the calendar {period.calendar}"
    return f"Signed: {days} in {period.zone}, until {period.cutoff} of the last."


def _local(instant: datetime, zone: str) -> str:
    local = instant.astimezone(zone_of(zone))
    return f"{local:%A} {local.isoformat(' ', 'seconds')} in {zone}"


def _calendars_named(told: Told) -> set[tuple[str, str]]:
    found = (tranche.derivation for tranche in (told.effective.tranches if told.effective else ()))
    return {(d.calendar, d.calendar_version or "") for d in found if d.calendar is not None}


def _runs(derivation: Derivation, calendars: Calendars) -> Iterator[Run]:
    """Yield the days from effect to the last in runs of like days, where they can be told."""
    first, last = derivation.effective_day, derivation.last_day
    if first is None or last is None:
        return
    calendar = None
    if derivation.calendar is not None:
        calendar = calendars.get((derivation.calendar, derivation.calendar_version or ""))
        if calendar is None:
            return
    days = (first + n * _DAY for n in range(1, (last - first).days + 1))
    counted = 0
    for (kind, counts), alike in groupby(days, lambda day: _kind(day, calendar)):
        run = list(alike)
        counted += len(run) * counts
        which = f"{run[0]:%a} {run[0]}" + (f" to {run[-1]:%a} {run[-1]}" if run[1:] else "")
        yield which, kind, str(counted)


def _kind(day: date, calendar: Calendar | None) -> tuple[str, bool]:
    """Return what a day is, and whether it counts."""
    if calendar is None:
        return "counted", True
    if day in calendar.workdays:
        return "make-up workday, counted", True
    if day in calendar.holidays:
        return "holiday", False
    if day.weekday() >= _SATURDAY:
        return "weekend", False
    return "workday, counted", True


def _print(explanation: Explanation) -> None:
    console.print(explanation.head, style="bold", highlight=False, markup=False)
    for sentence in explanation.sentences:
        console.print(sentence, highlight=False, markup=False)
    if explanation.runs:
        table = Table("days", "", "counted so far")
        for run in explanation.runs:
            table.add_row(*run)
        console.print(table)
    if explanation.moves:
        table = Table("moved at", "signed by", "command", "from", "to")
        for moved in explanation.moves:
            before, after = written(moved.before), written(moved.after)
            table.add_row(written(moved.judged_at), moved.by, moved.command_id, before, after)
        console.print(table)
