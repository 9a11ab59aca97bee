"""``crps contract show``: one contract as the services' own recorded events tell it."""

import asyncio
import json
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from crps.addressing import Kafka, Postgres, addresses
from schemas.currencies import EXPONENTS
from schemas.topics import SERVICES

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
    effective_at: str | None = None
    tranches: dict[int, dict[str, str]] = field(default_factory=dict)
    timers: list[dict[str, Any]] = field(default_factory=list)
    instructions: list[dict[str, Any]] = field(default_factory=list)
    timeline: list[dict[str, str]] = field(default_factory=list)
    waiting: list[dict[str, str]] = field(default_factory=list)
    """Records on this contract that a service holds or could not read, with the reason."""


@contract.command()
def show(
    contract_id: Annotated[UUID, typer.Argument(metavar="ID", help="Contract id.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    kafka: Kafka = None,
    postgres: Postgres = None,
) -> None:
    """Show state, money, deadlines, instructions and the whole timeline of a contract."""
    view = asyncio.run(_read(addresses(kafka, postgres).postgres, contract_id))
    if view is None:
        Console(stderr=True).print(f"UNKNOWN_CONTRACT: nothing is recorded of {contract_id}")
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(asdict(view), indent=2))
    else:
        _print(view)


async def _read(dsn: str, contract_id: UUID) -> View | None:
    conn = await asyncpg.connect(dsn)
    try:
        rows = await conn.fetch(
            "SELECT 'contracts' AS service, sequence, value FROM contracts.journal"
            " WHERE contract_id = $1 UNION ALL SELECT 'ledger', sequence, value"
            " FROM ledger.journal WHERE contract_id = $1",
            contract_id,
        )
        if not rows:
            return None
        events = [(row["service"], json.loads(row["value"])) for row in rows]
        events.sort(key=lambda event: (event[1]["time"], event[0], event[1]["sequence"]))
        view = View(str(contract_id))
        for service, event in events:
            _follow(view, service, event)
        view.instructions = [
            {key: str(value) for key, value in dict(row).items()}
            for row in await conn.fetch(
                "SELECT direction, kind, cause, amount, status, attempt, instruction_id"
                " FROM ledger.instruction WHERE contract_id = $1 ORDER BY number",
                contract_id,
            )
        ]
        view.waiting = await _waiting(conn, contract_id)
    finally:
        await conn.close()
    return view


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


def _follow(view: View, service: str, event: dict[str, Any]) -> None:
    data, wire_type = event["data"], event["type"]
    view.timeline.append(
        {"at": event["time"], "service": service, "event": wire_type, "what": _say(wire_type, data)}
    )
    if service != "contracts":
        return
    view.timers = data.get("timers", view.timers)
    if "terms" in data:
        terms = data["terms"]
        view.asset, view.upstream = terms["asset"], data["upstream"]
        view.payer, view.payee = terms["payer"]["party"], terms["payee"]["party"]
        view.terms_digest = data["terms_digest"]
        view.offer_expires_at = data["offer_expires_at"]
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
    view.state = _STATES.get(wire_type, view.state)
    undecided = sum(int(t["free"]) + int(t["contested"]) for t in view.tranches.values())
    if view.state == "EFFECTIVE" and undecided == 0:
        view.state = "ATTRIBUTED"


def _say(wire_type: str, data: dict[str, Any]) -> str:
    if wire_type == "crps.funds.attributed.v1":
        signed = data["authorisation"]
        return (
            f"{_money(data['money'])} to the {data['to']}: {data['cause']}, signed by the"
            f" {signed['signer']} ({signed['basis']})"
        )
    if "money" in data:
        return f"{_money(data['money'])} {data.get('cause', '')}".strip()
    if "receipt" in data:
        return f"receipt {data['receipt']} {data.get('amount', '')}"
    if "tranches" in data:
        return ", ".join(f"tranche {t['tranche']} until {t['deadline_at']}"
                         for t in data["tranches"])  # fmt: skip
    return ""


def _money(money: dict[str, str]) -> str:
    return _amount(money["amount"], money["asset"])


def _amount(minor: str, asset: str) -> str:
    currency = asset.partition("/")[0]
    exponent = EXPONENTS[currency]
    digits = minor.rjust(exponent + 1, "0")
    whole, decimals = (digits[:-exponent], digits[-exponent:]) if exponent else (digits, "")
    return f"{whole}{'.' if decimals else ''}{decimals} {currency}"


def _print(view: View) -> None:
    console.print(f"[bold]{view.contract_id}[/bold]  {view.state}", highlight=False)
    console.print(f"payer {view.payer} → payee {view.payee}, offered by {view.upstream}",
                  highlight=False)  # fmt: skip
    money = Table("tranche", "amount", *_BUCKETS, "deadline")
    for number, tranche in view.tranches.items():
        money.add_row(
            str(number),
            *(_amount(tranche[name], view.asset) for name in ("amount", *_BUCKETS)),
            tranche.get("deadline_at", ""),
        )
    console.print(money)
    for timer in view.timers:
        outcome = "the offer lapses" if timer["timer"] == "offer" else "what is free arrives"
        console.print(f"If nobody acts: {outcome} at {timer['due_at']}", highlight=False)
    if view.instructions:
        told = Table("instruction", "kind", "cause", "amount", "status", "attempt")
        for i in view.instructions:
            told.add_row(i["direction"], i["kind"], i["cause"], _amount(i["amount"], view.asset),
                         i["status"], i["attempt"])  # fmt: skip
        console.print(told)
    story = Table("at", "service", "event", "what")
    for entry in view.timeline:
        story.add_row(entry["at"], entry["service"], entry["event"], entry["what"])
    console.print(story)
    for record in view.waiting:
        console.print(f"[red]{record['service']}: {record['reason']}[/red] {record['place']}"
                      f" {record['detail']}")  # fmt: skip
