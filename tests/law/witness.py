"""I0 to I4 of SPEC section 2, held against what was said: sums of its own, no rule of the law.

It knows the signed amounts and who sent which command, and nothing of why a command is refused.
"""

from dataclasses import dataclass, field
from typing import Any

from .deal import OTHER, Terms
from .promising import Promises, demand


@dataclass
class Purse:
    amount: int
    free: int = 0
    contested: int = 0
    payee: int = 0
    payer: int = 0
    deadline: int = 0
    dispute_deadline: int | None = None
    ruling_deadline: int | None = None
    promised: Promises = field(default_factory=Promises)

    def sides(self) -> tuple[int, int, int, int]:
        return self.free, self.contested, self.payee, self.payer


@dataclass
class Witness:
    terms: Terms
    purses: list[Purse] = field(default_factory=list)
    receipts: dict[str, int] = field(default_factory=dict)
    """Every unit that the bank ever reported, by receipt."""
    gone: dict[str, int] = field(default_factory=dict)
    """Of these, what was refused or sent back."""
    waiting: dict[str, int] = field(default_factory=dict)
    entered: int = 0
    sent: set[tuple[str, str | None]] = field(default_factory=set)
    """Command ids, each with the role whose party sent it."""

    def __post_init__(self) -> None:
        self.purses = [Purse(amount) for amount in self.terms.amounts]

    def hear(self, told: tuple[Any, ...], *, of: str) -> None:
        before = [purse.sides() for purse in self.purses]
        match told:
            case "moved", to, cause, signer, authority, parts, t, due:
                self._signed(to, cause, signer, authority)
                for number, amount in parts:
                    purse = self.purses[number - 1]
                    if cause in {"proposal", "ruling"}:
                        purse.promised.kept(to, amount, authority)
                    self._moved(purse, of, to, amount, t, due, (cause, authority))
            case (("proposed" | "agreed" | "withdrawn" | "ruled" | "ended"), number, *_):
                purse = self.purses[number - 1]
                purse.promised.hear(told, purse.contested, purse.dispute_deadline, self.sent)
            case "effective", _, receipts, excess, deadlines:
                self._effective(receipts, excess, deadlines)
            case "opened", number, _, contested, _, _, deadline, ruling, t:
                purse = self.purses[number - 1]
                demand(purse.dispute_deadline is None, "a tranche is disputed once")
                demand(contested == purse.free > 0, "I0: an opening contests what is free")
                demand(t < purse.deadline, "a dispute is opened before the deadline")
                purse.free, purse.contested = 0, contested
                purse.dispute_deadline, purse.ruling_deadline = deadline, ruling
                demand(contested >= self.terms.least, "less than the minimum is contested")
                return self._conserved()  # The one event by which D may rise.
            case "deadline", by, number, earlier, later, t:
                self._shifted(by, self.purses[number - 1], earlier, later, t)
            case "over", number, payee, payer:
                known = self.purses[number - 1].sides()
                demand(known == (0, 0, payee, payer), "contracts reads another end")
            case _:
                self._outside(told)
        for purse, was in zip(self.purses, before, strict=True):
            free, contested, payee, payer = purse.sides()
            demand(contested <= was[1], "I1: D never rises after the opening")
            demand(free <= was[0] or told[0] == "effective", "I2: F never rises")
            demand(payee >= was[2] and payer >= was[3], "what is attributed stays so")
        return self._conserved()

    def balanced(self) -> None:
        """I4: every unit the bank reported is in T, waits, or went where it came from."""
        at_home = sum(self.gone.values()) + sum(self.waiting.values())
        demand(sum(self.receipts.values()) == at_home + self.entered, "I4: a unit is unaccounted")

    def _signed(self, to: str, cause: str, signer: str, authority: str) -> None:
        demand(to in OTHER, "I4: only the two sides are paid")
        demand(signer == OTHER[to], "I3: the loser signs")
        if cause == "arrival":
            demand((to, authority) == ("payee", "arrival"), "I3: arrival is the payer's clause")
        elif cause == "dispute_default":
            demand(authority.startswith("dispute."), "I3: an ending is a clause")
        elif cause == "ruling":
            demand(authority == "dispute.ending", "I3: both signed that somebody rules")
        else:
            demand((authority, signer) in self.sent, "I3: the loser sent that command")

    def _moved(
        self,
        purse: Purse,
        of: str,
        to: str,
        amount: int,
        t: int,
        due: int | None,
        why: tuple[str, str],
    ) -> None:
        source = "free" if of == "contracts" else "contested"
        setattr(purse, source, getattr(purse, source) - amount)
        setattr(purse, to, getattr(purse, to) + amount)
        rest, least = getattr(purse, source), self.terms.least
        demand(amount > 0, "zero is never a movement")
        demand(rest == 0 or rest >= least, "a rest is 0 or at least the minimum")
        cause, authority = why
        end = purse.deadline if of == "contracts" else purse.dispute_deadline
        if cause == "ruling" or authority == "dispute.fallback":
            end = purse.ruling_deadline
        demand(end is not None, "nothing to move yet")
        automatic = cause in {"arrival", "dispute_default"}
        demand((t >= end) == automatic, "acts stand before the deadline, clauses not before it")
        demand(due == (end if automatic else None), "what is due is due at the deadline")

    def _effective(self, receipts: tuple[int, int], excess: Any, deadlines: Any) -> None:
        demand(self.entered == 0, "effective once")
        count, came = receipts
        # Of all that waited and, if one brought it about, of a last that never did.
        newly = count - len(self.waiting), came - sum(self.waiting.values())
        demand(newly == (0, 0) or (newly[0] == 1 and newly[1] > 0), "all that waits is counted")
        over = 0 if excess is None else excess[1]
        demand(came - over == self.terms.total, "exactly T enters")
        if excess is not None:
            demand(excess[0] in self.receipts, "I4: the excess cites a receipt that came")
            self.gone[excess[0]] = excess[1]  # One return, be it of several receipts.
        self.entered, self.waiting = self.terms.total, {}
        for purse, deadline in zip(self.purses, deadlines, strict=True):
            purse.free, purse.deadline = purse.amount, deadline

    def _shifted(self, by: str, purse: Purse, earlier: int, later: int, t: int) -> None:
        demand(purse.deadline == earlier != later, "a deadline moves from where it stood")
        demand(by == ("payee" if later > earlier else "payer"), "I3: the loser moves it")
        demand(t < min(earlier, later), "no deadline is moved into the past")
        demand(purse.free > 0, "money waits for a deadline that moves")
        purse.deadline = later

    def _outside(self, told: tuple[Any, ...]) -> None:
        """Money that waits for effect, and money that never enters T."""
        match told:
            case ("declined", *_, returns) | ("lapsed", returns):
                demand(dict(returns) == self.waiting, "I4: all that waits goes home")
                for receipt, amount in returns:
                    self._away(receipt, amount)
                self.waiting = {}
            case ("foreign", receipt, amount, _) | ("sent back", receipt, amount, _):
                self._away(receipt, amount)
            case "counted", receipt, amount:
                self.waiting[receipt] = amount

    def _away(self, receipt: str, amount: int) -> None:
        demand(receipt not in self.gone, "I4: sent back twice")
        demand(self.receipts.get(receipt) == amount, "I4: what goes back is what came")
        self.gone[receipt] = amount

    def _conserved(self) -> None:
        for purse in self.purses:
            demand(min(purse.sides()) >= 0, "no bucket is below zero")
            total = sum(purse.sides())
            demand(total == (purse.amount if self.entered else 0), "I0: T = F + D + S + R")
