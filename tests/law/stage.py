"""One deal played twice: by the rules and by the reference; both must answer the same.

A witness hears all that is said and holds it against I0 to I4. Time stands still unless a step
lets it pass; contracts and disputes each have the append times of their own topic.
"""

from collections import Counter

from . import drawing
from .asking import Act, Asker, Books, Command, Due, Offer, Receipt, Statement
from .deal import HOUR, OTHER, Terms
from .law import Heard, Law
from .money import payable_around
from .moving import drawn_on, wanted
from .system import START, System
from .telling import micros
from .witness import Witness

AHEAD_MAX = 2_000_000
"""An append time further ahead of the service's clock is not judged (SPEC section 5)."""


class Disagreement(AssertionError):
    """The rules say or do something else than the reference."""


def agree(found: object, law: object, about: object) -> None:
    if found != law:
        raise Disagreement(f"{about}\n  rules: {found}\n  law:   {law}")


class Stage:
    """``seen`` collects what happened, in a few words each: that it is reached is proved too."""

    def __init__(self, terms: Terms, refused: int = 0) -> None:
        self.terms = terms
        self.law, self.system, self.witness = Law(), System(), Witness(terms)
        self.at = {"contracts": 0, "disputes": 0}
        self.now, self.count = 0, 0
        self.commands: list[Command] = []
        self.seen: Counter[str] = Counter()
        for party in terms.parties:
            for service in ("contracts", "disputes"):
                getattr(self.law, service).refused[party] = refused
                getattr(self.system, service).refused[party] = refused

    def offered(self, accepted: int = 2, hours: int = 24) -> "Stage":
        acceptances = tuple((party, True, True) for party in self.terms.parties[:accepted])
        self.command(Offer(self.by("shop"), self.terms, hours * HOUR, acceptances))
        return self

    def effective(self) -> "Stage":
        self.offered().receive(Receipt("r0", self.terms.total))
        return self

    def by(self, who: str, fault: str | None = None) -> Asker:
        """Whoever asks next: the party of a role, the ``other`` one, or a name; see ``FAULTS``."""
        self.count += 1
        payer, payee = self.terms.parties
        names = {"payer": payer, "payee": payee}
        if fault == "other" and who in OTHER:
            who = OTHER[who]
        elif fault in {"mallory", "shop"}:
            who = fault
        upstream = "rival" if "rival" in (who, fault) else "shop"
        return Asker(names.get(who, who), f"c{self.count}", "body", upstream)

    def time(self, topic: str, when: tuple[int, int] | None = None, late: int = 0) -> int:
        """Let time pass on ``topic``: to the n-th instant to come, or beside it."""
        t = self.at[topic]
        if when is not None and (to_come := drawing.instants(self.law.deal, t)):
            nth, step = when
            t = max(t, to_come[min(nth, len(to_come) - 1)] + step)
        self.now = max(self.now, t + late, t - AHEAD_MAX)
        self.at[topic] = t
        return t

    def command(
        self, command: Command, when: tuple[int, int] | None = None, late: int = 0
    ) -> Heard:
        topic = "disputes" if isinstance(command, Statement) else "contracts"
        self.witness.sent.add((command.asker.id, self.terms.role(command.asker.party)))
        self.commands.append(command)
        t = self.time(topic, when, late)
        found = self.system.command(command, t, self.now)
        if not self.system.facts:
            self.law.opening_read()
        law = self.law.command(command, t, self.now)
        self.heard(found, law, command, topic)
        self.seen[f"{type(command).__name__}: {law.outcome.split()[0]}"] += 1
        if law.outcome == "DUST_REMAINDER" and isinstance(command, Act):
            self._choices(command)
        return law

    def due(self, due: Due, topic: str, when: tuple[int, int] | None = None) -> Heard:
        t = self.time(topic, when)
        law = self.law.clock(due, t, topic)
        self.heard(self.system.clock(due, t, topic), law, due, topic)
        return law

    def receive(self, receipt: Receipt) -> Heard:
        self.witness.receipts[receipt.name] = receipt.amount
        law = self.law.receipt(receipt, self.now)
        self.heard(self.system.receipt(receipt, self.now), law, receipt, "contracts")
        return law

    def books(self, books: Books) -> None:
        self.heard(self.system.books(books), self.law.books(books), books, "contracts")

    def disputes_read(self) -> None:
        while self.system.facts:
            self.system.read_fact()
        self.law.opening_read()

    def contracts_read(self, at_most: int = 99) -> None:
        for _ in range(min(at_most, len(self.system.reports))):
            number, contested, found = self.system.read_report(self.now)
            law = self.law.reported(number, contested)
            self.heard(found, law, f"tranche {number} has {contested} left", "contracts")

    def heard(self, found: Heard, law: Heard, about: object, topic: str) -> None:
        agree(found, law, about)
        for told in (*found.due, *found.said):
            self.witness.hear(told, of=topic)
            words = told[:3] if told[0] in {"moved", "ended", "deadline"} else told[:1]
            self.seen[" ".join(word for word in words if isinstance(word, str))] += 1
        self.stands()

    def stands(self) -> None:
        """Both services' states are what the reference and the witness say."""
        self.witness.balanced()
        deal, contract, docket = self.law.deal, self.system.contract, self.system.docket
        if deal is None or contract is None:
            return agree(contract is None, deal is None, "known")
        agree(str(contract.status), deal.status, "status")
        agree({str(role) for role in contract.revoked_by}, deal.revoked, "who revoked")
        waiting = [(share.receipt, share.amount) for share in contract.receipts]
        agree(waiting, deal.waiting, "receipts that wait")
        for number, t in enumerate(contract.tranches):
            b, known = t.buckets, deal.tranches[number]
            agree((b.free, b.contested, b.payee, b.payer), known.read_buckets(), f"{number=}")
            agree(self.witness.purses[number].sides(), known.buckets(), f"witness, {number=}")
            if deal.effective_at is not None:
                clock = micros(t.deadline_at, START), t.generation
                agree(clock, (known.deadline, known.generation), f"deadline, {number=}")
        for dispute in docket.disputes if docket else ():
            b, known = dispute.buckets, deal.tranches[dispute.tranche - 1]
            found = b.contested, b.payee, b.payer, dispute.ending
            agree(found, (*known.buckets()[1:], known.dispute.ended), f"{dispute.tranche=}")
            claims = {"payer": dispute.payer_claim, "payee": dispute.payee_claim}
            agree(claims, known.dispute.claims, f"claims of {dispute.tranche=}")
        return None

    def _choices(self, act: Act) -> None:
        """A refusal for dust names the legal amounts next to the one asked."""
        facts, deal = self.system.refusal.facts, self.law.deal
        frees = [t.free for t in drawn_on(deal, act)]
        below, above = payable_around(wanted(deal, act), frees, deal.terms.least)
        found = facts.get("at_most"), facts["at_least"]
        agree(found, (None if below is None else str(below), str(above)), act)
