"""The part of the machine that plays disputes: openings, statements, rulings, and their clock."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from . import drawing
from .asking import Agree, Due, Lower, Open, Propose, Rule, Withdraw
from .deal import OTHER, Proposal, Tranche
from .disputing import timer
from .drawing import FAULTS, LATE, NAMED, SIDES, SOMETIMES, STEPS, WHEN
from .stage import Stage

TIMERS = st.sampled_from(["dispute", "dispute", "chain", "offer"])
RULING = st.sampled_from(["adjudicator"] * 6 + ["payer", "payee"])
PROPOSALS = st.sampled_from("pqrsu")
Fault = str | None

alive = precondition(lambda self: not self.is_over or self.stage.count % 4 == 0)
disputed = precondition(lambda self: self.disputes)
contested = precondition(lambda self: self.disputes and (
    any(t.contested for t in self.disputes) or self.stage.count % 4 == 0))  # fmt: skip


class Contending(RuleBasedStateMachine):
    """The disputes of one deal."""

    stage: Stage

    @property
    def deal(self) -> Any:
        return self.stage.law.deal

    @property
    def is_over(self) -> bool:
        if self.deal.effective_at is None:
            return bool(self.deal.ended)
        return not any(t.free or t.contested for t in self.deal.tranches)

    @property
    def disputes(self) -> list[Tranche]:
        return [tranche for tranche in self.deal.tranches if tranche.dispute]

    @property
    def proposed(self) -> list[tuple[Tranche, str, Proposal]]:
        """The latest first, of what is still contested before what is not."""
        made = [(t, name, x) for t in self.disputes for name, x in t.dispute.proposals.items()]
        made.reverse()
        return sorted(made, key=lambda each: not each[0].contested)

    @alive
    @rule(when=WHEN, late=LATE, fault=FAULTS, named=NAMED, claim=drawing.CLAIMS)
    def open(self, when: Any, late: int, fault: Fault, named: Any, claim: Any) -> None:
        self.stage.time("contracts", when, late)
        named = drawing.named(named, self.deal, fault, one=True)
        claimed = drawing.amount(claim, self.deal, self.deal.meant(named), "payer", fault)
        self.stage.command(Open(self.stage.by("payer", fault), claimed, named))

    @precondition(lambda self: self.disputes or self.stage.count % 8 == 0)
    @rule(when=WHEN, fault=FAULTS, side=SIDES, named=NAMED, claim=drawing.CLAIMS)
    def lower(self, when: Any, fault: Fault, side: str, named: Any, claim: Any) -> None:
        self.stage.time("disputes", when)
        named = drawing.named(named, self.deal, fault, one=True)
        claimed = drawing.amount(claim, self.deal, self.deal.meant(named), side, fault)
        self.stage.command(Lower(self.stage.by(side, fault), claimed, named))

    @disputed
    @rule(when=WHEN, side=SIDES, nth=st.integers(0, 2), claim=drawing.CLAIMS)
    def lower_where_it_is_disputed(self, when: Any, side: str, nth: int, claim: Any) -> None:
        self.stage.time("disputes", when)
        tranche = self.disputes[nth % len(self.disputes)]
        claimed = drawing.amount(claim, self.deal, [tranche], side)
        self.stage.command(Lower(self.stage.by(side), claimed, tranche.number))

    @contested
    @rule(when=WHEN, fault=FAULTS, side=SIDES, nth=st.integers(0, 2), name=PROPOSALS,
          share=drawing.SHARES, missed=drawing.MISSED, until=drawing.EXPIRIES)  # fmt: skip
    def propose(
        self, when: Any, fault: Fault, side: str, nth: int, name: str, share: Any, missed: int,
        until: Any,
    ) -> None:  # fmt: skip
        t, tranche = self.stage.time("disputes", when), self.disputes[nth % len(self.disputes)]
        to_payee = drawing.amount(share, self.deal, [tranche], side, fault)
        known = to_payee if isinstance(to_payee, int) else 0
        to_payer = max(tranche.contested - known + missed, 0)
        number = drawing.named((tranche.number - 1, "number"), self.deal, fault, one=True)
        expires = drawing.expiry(until, tranche, t)
        asker = self.stage.by(side, fault)
        self.stage.command(Propose(asker, name, to_payee, to_payer, expires, number))

    @precondition(lambda self: self.proposed or (self.disputes and self.stage.count % 8 == 0))
    @rule(at_its_end=drawing.AT_ITS_END, fault=FAULTS, nth=st.integers(0, 2), name=PROPOSALS,
          unknown=SOMETIMES, answer=st.sampled_from([Agree, Agree, Withdraw]))  # fmt: skip
    def answer(
        self, at_its_end: int | None, fault: Fault, nth: int, name: str, unknown: bool, answer: Any
    ) -> None:
        """Accept what the other side proposed, or take one's own back; or try it of any name."""
        tranche, by, at = self.disputes[nth % len(self.disputes)], "payer", self.stage.at
        if self.proposed and not unknown:
            tranche, name, made = self.proposed[nth % len(self.proposed)]
            by = OTHER[made.by] if answer is Agree else made.by
            if at_its_end is not None:
                at["disputes"] = max(at["disputes"], made.expires + at_its_end)
        number = drawing.named((tranche.number - 1, "number"), self.deal, fault, one=True)
        self.stage.command(answer(self.stage.by(by, fault), name, number))

    @precondition(lambda self: self.disputes and (
        self.stage.terms.ruling is not None or self.stage.count % 8 == 0))  # fmt: skip
    @rule(when=WHEN, fault=FAULTS, nth=st.integers(0, 2), total=drawing.RULED,
          signature=drawing.SIGNATURES, by=RULING)  # fmt: skip
    def rule_on_it(
        self, when: Any, fault: Fault, nth: int, total: Any, signature: str | None, by: str
    ) -> None:
        self.stage.time("disputes", when)
        tranche = self.disputes[nth % len(self.disputes)]
        stated = drawing.amount(total, self.deal, [tranche], "payee", fault)
        number = drawing.named((tranche.number - 1, "number"), self.deal, fault, one=True)
        self.stage.command(Rule(self.stage.by(by, fault), stated, number, signature))

    @disputed
    @rule(nth=st.integers(0, 2), step=STEPS, in_silence=st.booleans(), kind=TIMERS,
          by_ruling=st.booleans(), generation=st.sampled_from([0, 0, 0, 0, -1, 1]))  # fmt: skip
    def end(
        self, nth: int, step: int, in_silence: bool, kind: str, by_ruling: bool, generation: int
    ) -> None:
        """Let a dispute come to a bound, be it announced or found out by a statement."""
        tranche = self.disputes[nth % len(self.disputes)]
        at, dispute = self.stage.at, tranche.dispute
        bound = (dispute.ruling_deadline if by_ruling else None) or dispute.deadline
        at["disputes"] = max(at["disputes"], bound + step)
        if in_silence:
            present, _ = timer(self.stage.terms, dispute)
            self.stage.due(Due(kind, tranche.number, present + generation), "disputes")
        else:
            self.stage.command(Lower(self.stage.by("payer"), 0, tranche.number))

    @precondition(lambda self: self.stage.system.facts)
    @rule()
    def disputes_read(self) -> None:
        self.stage.disputes_read()

    @precondition(lambda self: self.stage.system.reports)
    @rule(at_most=st.integers(1, 3))
    def contracts_read(self, at_most: int) -> None:
        self.stage.contracts_read(at_most)
