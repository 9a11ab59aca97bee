"""Bugs planted in disputes, from the opening to the end: the simulator must find each.

Where an assertion of the services would stop a bug first, it is taken out: the watch must see it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas import topics
from services.chassis.answers import Applied
from services.chassis.turns import Turns
from services.contracts.domain import openings
from services.contracts.domain.commands import At, OpenDispute
from services.disputes.domain import claims, decide, endings, evolve
from services.disputes.domain.docket import Docket, Role
from services.disputes.domain.events import FundsAttributed
from services.disputes.handlers import Disputes
from services.ledger import handlers as ledger_handlers
from services.ledger import messages as ledger_messages
from services.ledger.domain.entries import Account
from services.scheduler.handlers import Scheduler

from .planting import TICK, Plants, judged_a_tick_early

PLANTS = Plants()
plant = PLANTS.plant

YEAR = timedelta(days=365)


def nothing(*_: object) -> None:
    """Assert nothing."""


# --- the opening --------------------------------------------------------------------------------


@plant
def admission_is_not_settled(patch: pytest.MonkeyPatch) -> None:
    """All that is free is contested, whatever the payer claims."""
    right = openings._case

    def case(*arguments: Any) -> Any:
        laid_out = right(*arguments)
        return replace(laid_out, admitted=0, contested=laid_out.tranche.buckets.free)

    patch.setattr(openings, "_case", case)


@plant
def dispute_is_opened_at_the_deadline(patch: pytest.MonkeyPatch) -> None:
    """``>`` where ``>=`` belongs: an opening at the very deadline goes before the arrival."""
    judged_a_tick_early(patch, OpenDispute)


@plant
def dispute_period_counts_from_the_append_time(patch: pytest.MonkeyPatch) -> None:
    """Our own lateness eats the parties' time."""
    right = openings._opened

    def opened(case: Any, at: Any) -> Any:
        return right(case, At(at.t, at.t))

    patch.setattr(openings, "_opened", opened)


@plant
def tranche_of_an_opening_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """Whichever tranche the payer names, the first is disputed."""
    patch.setattr(openings, "named_tranche", lambda contract, _: contract.tranches[0])


# --- statements ---------------------------------------------------------------------------------


@plant
def claim_at_the_dispute_deadline_counts(patch: pytest.MonkeyPatch) -> None:
    """``>`` where ``>=`` belongs, once more."""
    right = decide._decide_party

    def decide_party(docket: Any, command: Any, t: Any) -> Any:
        decision = right(docket, command, t - TICK)
        if not isinstance(decision.outcome, Applied):
            return right(docket, command, t)
        told = tuple(replace(event, judged_at=t) for event in decision.outcome.events)
        return replace(decision, outcome=Applied(told))

    patch.setattr(decide, "_decide_party", decide_party)


@plant
def claim_before_the_opening_counts(patch: pytest.MonkeyPatch) -> None:
    """A statement that waited for the dispute is judged as if it had come after the opening."""
    right = claims.judge_claim

    def judge(docket: Any, command: Any, t: Any) -> Any:
        tranche = docket.named_tranche(command.tranche)
        dispute = docket.dispute_of(tranche)
        opened = t if dispute is None else max(t, dispute.opened_at)
        outcome = right(docket, command, opened)
        if not isinstance(outcome, Applied):
            return outcome
        return Applied(tuple(replace(event, judged_at=t) for event in outcome.events))

    patch.setattr(decide, "judge_claim", judge)


@plant
def first_answer_pays_the_payee(patch: pytest.MonkeyPatch) -> None:
    """What the payee concedes by its answer is settled to itself; the payer is said to sign."""
    right = claims._events

    def events(statement: Any) -> Any:
        for event in right(statement):
            if not isinstance(event, FundsAttributed) or event.cause != "admission":
                yield event
                continue
            yield replace(
                event,
                to=Role.PAYEE,
                after=event.before.given(Role.PAYEE, event.amount),
                authorisation=replace(event.authorisation, signer=Role.PAYER),
            )

    patch.setattr(claims, "_events", lambda statement: tuple(events(statement)))
    patch.setattr(decide, "assert_at_rest", nothing)


@plant
def claim_may_rise(patch: pytest.MonkeyPatch) -> None:
    """A party takes a concession back, as far as nothing has moved yet."""
    right = claims._Statement.cut.fget
    patch.setattr(claims._Statement, "cut", property(lambda statement: max(right(statement), 0)))
    rungs = tuple(rung for rung in claims._LADDER if rung is not claims._no_change)
    patch.setattr(claims, "_LADDER", rungs)
    patch.setattr(decide, "assert_at_rest", nothing)
    patch.setattr(evolve, "assert_conserved", nothing)


@plant
def claim_that_changes_nothing_counts(patch: pytest.MonkeyPatch) -> None:
    """A repeated claim under a new id is taken down as a statement."""
    rungs = tuple(rung for rung in claims._LADDER if rung is not claims._no_change)
    patch.setattr(claims, "_LADDER", rungs)


@plant
def tranche_of_a_claim_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """Whichever tranche a party names, it lowers its claim in the first."""
    patch.setattr(Docket, "named_tranche", lambda *_: 1)


@plant
def claim_does_not_wait_for_the_opening(patch: pytest.MonkeyPatch) -> None:
    """A statement that overtook the opening on its way is refused instead of kept."""
    right = Disputes.apply
    patch.setattr(
        Disputes, "apply", lambda s, a, r, turn: right(s, a, replace(r, facts_read=True), turn)
    )


# --- the end ------------------------------------------------------------------------------------


@plant
def silence_rule_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """Who never answered is treated as one who did."""
    right = endings._ending

    def ending(dispute: Any, t: Any) -> Any:
        return right(replace(dispute, clause=replace(dispute.clause, silence_rule=False)), t)

    patch.setattr(endings, "_ending", ending)


@plant
def answer_does_not_end_the_silence(patch: pytest.MonkeyPatch) -> None:
    """The silence rule strikes a payee that has answered."""
    right = endings._ending
    patch.setattr(
        endings, "_ending", lambda dispute, t: right(replace(dispute, payee_claim=None), t)
    )


@plant
def ending_goes_to_the_other_side(patch: pytest.MonkeyPatch) -> None:
    """``to_payee`` pays the payer, and the reverse; the authority still is the loser's."""
    right = endings._shares

    def shares(dispute: Any, ending: Any) -> Any:
        return {role.other: amount for role, amount in right(dispute, ending).items()}

    patch.setattr(endings, "_shares", shares)


@plant
def odd_unit_goes_to_the_other_side(patch: pytest.MonkeyPatch) -> None:
    """The unit that a ratio cannot split goes to whom the terms do not name."""
    right = endings.split
    patch.setattr(endings, "split", lambda d, bp, odd, least: right(d, bp, odd.other, least))


@plant
def early_due_message_ends_a_dispute(patch: pytest.MonkeyPatch) -> None:
    """Whoever forges a due message ends a dispute at once."""
    patch.setattr(decide, "fire", lambda docket, due, t: endings.fire(docket, due, t + YEAR))


@plant
def old_generation_ends_a_dispute(patch: pytest.MonkeyPatch) -> None:
    """A due message of a generation that never was executes the endings that are due."""
    right = endings.fire
    patch.setattr(decide, "fire", lambda d, due, t: right(d, replace(due, generation=1), t))


@plant
def dispute_timers_are_lost(patch: pytest.MonkeyPatch) -> None:
    """The scheduler forgets what disputes ask it to announce."""
    right = Scheduler.apply

    def apply(service: Any, aggregate: Any, record: Any, turn: Any) -> Any:
        is_lost = record.topic == topics.DISPUTES_EVENTS.name
        return aggregate if is_lost else right(service, aggregate, record, turn)

    patch.setattr(Scheduler, "apply", apply)


# --- who reads of it ----------------------------------------------------------------------------


@plant
def contested_money_is_booked_from_free(patch: pytest.MonkeyPatch) -> None:
    """The ledger takes for free what is contested, so that it stands there twice."""
    right = ledger_messages._attributed

    def attributed(*arguments: Any) -> Any:
        return replace(right(*arguments), bucket=Account.FREE)

    patch.setattr(ledger_messages, "_attributed", attributed)


@plant
def emptied_books_overtake_the_end(patch: pytest.MonkeyPatch) -> None:
    """The ledger does not say that its emptied books rest on what disputes decided."""
    patch.setattr(ledger_handlers, "_rests_on", nothing)


@plant
def nothing_waits_for_what_it_rests_on(patch: pytest.MonkeyPatch) -> None:
    """A decision is applied though the fact that it rests on has not been read."""
    patch.setattr(Turns, "_waits_for", lambda *_: False)


@pytest.mark.parametrize("name", sorted(PLANTS))
async def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await PLANTS.expect_found(name, monkeypatch)
