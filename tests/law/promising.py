"""What a proposal and a ruling say that a dispute will be divided like, held against what follows.

As the witness, it knows who sent which command, and no rule.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from .deal import OTHER

Sent = Set[tuple[str, str | None]]


class Broken(AssertionError):
    """An invariant does not hold."""


def demand(holds: bool, law: str) -> None:
    if not holds:
        raise Broken(law)


@dataclass
class Promises:
    """Of one dispute."""

    made: dict[str, tuple[str, dict[str, int], int, str]] = field(default_factory=dict)
    """By name: who proposed it, the shares, until when, and by which command."""
    owed: dict[str, tuple[int, str]] = field(default_factory=dict)
    """What an acceptance or a ruling gives each side, and by what the other gives it up."""

    def hear(self, told: tuple[Any, ...], contested: int, deadline: int, sent: Sent) -> None:
        match told:
            case "proposed", _, by, name, payee, payer, until, command, t:
                demand((command, by) in sent, "I3: who proposes says so")
                demand(name not in self.made, "a name is one proposal")
                demand(payee + payer == contested > 0, "a proposal divides what is contested")
                demand(min(payee, payer) >= 0, "no share is below zero")
                demand(t < until <= deadline, "a proposal lives within its dispute")
                self.made[name] = by, {"payee": payee, "payer": payer}, until, command
            case "agreed", _, by, name, command, t:
                demand(name in self.made, "what was never made or was withdrawn is not accepted")
                maker, shares, until, proposal = self.made[name]
                demand(by == OTHER[maker] and (command, by) in sent, "I3: the other side accepts")
                demand(t < until, "what expired is not accepted")
                demand(sum(shares.values()) == contested, "a proposal dies with what it divides")
                signed = {by: command, maker: proposal}
                self.owed = {to: (x, signed[OTHER[to]]) for to, x in shares.items() if x}
            case "withdrawn", _, by, name, command, _:
                demand((command, by) in sent, "I3: who withdraws says so")
                maker, *_ = self.made.pop(name)
                demand(maker == by, "its maker withdraws it")
            case "ruled", _, _, _, payee, payer, command, _:
                demand((command, None) in sent, "no party rules")
                demand(payee + payer == contested > 0, "a ruling divides what is contested")
                each = {"payee": payee, "payer": payer}
                self.owed = {to: (x, "dispute.ending") for to, x in each.items() if x}
            case "ended", *_:
                demand(contested == 0 and not self.owed, "what ended is divided")

    def kept(self, to: str, amount: int, authority: str) -> None:
        demand(self.owed.pop(to, None) == (amount, authority), "as it was proposed or ruled")
