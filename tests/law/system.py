"""The rules under test, driven as the services' shells drive them; its answers in plain values.

The only room that knows the domains' own values, so that a change there is mended here alone.
Each topic has its register of ids, each direction between the two services its queue.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from types import SimpleNamespace
from typing import Any

from schemas.refusals import is_stored
from services.chassis.answers import Applied, Asked, Duplicate, FirstAnswer, Refusal
from services.chassis.desk import judging_time
from services.contracts.domain import decide as contracts
from services.contracts.domain import evolve as contracts_evolve
from services.contracts.domain.commands import At, ContestedAttributed
from services.contracts.domain.contract import Buckets, Contract
from services.disputes.domain import commands as facts
from services.disputes.domain import decide as disputes
from services.disputes.domain import evolve as disputes_evolve
from services.disputes.domain.docket import Docket
from services.disputes.domain.events import FundsAttributed as ContestedFunds
from services.disputes.domain.facts import learn

from . import feeding, telling
from .asking import Asker, Books, Command, Due, Offer, Receipt, Statement
from .law import Heard

START = datetime(2026, 1, 5, 4, tzinfo=UTC)


def instant(t: int) -> datetime:
    return START + timedelta(microseconds=t)


def word(outcome: Any) -> str:
    if isinstance(outcome, Duplicate):
        return f"duplicate of {outcome.first.code or outcome.first.outcome}"
    return "applied" if isinstance(outcome, Applied) else str(outcome.code)


@dataclass
class Shell:
    """What a service keeps beside its state: first answers, refusals, the time of its topic."""

    answers: dict[tuple[str, str], FirstAnswer] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    clock: Any = field(default_factory=lambda: SimpleNamespace(last_t=None))

    def asked(self, asker: Asker) -> Asked:
        body = asker.body.encode()
        first = self.answers.get((asker.party, asker.id))
        refused = self.refused.get(asker.party, 0)
        return Asked(asker.upstream, asker.party, asker.id, body, first, refused)

    def time(self, t: int) -> datetime:
        return judging_time(self.clock, SimpleNamespace(appended_at=instant(t)))

    def answered(self, asker: Asker, outcome: Any) -> str:
        """Keep the answer as the desk does, and return it in a word."""
        key, body = (asker.party, asker.id), asker.body.encode()
        if isinstance(outcome, Applied):
            self.answers[key] = FirstAnswer(body, "applied", None, "event")
        elif isinstance(outcome, Refusal) and is_stored(outcome.code):
            self.answers[key] = FirstAnswer(body, "refused", outcome.code, None)
            self.refused[asker.party] = self.refused.get(asker.party, 0) + 1
        return word(outcome)


@dataclass
class System:
    contract: Contract | None = None
    docket: Docket | None = None
    contracts: Shell = field(default_factory=Shell)
    disputes: Shell = field(default_factory=Shell)
    facts: deque[Any] = field(default_factory=deque)
    """What contracts said and disputes has not read."""
    reports: deque[ContestedAttributed] = field(default_factory=deque)
    """What disputes said and contracts has not read."""
    said: int = 0
    refusal: Refusal | None = None
    """The last one, with its facts."""

    def command(self, command: Command, t: int, now: int) -> Heard:
        if isinstance(command, Statement):
            return self._statement(command, t)
        shell = self.contracts
        is_plain = isinstance(command, Offer) and not command.is_command
        at = At(instant(t) if is_plain else shell.time(t), instant(now))
        fed = feeding.command(command, shell.asked(command.asker), instant)
        decision = contracts.decide(self.contract, fed, at)
        due = self._contracts_follow(decision.due)
        said = self._contracts_follow(decision.applied)
        self._note(decision.outcome)
        return Heard(shell.answered(command.asker, decision.outcome), due, said)

    def weigh(self, command: Command, t: int) -> tuple[Any, Any, Any]:
        """What would be answered, and the states before and after, dues apart; changes nothing."""
        if isinstance(command, Statement):
            fed = feeding.statement(command, self.disputes.asked(command.asker), instant)
            decision = disputes.decide(self.docket, fed, instant(t))
            evolve, state = disputes_evolve.evolve, self.docket
        else:
            fed = feeding.command(command, self.contracts.asked(command.asker), instant)
            at = At(instant(t), instant(t))
            decision = contracts.decide(self.contract, fed, at)
            evolve, state = contracts_evolve.evolve, self.contract
        before = reduce(evolve, decision.due, state)
        return decision.outcome, before, reduce(evolve, decision.applied, before)

    def clock(self, due: Due, t: int, of: str) -> Heard:
        if of == "contracts":
            at = At(self.contracts.time(t), instant(t))
            decision = contracts.decide(self.contract, feeding.due(due), at)
            return Heard("applied", self._contracts_follow(decision.due))
        if self.docket is None:
            return Heard("applied")
        at = self.disputes.time(t)
        decision = disputes.decide(self.docket, feeding.dispute_due(due), at)
        return Heard("applied", self._disputes_follow(decision.due))

    def receipt(self, receipt: Receipt, now: int) -> Heard:
        return self._report(feeding.receipt(receipt), now)

    def books(self, books: Books) -> Heard:
        return self._report(feeding.books(books), 0)

    def read_report(self, now: int) -> tuple[int, int, Heard]:
        """Let contracts read the next of disputes: its tranche, what was left, and the answer."""
        report = self.reports.popleft()
        return report.tranche, report.after.contested, self._report(report, now)

    def read_fact(self) -> None:
        """Let disputes read the next event of contracts."""
        fact = self.facts.popleft()
        if isinstance(fact, facts.DisputeOpened):
            outcome = disputes.decide(self.docket, fact, fact.opened_at).outcome
            self._disputes_follow(outcome.events)
        else:
            self.docket = learn(self.docket, fact)

    def _statement(self, command: Statement, t: int) -> Heard:
        shell = self.disputes
        fed = feeding.statement(command, shell.asked(command.asker), instant)
        if disputes.awaits_fact(self.docket, fed):
            while self.facts:  # Facts before refusals (SPEC section 5).
                self.read_fact()
        if self.docket is None:
            outcome = disputes.decide(None, fed, instant(t)).outcome
            return Heard(shell.answered(command.asker, outcome))
        decision = disputes.decide(self.docket, fed, shell.time(t))
        due = self._disputes_follow(decision.due)
        said = self._disputes_follow(decision.applied)
        self._note(decision.outcome)
        return Heard(shell.answered(command.asker, decision.outcome), due, said)

    def _report(self, report: Any, now: int) -> Heard:
        decision = contracts.decide(self.contract, report, At(instant(now), instant(now)))
        due = self._contracts_follow(decision.due)
        return Heard("applied", due, self._contracts_follow(decision.applied))

    def _contracts_follow(self, events: Any) -> tuple[Any, ...]:
        """Let them happen, pass on what disputes needs, and tell them."""
        for event in events:
            self.said += 1
            self.contract = contracts_evolve.evolve(self.contract, event)
            fact = feeding.fact(event, self.contract, self.said)
            if fact is not None:
                self.facts.append(fact)
        return tuple(telling.contracts(event, START) for event in events)

    def _disputes_follow(self, events: Any) -> tuple[Any, ...]:
        self.docket = reduce(disputes_evolve.evolve, events, self.docket)
        for event in events:
            if isinstance(event, ContestedFunds):
                b = event.after
                after = Buckets(0, b.contested, b.payee, b.payer)
                self.reports.append(ContestedAttributed(event.tranche, after))
        told = (telling.disputes(event, START) for event in events)
        return tuple(each for each in told if each is not None)

    def _note(self, outcome: Any) -> None:
        self.refusal = outcome if isinstance(outcome, Refusal) else None
