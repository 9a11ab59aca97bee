"""Any sequence of messages keeps I0 to I4, against a ledger of its own that never looks inside."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.chassis.answers import Applied, Refusal
from services.contracts.domain.commands import RevokeConsent
from services.contracts.domain.contract import Buckets, Caps, Party, Role, waiting_timers
from services.contracts.domain.events import (
    BecameEffective,
    ConsentRevoked,
    DeadlineMoved,
    DisputeOpened,
    FundsAttributed,
    OfferDeclined,
    OfferLapsed,
    ReceiptRefused,
    ReceiptReturned,
    TrancheAttributed,
)

PAYER, PAYEE = Party("alice", "acc-alice"), Party("bob", "acc-bob")
PARTIES = st.sampled_from(["alice", "bob", "alice", "bob", "mallory"])
HOUR_MS = 3_600_000
MS = timedelta(milliseconds=1)
MOSTLY = st.sampled_from([True, True, True, True, True, False])
SIGNERS = st.sampled_from(["loser"] * 6 + ["winner", "mallory"])
PAUSES = st.sampled_from([0, 0, 0, 1, 20, 60])  # minutes
AMOUNTS = st.one_of(st.integers(0, 12), st.integers(0, 12), st.integers(0, 120), st.just("ALL"))
SCOPE = st.sampled_from([None, None, 1, 1, 2, "t2", 3])


@dataclass
class Purse:
    """The model: where every unit that the payer's bank ever confirmed must be by now."""

    received: int = 0
    foreign: int = 0
    sent_back: int = 0
    total: int = 0
    payee: int = 0
    payer: int = 0
    contested: int = 0

    def enter(self, event: Any) -> None:
        match event:
            case OfferDeclined(returns=returns) | OfferLapsed(returns=returns):
                self.sent_back += sum(share.amount for share in returns)
            case ReceiptReturned(share):
                self.sent_back += share.amount
            case BecameEffective():
                self.total = event.received
                if event.excess:
                    self.total -= event.excess.amount
                    self.sent_back += event.excess.amount
            case ReceiptRefused(share):
                self.foreign += share.amount
            case FundsAttributed(to=Role.PAYEE):
                self.payee += event.amount
            case FundsAttributed():
                self.payer += event.amount
            case DisputeOpened():
                self.contested += event.after.contested
            case DeadlineMoved():
                pass  # It moves no money.
            case TrancheAttributed():
                # The machine plays disputes and books what it gave by its own hand.
                pass


class Machine(RuleBasedStateMachine):
    """One contract under any messages, from anybody, at any pace."""

    story: Any

    @initialize(
        tranches=st.lists(
            st.tuples(st.integers(5, 100), st.integers(1, 6)), min_size=1, max_size=3
        ),
        minimum=st.sampled_from([0, 1, 5]),
        budget=st.sampled_from([1, 2, 100]),
        max_parts=st.sampled_from([None, 3, 5]),
        caps=st.builds(
            Caps, st.sampled_from([None, HOUR_MS, 6 * HOUR_MS]), st.sampled_from([None, 0, HOUR_MS])
        ),
        accepted=st.sampled_from([(PAYER, PAYEE), (PAYER, PAYEE), (PAYER, PAYEE), (PAYER,), ()]),
        fund=MOSTLY,
    )
    def begin(self, tranches, minimum, budget, max_parts, caps, accepted, fund):
        self.tale = self.story(
            *tranches,
            rail_minimum=minimum,
            acts_budget=budget,
            rail_max_parts=max_parts,
            caps=caps,
        )
        self.asked_total = sum(amount for amount, _ in tranches)
        self.purse, self.seen, self.highest = Purse(), 0, (0, 0)
        self.abroad = {}
        self.free = self.asked_total
        self.tale.offer(*accepted)
        if fund:
            self.purse.received += self.asked_total
            self.tale.fund(self.asked_total)

    @rule(hours=st.sampled_from([1, 2, 24]))
    def wait(self, hours):
        self.tale.at += timedelta(hours=hours)

    @precondition(lambda self: self.tale.status in {"OFFERED", "ACCEPTED"})
    @rule(party=PARTIES, consents=MOSTLY, stays=MOSTLY)
    def accept(self, party, consents, stays):
        if stays:
            self.tale.accept(party, consents=consents)
        else:
            self.tale.decline(party)

    @rule(by=PARTIES)
    def revoke(self, by):
        before = self.tale.contract.revoked_by
        outcome = self.tale.hear(RevokeConsent(self.tale.ask(by))).outcome
        after = self.tale.contract
        if isinstance(outcome, Applied):
            role = after.role_of(by)
            assert outcome.events == (ConsentRevoked(role),)  # It moves nothing.
            assert after.revoked_by == before | {role} != before
        else:
            assert after.revoked_by == before
            assert outcome.code in {"NOT_A_PARTY", "NO_CHANGE", after.status}

    @rule(
        amount=st.one_of(st.none(), st.integers(1, 320)),
        account=st.sampled_from(["acc-alice", "acc-alice", "acc-alice", "acc-bob", "acc-mallory"]),
    )
    def fund(self, amount, account):
        amount = amount or self.asked_total
        self.purse.received += amount
        self.tale.fund(amount, account=account)

    @rule(pause=PAUSES, by=SIGNERS, amount=AMOUNTS, tranche=SCOPE, is_total=st.booleans())
    def release(self, pause, by, amount, tranche, is_total):
        self.act(Role.PAYEE, pause, by, amount, tranche, is_total)

    @rule(pause=PAUSES, by=SIGNERS, amount=AMOUNTS, tranche=SCOPE, is_total=st.booleans())
    def give_back(self, pause, by, amount, tranche, is_total):
        self.act(Role.PAYER, pause, by, amount, tranche, is_total)

    def act(self, to, pause, by, amount, tranche, is_total):
        self.tale.at += timedelta(minutes=pause)
        loser, winner = ("alice", "bob") if to is Role.PAYEE else ("bob", "alice")
        by = {"loser": loser, "winner": winner}.get(by, by)
        act = self.tale.release if to is Role.PAYEE else self.tale.give_back
        if is_total and amount != "ALL":
            decision = act(None, to_total=amount, tranche=tranche, by=by)
        else:
            decision = act(amount, tranche=tranche, by=by)
        if isinstance(decision.outcome, Applied):
            assert by == loser  # I3: nobody is enriched by an own command.
            (event,) = decision.outcome.events
            if not is_total and amount != "ALL":
                assert event.amount == amount  # Never clamped.
        else:
            assert isinstance(decision.outcome, Refusal)

    @rule(
        pause=PAUSES,
        by=st.sampled_from(["alice", "alice", "bob", "bob", "mallory"]),
        extends=st.booleans(),
        minutes=st.integers(-30, 400),
        tranche=SCOPE,
    )
    def move_deadline(self, pause, by, extends, minutes, tranche):
        self.tale.at += timedelta(minutes=pause)
        known = {t.number: t for t in self.tale.contract.tranches}
        act = self.tale.extend if extends else self.tale.advance
        outcome = act(self.tale.at + timedelta(minutes=minutes), by=by, tranche=tranche).outcome
        if isinstance(outcome, Applied):
            (event,) = outcome.events
            assert (event.after > event.before) == (by == "bob")
            assert (event.after < event.before) == (by == "alice")  # I3
            assert self.tale.at < min(event.before, event.after)
            before, after = known[event.tranche], self.tale.contract.tranches[event.tranche - 1]
            assert after.generation == before.generation + 1
            first, caps = before.period.duration_ms * MS, self.tale.contract.clauses.caps
            reach = event.after - self.tale.contract.effective_at - first
            assert reach <= (caps.extend_ms or 0) * MS
            assert caps.advance_ms is None or -reach <= caps.advance_ms * MS
            assert self.tale.due(event.tranche, before.generation).due == ()

    @rule(
        pause=PAUSES,
        by=st.sampled_from(["alice", "alice", "alice", "bob", "mallory"]),
        claim=st.integers(0, 110),
        tranche=SCOPE,
    )
    def dispute(self, pause, by, claim, tranche):
        self.tale.at += timedelta(minutes=pause)
        outcome = self.tale.dispute(claim, by=by, tranche=tranche).outcome
        if isinstance(outcome, Applied):
            assert by == "alice"
            *admission, opened = outcome.events
            tranche = self.tale.contract.tranches[opened.tranche - 1]
            assert self.tale.at < tranche.deadline_at
            assert opened.after.payer + opened.after.contested == claim  # P*, all of it.
            assert all(event.parts[0].after == opened.before for event in admission)
            assert self.tale.due(opened.tranche).due == ()

    @precondition(lambda self: any(t.in_dispute for t in self.tale.contract.tranches))
    @rule(to_payee=st.integers(0, 100), to_payer=st.integers(0, 100), ends=st.booleans())
    def disputes_attribute(self, to_payee, to_payer, ends):
        """Disputes gives contested money to either side, and at some time the last of it."""
        tranche = next(t for t in self.tale.contract.tranches if t.in_dispute)
        known = self.abroad.get(tranche.number, tranche.buckets)
        to_payee = min(to_payee, known.contested)
        to_payer = min(to_payer, known.contested - to_payee)
        if ends:
            to_payer = known.contested - to_payee
        left = known.contested - to_payee - to_payer
        after = Buckets(0, left, known.payee + to_payee, known.payer + to_payer)
        self.abroad[tranche.number] = after
        outcome = self.tale.disputed(tranche.number, left, after.payee, after.payer).outcome
        assert bool(outcome.events) == (left == 0)
        if left == 0:
            self.purse.contested -= tranche.buckets.contested
            self.purse.payee += after.payee - tranche.buckets.payee
            self.purse.payer += after.payer - tranche.buckets.payer

    @rule(
        pause=PAUSES,
        tranche=st.integers(1, 4),
        generation=st.sampled_from([1, 1, 2, 3]),
        timer=st.sampled_from(["chain", "offer"]),
    )
    def due(self, pause, tranche, generation, timer):
        self.tale.at += timedelta(minutes=pause)
        contract = self.tale.contract
        named = [t for t in contract.tranches if (t.number, t.generation) == (tranche, generation)]
        is_due = any(t.deadline_at and t.deadline_at <= self.tale.at for t in named)
        events = self.tale.due(tranche, generation, timer).due
        if timer == "chain" and not is_due:
            assert events == ()
        if timer == "chain" and is_due:
            rest = [t for t in self.tale.contract.tranches if t.deadline_at <= self.tale.at]
            assert all(t.buckets.free == 0 for t in rest)

    @precondition(lambda self: self.tale.status in {"ATTRIBUTED", "CLOSED"})
    @rule()
    def books(self):
        if self.tale.status == "ATTRIBUTED":
            self.tale.books_emptied()
        else:
            self.tale.books_reopened()

    @invariant()
    def every_unit_is_where_the_model_says(self):
        for event in self.tale.events[self.seen :]:
            self.purse.enter(event)
            if isinstance(event, FundsAttributed):
                self.signed_by_the_loser(event)
        self.seen = len(self.tale.events)
        purse, contract = self.purse, self.tale.contract
        free, payee, payer = self.tale.buckets
        assert (payee, payer) == (purse.payee, purse.payer)
        assert contract.buckets.contested == purse.contested
        assert free + purse.contested + payee + payer == purse.total  # I0
        assert purse.total in {0, self.asked_total}
        waiting = contract.received
        assert purse.received == purse.foreign + purse.sent_back + purse.total + waiting  # I4

    @invariant()
    def what_was_given_is_never_taken_back(self):
        free, payee, payer = self.tale.buckets
        assert payee >= self.highest[0]
        assert payer >= self.highest[1]
        self.highest = payee, payer
        if self.tale.contract.effective_at is not None:
            assert free <= self.free  # I2
            self.free = free

    @invariant()
    def every_rest_can_be_paid_and_has_its_timer(self):
        contract = self.tale.contract
        minimum = contract.clauses.rail.minimum
        rests = [t.buckets.free for t in contract.tranches if t.buckets.free]
        assert all(rest >= minimum for rest in rests)
        if contract.effective_at is not None:
            assert len(waiting_timers(contract)) == len(rests)
            bound = contract.clauses.rail.max_parts
            assert bound is None or contract.parts + len(rests) <= bound

    def signed_by_the_loser(self, event):
        assert event.authorisation.signer is not event.to
        if event.cause == "arrival":
            assert event.due_at <= event.judged_at
        else:
            for part in event.parts:
                tranche = self.tale.contract.tranches[part.tranche - 1]
                assert event.judged_at < tranche.deadline_at


def test_any_sequence_of_messages_keeps_the_invariants(story):
    class Told(Machine):
        pass

    Told.story = staticmethod(story)
    run_state_machine_as_test(
        Told,
        settings=settings(
            max_examples=100,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
