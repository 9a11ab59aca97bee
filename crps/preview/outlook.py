"""``crps contract outlook``: what happens and when if nobody acts, and what each role can do.

All of it is what the services' own code says when it is asked in a rehearsal: due messages at
their instants, and for each role something that is never granted, whose refusal tells what is.
"""

import json
from dataclasses import asdict, dataclass
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
from crps.next_move import NextMove
from crps.preview.rehearsal import KEY, Attempt, NotJudgedError, rehearse
from crps.replay.signing import plain_headers, signed_headers
from crps.sentences import say
from crps.show import View, read_view
from schemas import topics
from schemas.values import written
from services.chassis.desk import REFUSED

_DUE: Final = "crps.deadline.reached.v1"
_NOWHERE: Final = 2**31 - 1
"""A tranche that no contract has: whoever names it is refused, and told what is allowed."""
_WHOLE: Final[dict[str, dict[str, Any]]] = {
    "contract.decline": {},
    "funds.release": {"amount": "ALL"},
    "funds.return": {"amount": "ALL"},
}
"""Commands that need no choice: what they would do can be said."""

console = Console(soft_wrap=True, highlight=False, markup=False)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One contract, and how it is asked."""

    conn: asyncpg.Connection
    view: View
    now: datetime

    async def due(self, service: str) -> list[dict[str, Any]]:
        """Return the events to come, if nobody acts, of one of the two who decide."""
        kind = "dispute" if service == "disputes" else None
        own = [t for t in self.view.timers if (t["timer"] == "dispute") == (kind is not None)]
        own.sort(key=lambda timer: str(timer["due_at"]))
        attempts = [
            self._attempt(
                service,
                _DUE,
                max(self.now, datetime.fromisoformat(timer["due_at"])),
                timer,
                signed=False,
            )
            for timer in own
        ]
        return await self._rehearsed(attempts) if attempts else []

    async def ask(self, service: str, action: str, party: str, **said: Any) -> list[dict[str, Any]]:
        """Return what would be said to a party's command now."""
        return await self._rehearsed(
            [self._attempt(service, f"crps.{action}.v1", self.now, {"party": party, **said})]
        )

    async def _rehearsed(self, attempts: list[Attempt]) -> list[dict[str, Any]]:
        said = await rehearse(self.conn, attempts, {self.view.upstream: KEY.encode()})
        return [json.loads(each.value) for each in said]

    def _attempt(
        self,
        service: str,
        wire_type: str,
        at: datetime,
        data: dict[str, Any],
        *,
        signed: bool = True,
    ) -> Attempt:
        envelope = {
            "specversion": "1.0",
            "id": "outlook",
            "source": "crps.outlook",
            "type": wire_type,
            "subject": self.view.contract_id,
            "time": written(at),
            "data": data,
        }
        value = json.dumps(envelope).encode()
        headers = plain_headers(wire_type)
        if signed:
            headers = signed_headers(wire_type, value, self.view.upstream, KEY)
        topic = topics.DISPUTES_COMMANDS if service == "disputes" else topics.CONTRACTS_COMMANDS
        return Attempt(topic.name, at, self.view.contract_id.encode(), value, tuple(headers))


def outlook(
    contract_id: Annotated[UUID, typer.Argument(metavar="ID", help="Contract id.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    postgres: Postgres = None,
) -> None:
    """Say what happens and when if nobody acts, and what each role can do now, until when."""
    found = run_or_end(_outlook(database(postgres), contract_id))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _print(found)


async def _outlook(dsn: str, contract_id: UUID) -> dict[str, Any]:
    view = await read_view(dsn, contract_id)
    if view is None:
        end(f"UNKNOWN_CONTRACT: nothing is recorded of {contract_id}")
    conn = await asyncpg.connect(dsn)
    try:
        asking = _Asking(conn, view, await read_now(conn))
        to_come = [event for name in ("contracts", "disputes") for event in await asking.due(name)]
        return {
            "contract_id": view.contract_id,
            "state": view.state,
            "if_nobody_acts": [
                {"at": event["time"], "event": event["type"], "data": event["data"]}
                for event in sorted(to_come, key=lambda event: str(event["time"]))
            ],
            "next_moves": [asdict(move) for move in view.next_moves],
            "can": {role: await _can(asking, party) for role, party in _roles(view).items()},
        }
    except NotJudgedError as error:
        end(str(error))
    finally:
        await conn.close()


def _roles(view: View) -> dict[str, str]:
    """Return the parties by role; the adjudicator once something may be ruled on."""
    roles = {"payer": view.payer, "payee": view.payee}
    for tranche in view.tranches.values():
        if adjudicator := tranche.get("adjudicator"):
            roles["adjudicator"] = adjudicator
    return roles


async def _can(asking: _Asking, party: str) -> list[dict[str, Any]]:
    """Return what a party can do and until when; with what it would do, where that is clear."""
    refusals = await asking.ask("contracts", "funds.release", party, amount="ALL", tranche=_NOWHERE)
    if any(tranche.get("dispute_deadline_at") for tranche in asking.view.tranches.values()):
        claim = {"amount": "0", "asset": asking.view.asset}
        refusals += await asking.ask(
            "disputes", "claim.lower", party, claim=claim, tranche=_NOWHERE
        )
    allowed = {each["command"]: each for told in refusals for each in told["data"]["allowed"]}
    return [each | await _would(asking, party, name) for name, each in allowed.items()]


async def _would(asking: _Asking, party: str, command: str) -> dict[str, Any]:
    if command not in _WHOLE:
        return {}
    said = await asking.ask("contracts", command, party, **_WHOLE[command])
    if said[0]["type"] == REFUSED:
        return {"would": f"{command} of all: refused {said[0]['data']['code']}"}
    whole = " of all" if _WHOLE[command] else ""
    return {"would": f"{command}{whole}: {said[0]['type']} {say(said[0]['type'], said[0]['data'])}"}


def _print(found: dict[str, Any]) -> None:
    console.print(f"{found['contract_id']}  {found['state']}")
    for move in found["next_moves"]:
        console.print(str(NextMove(**move)))
    for event in found["if_nobody_acts"]:
        what = say(event["event"], event["data"])
        console.print(f"If nobody acts, at {event['at']}: {event['event']}  {what}".rstrip())
    table = Table("who", "can", "until", "would")
    for role, ways in found["can"].items():
        for way in ways:
            table.add_row(role, way["command"], way.get("until", ""), way.get("would", ""))
    if table.row_count:
        console.print(table)
