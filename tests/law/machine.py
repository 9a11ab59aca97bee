"""Any sequence of messages: the rules and the reference give the same answers, and I0 to I4 hold.

Contracts and disputes are driven directly, joined by two queues that are read at any later time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from . import drawing
from .asking import Accept, Act, Books, Decline, Due, Offer, Open, Propose, Receipt, Revoke, Shift
from .contending import Contending, Fault, alive
from .deal import HOUR, OTHER
from .dealing import deals
from .drawing import FAULTS, LATE, NAMED, SIDES, SOMETIMES, WHEN, WHEN_DUE
from .stage import Stage

OFFERING = st.sampled_from(["shop", "shop", "shop", "rival", *OTHER])
on_offer = precondition(lambda self: self.deal.on_offer or self.stage.count % 8 == 0)


class Machine(Contending):
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
        for hours, side in enumerate(sides, start=1):
            half = tranche.contested // 2
            shares = half, tranche.contested - half
            name, until = "pq"[hours - 1], hours * HOUR
            self.stage.command(Propose(self.stage.by(side), name, *shares, until, 1))

    @precondition(lambda self: self.is_over)
    @rule(data=st.data())
    def begin_anew(self, data: st.DataObject) -> None:
        self.begin(data)

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


def play(
    number: int = 0, *, examples: int, steps: int, shrink: bool = True, **focus: Sequence[Any]
) -> Counter[str]:
    """Play so many stories of so many steps, others by each ``number``; return what happened.

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
    run_state_machine_as_test(seed(20_260_105 + number)(Played), settings=chosen)
    return Played.seen
