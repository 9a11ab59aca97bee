"""``crps dispute show``: the disputes of one contract, who may say what, and how each will end."""

import json
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from crps.addressing import Postgres, database
from crps.ending import end, run_or_end
from crps.sentences import amount_in_words, say
from crps.show import read_events

dispute = typer.Typer(no_args_is_help=True, help="Look at the disputes of one contract.")
console = Console()

_CLAUSES = {
    "to_payee": "goes to the payee",
    "to_payer": "goes to the payer",
    "ratio": "is divided by the signed ratio",
}


@dataclass(slots=True)
class DisputeView:
    """One dispute; amounts are minor units as strings, instants ISO 8601."""

    tranche: int
    asset: str
    reason: str
    evidence: list[str]
    """Digests: what they are of is not here."""
    opened_at: str
    deadline_at: str
    ruling_deadline_at: str | None
    adjudicator: str | None
    clause: dict[str, Any]
    contested: str
    payee: str
    payer: str
    payer_claim: str
    payee_claim: str | None = None
    payee_proposed: bool = False
    proposals: dict[str, dict[str, str]] = field(default_factory=dict)
    """By name: by, to_payee, to_payer, expires_at, and the state (open, accepted, withdrawn or
    void)."""
    ending: str | None = None
    timeline: list[dict[str, str]] = field(default_factory=list)

    @property
    def outlook(self) -> str:
        """What happens if nobody acts, and until when who may."""
        if self.ending is not None:
            return f"ended: {self.ending}"
        told = f"Until {self.deadline_at} either side may lower its claim, propose or accept."
        clause, until = self.clause, self.deadline_at
        if self.clause["silence_rule"] and self.payee_claim is None and not self.payee_proposed:
            return f"{told} If the payee stays silent, it loses what is contested then."
        if self.ruling_deadline_at is not None:
            who = self.adjudicator or "Nobody"
            told += f" {who} may rule until {self.ruling_deadline_at}."
            until = self.ruling_deadline_at
        division = _CLAUSES[clause.get("fallback", clause["ending"])]
        return f"{told} What is still contested at {until} {division}."


@dispute.command()
def show(
    contract_id: Annotated[UUID, typer.Argument(metavar="ID", help="Contract id.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    postgres: Postgres = None,
) -> None:
    """Show claims, proposals, evidence digests and the outlook of a contract's disputes."""
    views = follow_all(run_or_end(read_events(database(postgres), contract_id)))
    if not views:
        end(f"NOT_IN_DISPUTE: nothing of {contract_id} was ever disputed")
    if as_json:
        told = [asdict(view) | {"outlook": view.outlook} for view in views.values()]
        typer.echo(json.dumps(told, indent=2))
        return
    for view in views.values():
        _print(view)


def follow_all(events: list[tuple[str, dict[str, Any]]]) -> dict[int, DisputeView]:
    """Return the disputes that these events tell of, by tranche."""
    views: dict[int, DisputeView] = {}
    for service, event in events:
        wire_type, data = event["type"], event["data"]
        if wire_type == "crps.dispute.opened.v1":
            views[data["tranche"]] = _opened(data)
        numbers = [part["tranche"] for part in data.get("parts", ())] or [data.get("tranche")]
        for number in numbers:
            if service != "ledger" and number in views:
                _follow(views[number], wire_type, data)
                words = {"at": event["time"], "event": wire_type, "what": say(wire_type, data)}
                views[number].timeline.append(words)
    return views


def _opened(data: dict[str, Any]) -> DisputeView:
    after = data["after"]
    return DisputeView(
        tranche=data["tranche"],
        asset=data["asset"],
        reason=data["reason"],
        evidence=data["evidence"],
        opened_at=data["opened_at"],
        deadline_at=data["deadline_at"],
        ruling_deadline_at=data.get("ruling_deadline_at"),
        adjudicator=data.get("adjudicator"),
        clause=data["clause"],
        contested=after["contested"],
        payee=after["payee"],
        payer=after["payer"],
        payer_claim=data["claim"],
    )


def _follow(view: DisputeView, wire_type: str, data: dict[str, Any]) -> None:
    match wire_type:
        case "crps.funds.attributed.v1":
            (after,) = [part["after"] for part in data["parts"] if part["tranche"] == view.tranche]
            view.contested, view.payee, view.payer = (
                after[name] for name in ("contested", "payee", "payer")
            )
        case "crps.claim.stated.v1":
            view.payer_claim, view.payee_claim = data["payer_claim"], data.get("payee_claim")
        case "crps.proposal.made.v1":
            told = ("by", "to_payee", "to_payer", "expires_at")
            view.proposals[data["proposal"]] = {n: data[n] for n in told} | {"state": "open"}
            view.payee_proposed = view.payee_proposed or data["by"] == "payee"
        case "crps.proposal.accepted.v1":
            view.proposals[data["proposal"]]["state"] = "accepted"
        case "crps.proposal.withdrawn.v1":
            view.proposals[data["proposal"]]["state"] = "withdrawn"
        case "crps.proposal.voided.v1":
            for name in data["proposals"]:
                view.proposals[name]["state"] = "void"
        case "crps.dispute.ended.v1":
            view.ending = data["ending"]


def _print(view: DisputeView) -> None:
    def words(minor: str) -> str:
        return amount_in_words(minor, view.asset)

    console.print(
        f"[bold]tranche {view.tranche}[/bold]  {view.reason}, opened {view.opened_at}",
        highlight=False,
    )
    claims = f"the payer claims {words(view.payer_claim)}"
    if view.payee_claim is not None:
        claims += f", the payee {words(view.payee_claim)}"
    console.print(
        f"{words(view.contested)} contested; {words(view.payee)} is the payee's,"
        f" {words(view.payer)} the payer's; {claims}",
        highlight=False,
    )
    console.print(view.outlook, highlight=False)
    for digest in view.evidence:
        console.print(f"evidence {digest}", highlight=False)
    if view.proposals:
        made = Table("proposal", "by", "to the payee", "to the payer", "until", "")
        for name, each in view.proposals.items():
            shares = words(each["to_payee"]), words(each["to_payer"])
            made.add_row(name, each["by"], *shares, each["expires_at"], each["state"])
        console.print(made)
    story = Table("at", "event", "what")
    for entry in view.timeline:
        story.add_row(entry["at"], entry["event"], entry["what"])
    console.print(story)
