"""What an act must move, computed once more: scope, order of drawing, amount, minimum, budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .said import Message, Violation, demand, minor


@dataclass
class Tranche:
    """One tranche's sums as contracts keeps them: the contested part stands until it has ended."""

    number: int
    amount: int
    period_ms: int
    deadline_at: datetime | None = None
    free: int = 0
    contested: int = 0
    payee: int = 0
    payer: int = 0
    payer_acts: int = 0
    payee_acts: int = 0
    opening: Message | None = None
    """Of its one dispute."""
    first_deadline_at: datetime | None = None
    generation: int = 1

    def at_effect(self) -> "Tranche":
        """Return it as it was when the contract took effect."""
        return Tranche(self.number, self.amount, self.period_ms, self.first_deadline_at,
                       free=self.amount, first_deadline_at=self.first_deadline_at)  # fmt: skip

    def now(self) -> "Tranche":
        """Return a copy that stays as it is now."""
        return replace(self)

    def acts(self, role: str) -> int:
        return self.payer_acts if role == "payer" else self.payee_acts

    def buckets(self) -> tuple[int, int, int, int]:
        return self.free, self.contested, self.payee, self.payer

    def given(self, to: str) -> int:
        """Return what counts towards a total: not what a dispute gave, since it is read late."""
        if self.opening is not None:
            return minor(self.opening.data["after"][to])
        return self.payee if to == "payee" else self.payer

    def take(self, to: str, amount: int) -> None:
        self.free -= amount
        if to == "payee":
            self.payee += amount
        else:
            self.payer += amount


def expect_move(
    tranches: Sequence[Tranche],
    terms: Mapping[str, Any],
    command: Message,
    signer: str,
    moved: Sequence[tuple[int, int]],
) -> None:
    """Demand that ``moved`` is what the law makes of ``command`` (SPEC section 4)."""
    asked, to_payee = command.data, signer == "payer"
    for tranche in tranches:
        assert tranche.deadline_at is not None
        due = tranche.deadline_at <= command.appended_at
        demand(not (due and tranche.free), "an act went before an arrival that was due")
    named = asked.get("tranche")
    scope = [t for t in tranches if named in (None, t.number)]
    scope.sort(key=lambda t: (t.deadline_at, t.number), reverse=not to_payee)
    free = sum(t.free for t in scope)
    expected = asked.get("expected_remaining")
    demand(expected is None or minor(expected["amount"]) == free, "not what it was meant for")
    if asked.get("amount") == "ALL":
        wanted = free
    elif asked.get("amount") is not None:
        wanted = minor(asked["amount"]["amount"])
    else:
        given = sum(t.given("payee" if to_payee else "payer") for t in scope)
        wanted = minor(asked["to_total"]["amount"]) - given
    demand(0 < wanted <= free, f"{wanted} was wanted of {free}, and something moved")
    left, takes, minimum = wanted, [], max(minor(terms["rail"]["minimum"]), 1)
    for tranche in scope:
        take = min(left, tranche.free)
        left -= take
        if not take:
            continue
        takes.append((tranche.number, take))
        rest = tranche.free - take
        demand(rest == 0 or rest >= minimum, "dust was left behind")
        acts = tranche.acts(signer)
        passes = rest == 0 or asked.get("amount") == "ALL"
        demand(passes or acts < terms["budget"]["acts"], "beyond the budget of acts")
    demand(wanted >= minimum, "dust was paid")
    demand(list(moved) == takes, f"{moved} was moved, {takes} is right")
    for number, _ in takes:
        tranches[number - 1].payer_acts += to_payee
        tranches[number - 1].payee_acts += not to_payee


def expect_fitting(
    tranches: Sequence[Tranche],
    terms: Mapping[str, Any],
    commands: Sequence[Message],
    signer: str,
    moved: Sequence[tuple[int, int]],
) -> None:
    """Demand that one of ``commands`` leads to ``moved``: an id may have been used again for
    another body in the same millisecond, after a refusal that used it up for nobody."""
    for command in commands[:-1]:
        try:
            expect_move(tranches, terms, command, signer, moved)
        except Violation:
            continue
        return
    expect_move(tranches, terms, commands[-1], signer, moved)
