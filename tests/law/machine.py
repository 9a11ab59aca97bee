"""Any sequence of messages: the rules and the reference give the same answers, and I0 to I4 hold.

Contracts and disputes are driven directly, joined by two queues that are read at any later time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from . import drawing
from .asking import (
    Accept,
    Act,
    Agree,
    Books,
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
    Withdraw,
)
from .deal import HOUR, OTHER, Proposal, Tranche
from .dealing import deals
from .disputing import timer
from .drawing import FAULTS, LATE, NAMED, SOMETIMES, STEPS, WHEN, WHEN_DUE
from .stage import Stage

TIMERS = st.sampled_from(["dispute", "dispute", "chain", "offer"])
SIDES = st.sampled_from(["payer", "payee"])
OFFERING = st.sampled_from(["shop", "shop", "shop", "rival", *OTHER])
RULING = st.sampled_from(["adjudicator"] * 6 + ["payer", "payee"])
PROPOSED = "pq"
PROPOSALS = st.sampled_from("pqrsu")
Fault = str | None

alive = precondition(lambda self: not self.is_over or self.stage.count % 4 == 0)
on_offer = precondition(lambda self: self.deal.on_offer or self.stage.count % 8 == 0)
disputed = precondition(lambda self: self.disputes)
contested = precondition(lambda self: self.disputes and (
    any(t.contested for t in self.disputes) or self.stage.count % 4 == 0))  # fmt: skip


class Machine(RuleBasedStateMachine):
    """One deal from its offer on, under messages from anybody, early, late and again."""

    seen: ClassVar[Counter[str]]
    focus: ClassVar[Mapping[str, Sequence[Any]]]

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.teardown()
        dealt = data.draw(deals(self.focus))
        self.stage = Stage(dealt.terms, dealt.refused)
        self.stage.offered(dealt.accepted)
        if dealt.funded:
            self.stage.receive(Receipt("r0", dealt.terms.total))
        if dealt.disputed and self.deal.effective_at is not None:
            claim = drawing.amount(dealt.claim, self.deal, self.deal.tranches[:1], "payer")
            self.stage.command(Open(self.stage.by("payer"), claim, 1))
            self.propose_at_once(dealt.proposed if self.disputes else ())

    def propose_at_once(self, sides: Sequence[str]) -> None:
        tranche = self.deal.tranches[0]
        for name, side in zip(PROPOSED, sides, strict=False):
            half = tranche.contested // 2
            until = HOUR if name == PROPOSED[0] else tranche.dispute.deadline
            shares = half, tranche.contested - half
            self.stage.command(Propose(self.stage.by(side), name, *shares, until, 1))

    @precondition(lambda self: self.is_over)
    @rule(data=st.data())
    def begin_anew(self, data: st.DataObject) -> None:
        self.begin(data)

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
        return sorted(reversed(made), key=lambda each: not each[0].contested)

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            self.seen.update(self.stage.seen)

    # --- on offer -------------------------------------------------------------------------------

    @on_offer
    @rule(when=WHEN, fault=FAULTS, who=OFFERING, as_command=st.booleans())
    def offer_again(self, when: Any, fault: Fault, who: str, as_command: bool) -> None:
        asker = self.stage.by(who, fault)
        offer = Offer(asker, self.stage.terms, self.deal.expires, (), as_command)
        if as_command:
            self.stage.command(offer, when)
        elif self.stage.at["contracts"] < self.deal.expires or not self.deal.on_offer:
            self.stage.command(offer)

    @on_offer
    @rule(when=WHEN, late=LATE, fault=FAULTS, side=SIDES, other=SOMETIMES, silent=SOMETIMES)
    def accept(
        self, when: Any, late: int, fault: Fault, side: str, other: bool, silent: bool
    ) -> None:
        accept = Accept(self.stage.by(side, fault), not other, not silent)
        self.stage.command(accept, when, late)

    @on_offer
    @rule(when=WHEN, late=LATE, fault=FAULTS, side=SIDES, sure=SOMETIMES)
    def decline(self, when: Any, late: int, fault: Fault, side: str, sure: bool) -> None:
        if sure or not self.deal.on_offer:
            self.stage.command(Decline(self.stage.by(side, fault)), when, late)

    @precondition(lambda self: self.deal.on_offer or self.stage.count % 4 == 0)
    @rule(when=WHEN, late=LATE, fault=FAULTS, side=SIDES)
    def revoke(self, when: Any, late: int, fault: Fault, side: str) -> None:
        self.stage.command(Revoke(self.stage.by(side, fault)), when, late)

    @on_offer
    @rule(
        to_the_end=st.sampled_from([None] * 9 + [0, -1, 1]),
        amount=drawing.RECEIPTS,
        account=st.sampled_from(["acc-alice"] * 6 + ["acc-bob", "acc-mallory"]),
        asset=st.sampled_from(["CNY/2"] * 4 + ["USD/2"]),
    )
    def fund(self, to_the_end: int | None, amount: Any, account: str, asset: str) -> None:
        if to_the_end is not None and self.deal.on_offer:
            self.stage.now = max(self.stage.now, self.deal.expires + to_the_end)
        if x := drawing.amount(amount, self.deal, self.deal.tranches, "payee"):
            name = f"r{len(self.stage.witness.receipts)}"
            self.stage.receive(Receipt(name, x, account, asset))

    # --- acts -----------------------------------------------------------------------------------

    @alive
    @rule(when=WHEN, late=LATE, fault=FAULTS, to=SIDES, named=NAMED, amount=drawing.ACT_AMOUNTS,
          expected=drawing.EXPECTED)  # fmt: skip
    def act(
        self, when: Any, late: int, fault: Fault, to: str, named: Any, amount: Any, expected: Any
    ) -> None:
        self.move(when, late, fault, to, named, amount=amount, expected=expected)

    @alive
    @rule(when=WHEN, late=LATE, fault=FAULTS, to=SIDES, named=NAMED, total=drawing.TOTALS)
    def act_up_to(
        self, when: Any, late: int, fault: Fault, to: str, named: Any, total: Any
    ) -> None:
        self.move(when, late, fault, to, named, total=total)

    def move(self, when: Any, late: int, fault: Fault, to: str, named: Any, **stated: Any) -> None:
        self.stage.time("contracts", when, late)
        named = drawing.named(named, self.deal, fault, one=False)
        scope = self.deal.meant(named)
        money = {k: drawing.amount(x, self.deal, scope, to, fault) for k, x in stated.items()}
        self.stage.command(Act(self.stage.by(OTHER[to], fault), to, tranche=named, **money))

    @alive
    @rule(when=WHEN, late=LATE, fault=FAULTS, by=SIDES, named=NAMED, to=drawing.NEW_DEADLINES)
    def shift(self, when: Any, late: int, fault: Fault, by: str, named: Any, to: Any) -> None:
        t = self.stage.time("contracts", when, late)
        named = drawing.named(named, self.deal, fault, one=True)
        scope = self.deal.meant(named) or self.deal.tranches
        instant = drawing.new_deadline(to, self.stage.terms, scope[0], t)
        self.stage.command(Shift(self.stage.by(by, fault), by, instant, named))

    # --- disputes -------------------------------------------------------------------------------

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

    # --- the clock, the ledger, and the same again ----------------------------------------------

    @rule(when=WHEN_DUE, timer=st.sampled_from(["chain", "chain", "offer", "dispute"]),
          tranche=st.sampled_from([1, 1, 2, 3, 4]), generation=st.sampled_from([0, 0, 0, -1, 1]),
          at_disputes=st.booleans())  # fmt: skip
    def due(self, when: Any, timer: str, tranche: int, generation: int, at_disputes: bool) -> None:
        known = {t.number: t.generation for t in self.deal.tranches}
        present = known.get(tranche, 1) if timer == "chain" else 1
        topic = "disputes" if at_disputes else "contracts"
        self.stage.due(Due(timer, tranche, present + generation), topic, when)

    @precondition(lambda self: self.deal.status in {"ATTRIBUTED", "CLOSED"})
    @rule(empty=st.booleans())
    def books(self, empty: bool) -> None:
        self.stage.books(Books(empty))

    @rule(when=WHEN, nth=st.integers(0, 3), body=st.sampled_from(["body", "body", "other"]),
          by_the_other=SOMETIMES)  # fmt: skip
    def again(self, when: Any, nth: int, body: str, by_the_other: bool) -> None:
        """The same id once more: the same command, or one that says something else."""
        commands = self.stage.commands
        command = commands[-1 - nth % len(commands)]
        asker = replace(command.asker, body=body)
        if by_the_other:
            payer, payee = self.stage.terms.parties
            asker = replace(asker, party=payee if asker.party == payer else payer)
        if isinstance(command, Offer) and not command.is_command:
            when = None  # Its topic has a time of its own.
        self.stage.command(replace(command, asker=asker), when)


def play(*, examples: int, steps: int, shrink: bool = True, **focus: Sequence[Any]) -> Counter[str]:
    """Play so many stories of so many steps, the same ones every time; return what happened.

    ``focus`` narrows what the deals are chosen from, by the names of ``dealing.CHOICES``.
    """

    class Played(Machine):
        seen: ClassVar[Counter[str]] = Counter()

    Played.focus = focus
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, derandomize=True, deadline=None,
        database=None, phases=phases, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(seed(20_260_105)(Played), settings=chosen)
    return Played.seen
