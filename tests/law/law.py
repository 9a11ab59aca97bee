"""The reference: what the law answers to each message, and what comes of it.

It imports nothing of the services. A rule of the law stands in one function of the rooms beside
this one; a new command is added to ``_against`` and ``_apply`` here, a new statement in a dispute
to ``STATEMENTS``, and each to ``asking.py``.
"""

from dataclasses import dataclass, field

from . import disputing, moving, offering, proposing, ruling, shifting
from .asking import (
    Accept,
    Act,
    Agree,
    Books,
    Command,
    Decline,
    Due,
    Lower,
    Offer,
    Open,
    Propose,
    Receipt,
    Revoke,
    Rule,
    Shift,
    Statement,
    Withdraw,
    uninvited,
)
from .deal import Deal
from .money import before_effect, uninformed
from .offering import Said
from .order import first, up_to

REFUSALS_MAX = 1_000
STATEMENTS = {
    Lower: (disputing.against_statement, disputing.state),
    Propose: (proposing.against_making, proposing.make),
    Agree: (proposing.against_agreement, proposing.agree),
    Withdraw: (proposing.against_withdrawal, proposing.withdraw),
    Rule: (ruling.against_ruling, ruling.rule),
}
"""What speaks against each, and what comes of it."""


@dataclass(frozen=True)
class Heard:
    """The answer, and what was said: by the clock alone, then by the message itself.

    ``outcome``: applied, a code, or the first answer of a duplicate with its outcome.
    """

    outcome: str
    due: tuple[Said, ...] = ()
    said: tuple[Said, ...] = ()


@dataclass
class Register:
    """The ids of one service's topic, and how often it refused whom."""

    answers: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """(party, id) -> body and first answer."""
    refused: dict[str, int] = field(default_factory=dict)


@dataclass
class Law:
    deal: Deal | None = None
    contracts: Register = field(default_factory=Register)
    disputes: Register = field(default_factory=Register)

    def command(self, command: Command, t: int, now: int) -> Heard:
        """Judge what a party asks at append time ``t``, read at ``now``."""
        due = self.due(command, t)
        register = self.register(command)
        outcome = self._outcome(command, register, t)
        said = self._apply(command, t, now) if outcome == "applied" else []
        self._keep(command, register, outcome)
        return Heard(outcome, tuple(due), tuple(said))

    def due(self, command: Command, t: int) -> list[Said]:
        """What a command's append time executes before the command is looked at."""
        deal = self.deal
        if deal is None or (isinstance(command, Offer) and not command.is_command):
            return []
        if isinstance(command, Statement):
            return disputing.end(deal, t)
        return offering.lapse(deal, t) or moving.arrive(deal, t)

    def clock(self, due: Due, t: int, of: str) -> Heard:
        """Take a due message on the topic of contracts or of disputes (SPEC sections 5 and 10)."""
        deal, said = self.deal, list[Said]()
        named = [x for x in deal.tranches if x.number == due.tranche] if deal else []
        disputed = [x for x in named if x.dispute and x.dispute.known]
        present = (due.tranche, due.generation) == (1, 1)
        match of, due.timer:
            case "contracts", "offer" if deal and present:
                said = offering.lapse(deal, t)
            case "contracts", "chain" if deal and deal.effective_at is not None:
                if any(x.generation == due.generation and t >= x.deadline for x in named):
                    said = moving.arrive(deal, t)
            case "disputes", "dispute":
                timers = [disputing.timer(deal.terms, x.dispute) for x in disputed]
                if any(due.generation == nth and t >= instant for nth, instant in timers):
                    said = disputing.end(deal, t)
        return Heard("applied", tuple(said))

    def receipt(self, receipt: Receipt, now: int) -> Heard:
        lapsed = offering.lapse(self.deal, now)
        return Heard("applied", tuple(lapsed), tuple(offering.receive(self.deal, receipt, now)))

    def books(self, books: Books) -> Heard:
        """The ledger says that nothing is due any more, or again something is."""
        changed = self.deal.status == ("ATTRIBUTED" if books.empty else "CLOSED")
        self.deal.empty = books.empty
        return Heard("applied", (), (("closed" if books.empty else "reopened",),) * changed)

    def opening_read(self) -> None:
        """Disputes has read all that contracts said."""
        for tranche in self.deal.tranches if self.deal else ():
            if tranche.dispute:
                tranche.dispute.known = True

    def reported(self, number: int, contested: int) -> Heard:
        """Contracts reads an attribution of disputes, after which ``contested`` was left."""
        tranche = self.deal.tranches[number - 1]
        if contested:
            return Heard("applied")
        tranche.dispute.read = True
        return Heard("applied", (), (("over", number, tranche.payee, tranche.payer),))

    def reasons(self, command: Command, t: int) -> set[str]:
        """Every reason against ``command``, as far as it can hold with what is known."""
        reasons = uninvited(self.deal, command)
        if isinstance(command, Offer) or not reasons & {"UNKNOWN_CONTRACT", "MALFORMED"}:
            reasons |= self._against(command, t)
        else:
            reasons |= uninformed(command, t)
            reasons |= before_effect(self.deal, t) if self.deal else set()
        register = self.register(command)
        known = register.answers.get((command.asker.party, command.asker.id))
        if known and known[0] != command.asker.body:
            reasons.add("IDEMPOTENCY_CONFLICT")
        if not known or known[0] != command.asker.body:
            reasons |= proposing.of_the_other_side(self.deal, command)
        refused = register.refused.get(command.asker.party, 0) >= REFUSALS_MAX
        if refused and any(not up_to(r, "ACT_BUDGET_SPENT") for r in reasons):
            reasons.add("ACT_BUDGET_SPENT")
        return reasons

    def register(self, command: Command) -> Register:
        """That of the topic on which it travels."""
        return self.disputes if isinstance(command, Statement) else self.contracts

    def _outcome(self, command: Command, register: Register, t: int) -> str:
        reasons = self.reasons(command, t)
        known = register.answers.get((command.asker.party, command.asker.id))
        is_invited = not any(up_to(reason, "SIGNATURE_INVALID") for reason in reasons)
        if known and known[0] == command.asker.body and is_invited:
            return f"duplicate of {known[1]}"
        return first(reasons) if reasons else "applied"

    def _keep(self, command: Command, register: Register, outcome: str) -> None:
        """Refusals up to ``SIGNATURE_INVALID``, repeats and spent budgets use up no id."""
        if outcome.startswith("duplicate"):
            return
        if outcome != "applied":
            if up_to(outcome, "ACT_BUDGET_SPENT"):
                return
            party = command.asker.party
            register.refused[party] = register.refused.get(party, 0) + 1
        key = command.asker.party, command.asker.id
        register.answers[key] = command.asker.body, outcome

    def _against(self, command: Command, t: int) -> set[str]:
        deal = self.deal
        if isinstance(command, Offer):
            return offering.against_offer(deal, command, t)
        if isinstance(command, Statement):
            is_weighed = isinstance(command, Rule) or deal.terms.role(command.asker.party)
            against, _ = STATEMENTS[type(command)]
            return against(deal, command, t) if is_weighed else set()
        match command:
            case Accept():
                return offering.against_acceptance(deal, command)
            case Decline():
                return offering.against_decline(deal)
            case Revoke():
                return offering.against_revocation(deal, command)
            case Act():
                return moving.against_act(deal, command, t)
            case Shift():
                return shifting.against_shift(deal, command, t)
            case Open():
                return disputing.against_opening(deal, command, t)

    def _apply(self, command: Command, t: int, now: int) -> list[Said]:
        deal = self.deal
        if isinstance(command, Statement):
            _, apply = STATEMENTS[type(command)]
            return apply(deal, command, t)
        match command:
            case Offer():
                self.deal, said = offering.offered(command)
                return said
            case Accept():
                return offering.accept(deal, command, now)
            case Decline():
                return offering.decline(deal, command)
            case Revoke():
                return offering.revoke(deal, command)
            case Act():
                return moving.act(deal, command, t)
            case Shift():
                return shifting.shift(deal, command, t)
            case Open():
                return disputing.open_dispute(deal, command, t, now)
