"""``crps contract show``: one contract as the services' own recorded events tell it."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from crps.addressing import Postgres, database
from crps.clock.reading import read_now
from crps.ending import end, run_or_end
from crps.next_move import NextMove, next_moves
from crps.sentences import amount_in_words, say
from schemas.topics import SERVICES
from schemas.values import written

contract = typer.Typer(no_args_is_help=True, help="Look at one contract.")
console = Console()

_STATES: Final = {
    "crps.contract.offered.v1": "OFFERED",
    "crps.contract.accepted.v1": "ACCEPTED",
    "crps.contract.effective.v1": "EFFECTIVE",
    "crps.contract.declined.v1": "DECLINED",
    "crps.offer.lapsed.v1": "OFFER_LAPSED",
    "crps.contract.closed.v1": "CLOSED",
    "crps.contract.reopened.v1": "ATTRIBUTED",
}
_SPEAKING: Final = frozenset({"crps.claim.stated.v1", "crps.proposal.made.v1"})
"""What ends the silence if it is the payee's; an acceptance ends the dispute."""
_BUCKETS: Final = ("free", "contested", "payee", "payer")


@dataclass(slots=True)
class View:
    """What is shown of a contract; amounts are minor units as strings, instants ISO 8601."""

    contract_id: str
    state: str = "UNKNOWN"
    asset: str = ""
    payer: str = ""
    payee: str = ""
    upstream: str = ""
    terms_digest: str = ""
    offer_expires_at: str = ""
    accepted_by: list[str] = field(default_factory=list)
    """Of an offer that one side has not accepted: who has."""
    effective_at: str | None = None
    tranches: dict[int, dict[str, Any]] = field(default_factory=dict)
    timers: list[dict[str, Any]] = field(default_factory=list)
    instructions: list[dict[str, Any]] = field(default_factory=list)
    timeline: list[dict[str, str]] = field(default_factory=list)
    next_moves: list[NextMove] = field(default_factory=list)
    """Who can move, until when, and what happens if nobody does."""
    waiting: list[dict[str, str]] = field(default_factory=list)
    """Records on this contract that a service holds or could not read, with the reason."""


@contract.command()
def show(
    contract_id: Annotated[UUID, typer.Argument(metavar="ID", help="Contract id.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    postgres: Postgres = None,
) -> None:
    """Show state, money, deadlines, instructions and the whole timeline of a contract."""
    view = run_or_end(read_view(database(postgres), contract_id))
    if view is None:
        end(f"UNKNOWN_CONTRACT: nothing is recorded of {contract_id}")
    if as_json:
        typer.echo(json.dumps(asdict(view), indent=2))
    else:
        _print(view)


async def read_events(dsn: str, contract_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Return what the services' journals hold of a contract, in time: (service, event as JSON)."""
    conn = await asyncpg.connect(dsn)
    try:
        return await _events(conn, contract_id)
    finally:
        await conn.close()


async def _events(conn: asyncpg.Connection, contract_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    rows = await conn.fetch(
        "SELECT 'contracts' AS service, sequence, value FROM contracts.journal"
        " WHERE contract_id = $1 UNION ALL SELECT 'disputes', sequence, value"
        " FROM disputes.journal WHERE contract_id = $1 UNION ALL SELECT 'ledger', sequence,"
        " value FROM ledger.journal WHERE contract_id = $1",
        contract_id,
    )
    events = [(row["service"], json.loads(row["value"])) for row in rows]
    events.sort(key=lambda event: (event[1]["time"], event[0], event[1]["sequence"]))
    return events


async def read_view(dsn: str, contract_id: UUID) -> View | None:
    """Return the contract as the services' events tell it; None of one that nobody offered."""
    conn = await asyncpg.connect(dsn)
    try:
        events = await _events(conn, contract_id)
        if not events:
            return None
        view = View(str(contract_id))
        for service, event in events:
            follow(view, service, event)
        view.instructions = [
            {key: _told(value) for key, value in dict(row).items()}
            for row in await conn.fetch(
                "SELECT direction, kind, cause, amount, status, attempt, instruction_id,"
                " latest_execution_by FROM ledger.instruction WHERE contract_id = $1"
                " ORDER BY number",
                contract_id,
            )
        ]
        view.next_moves = next_moves(view, await read_now(conn))
        view.waiting = await _waiting(conn, contract_id)
    finally:
        await conn.close()
    return view


def _told(value: object) -> str:
    return written(value) if isinstance(value, datetime) else str(value)


async def _waiting(conn: asyncpg.Connection, contract_id: UUID) -> list[dict[str, str]]:
    found = []
    for service in SERVICES:
        for table, reason in (("held_record", "reason"), ("dead_letter", "code")):
            rows = await conn.fetch(
                f"SELECT {reason} AS reason, detail, topic, partition, record_offset"  # noqa: S608
                f" FROM {service}.{table} WHERE contract_id = $1",
                contract_id,
            )
            found += [
                {
                    "service": service,
                    "place": f"{row['topic']}/{row['partition']}/{row['record_offset']}",
                    "reason": row["reason"],
                    "detail": row["detail"],
                }
                for row in rows
            ]
    return found


def follow(view: View, service: str, event: dict[str, Any]) -> None:
    """Bring ``view`` up to date with an event, as JSON, of this service's events topic."""
    data, wire_type = event["data"], event["type"]
    view.timeline.append(
        {"at": event["time"], "service": service, "event": wire_type, "what": say(wire_type, data)}
    )
    if service == "ledger":
        return
    if "timers" in data:
        # Each of the two states all of its own timers and knows nothing of the other's.
        own = [timer for timer in view.timers if _timed_by(timer) != service]
        view.timers = own + data["timers"]
    if "terms" in data:
        terms = data["terms"]
        view.asset, view.upstream = terms["asset"], data["upstream"]
        view.payer, view.payee = terms["payer"]["party"], terms["payee"]["party"]
        view.terms_digest = data["terms_digest"]
        view.offer_expires_at = data["offer_expires_at"]
        view.accepted_by = data.get("accepted_by", view.accepted_by)
        for number, tranche in enumerate(terms["tranches"], 1):
            view.tranches[number] = {"amount": tranche["amount"], **dict.fromkeys(_BUCKETS, "0")}
    for tranche in data.get("tranches", ()):
        view.effective_at = data["effective_at"]
        view.tranches[tranche["tranche"]] |= {
            "free": tranche["amount"],
            "deadline_at": tranche["deadline_at"],
            "derivation": tranche["derivation"],
        }
    for part in data.get("parts", ()):
        view.tranches[part["tranche"]] |= part["after"]
    if wire_type == "crps.deadline.moved.v1":
        view.tranches[data["tranche"]] |= {
            "deadline_at": data["after"],
            "first_deadline_at": data["first_deadline_at"],
        }
    if wire_type == "crps.dispute.opened.v1":
        view.tranches[data["tranche"]] |= {
            **data["after"],
            "dispute_deadline_at": data["deadline_at"],
            "ruling_deadline_at": data.get("ruling_deadline_at"),
            "adjudicator": data.get("adjudicator"),
            "silence_rule": data["clause"]["silence_rule"],
            "payee_spoke": False,
        }
    if wire_type in _SPEAKING and data["by"] == "payee":
        view.tranches[data["tranche"]]["payee_spoke"] = True
    if wire_type == "crps.offer.accepted.v1":
        view.accepted_by = [*view.accepted_by, data["by"]]
    view.state = _STATES.get(wire_type, view.state)
    undecided = sum(int(t["free"]) + int(t["contested"]) for t in view.tranches.values())
    if view.state == "EFFECTIVE" and undecided == 0:
        view.state = "ATTRIBUTED"


def _timed_by(timer: dict[str, Any]) -> str:
    return "disputes" if timer["timer"] == "dispute" else "contracts"


def _until(tranche: dict[str, Any]) -> str:
    if "dispute_deadline_at" in tranche:
        return f"disputed until {tranche['dispute_deadline_at']}"
    return str(tranche.get("deadline_at", ""))


def _print(view: View) -> None:
    console.print(f"[bold]{view.contract_id}[/bold]  {view.state}", highlight=False)
    console.print(f"payer {view.payer} → payee {view.payee}, offered by {view.upstream}",
                  highlight=False)  # fmt: skip
    money = Table("tranche", "amount", *_BUCKETS, "deadline")
    for number, tranche in view.tranches.items():
        money.add_row(
            str(number),
            *(amount_in_words(tranche[name], view.asset) for name in ("amount", *_BUCKETS)),
            _until(tranche),
        )
    console.print(money)
    for move in view.next_moves:
        console.print(str(move), highlight=False)
    if view.instructions:
        told = Table("instruction", "kind", "cause", "amount", "status", "attempt")
        for i in view.instructions:
            amount = amount_in_words(i["amount"], view.asset)
            told.add_row(i["direction"], i["kind"], i["cause"], amount, i["status"], i["attempt"])
        console.print(told)
    story = Table("at", "service", "event", "what")
    for entry in view.timeline:
        story.add_row(entry["at"], entry["service"], entry["event"], entry["what"])
    console.print(story)
    for record in view.waiting:
        console.print(f"[red]{record['service']}: {record['reason']}[/red] {record['place']}"
                      f" {record['detail']}")  # fmt: skip
