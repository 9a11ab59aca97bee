"""Who holds the next move in a contract, until when, and what happens if nobody makes it.

All of it is told by the contract's own events, so that whoever reads them knows the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from crps.show import View

Mover = Literal["payer", "payee", "adjudicator", "bank"]

_BOTH: Final[tuple[Mover, Mover]] = ("payer", "payee")
_LAPSES: Final = "the offer lapses"
_SIGNED: Final = "what is contested goes as both signed it"


@dataclass(frozen=True, slots=True)
class NextMove:
    """Those who may move until an instant, at which ``then`` happens."""

    who: tuple[Mover, ...]
    until: str
    then: str
    tranche: int | None = None
    """None where it is about the whole contract."""

    def __str__(self) -> str:
        of = "" if self.tranche is None else f" in tranche {self.tranche}"
        movers = " or ".join(f"the {each}" for each in self.who) or "nobody"
        return f"Next{of}: {movers}. If nobody acts: {self.then} at {self.until}"


def next_moves(view: "View", now: datetime) -> list[NextMove]:
    """Return who can move, in the order of the tranches; nobody where all is done."""
    return [*_parties(view, now), *_bank(view)]


def _parties(view: "View", now: datetime) -> Iterator[NextMove]:
    match view.state:
        case "OFFERED":
            missing = tuple(role for role in _BOTH if role not in view.accepted_by)
            yield NextMove(missing, view.offer_expires_at, _LAPSES)
        case "ACCEPTED":
            yield NextMove(("payer",), view.offer_expires_at, _LAPSES)
        case "EFFECTIVE":
            for number, tranche in view.tranches.items():
                yield from _in_tranche(number, tranche, now)


def _in_tranche(number: int, tranche: dict[str, Any], now: datetime) -> Iterator[NextMove]:
    if tranche["free"] != "0":
        yield NextMove(_BOTH, tranche["deadline_at"], "what is free arrives", number)
    if tranche["contested"] == "0":
        return
    until, bound = tranche["dispute_deadline_at"], tranche["ruling_deadline_at"]
    if tranche["silence_rule"] and not tranche["payee_spoke"]:
        # The payer may lower its claim too, but it is the payee's silence that decides.
        yield NextMove(("payee",), until, "the payee loses what is contested", number)
    elif bound is None:
        yield NextMove(_BOTH, until, _SIGNED, number)
    elif now < datetime.fromisoformat(until):
        yield NextMove(_BOTH, until, "claims and proposals end", number)
    if bound is not None:
        rules: tuple[Mover, ...] = ("adjudicator",) if tranche["adjudicator"] else ()
        yield NextMove(rules, bound, _SIGNED, number)


def _bank(view: "View") -> Iterator[NextMove]:
    due = [each["latest_execution_by"] for each in view.instructions if each["status"] != "arrived"]
    if due:
        yield NextMove(("bank",), max(due), "what it owes is overdue")
