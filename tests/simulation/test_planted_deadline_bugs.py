"""Bugs planted where deadlines move: the simulator must find each.

Where an assertion of the services would stop a bug first, it is taken out: the watch must see it.
"""

from dataclasses import replace
from typing import Any

import pytest

from services.contracts.domain import arrivals, deadlines, decide, evolve
from services.contracts.domain.commands import MoveDeadline
from services.contracts.domain.contract import Role

from .planting import Plants, judged_a_tick_early

PLANTS = Plants()
plant = PLANTS.plant


def nothing(*_: object) -> None:
    """Assert nothing."""


def without(patch: pytest.MonkeyPatch, rung: Any) -> None:
    rungs = tuple(each for each in deadlines._LADDER if each is not rung)
    assert len(rungs) < len(deadlines._LADDER)
    patch.setattr(deadlines, "_LADDER", rungs)


@plant
def payer_may_extend(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whose move it is; the event still names the payee."""
    right = decide._admit

    def admit(contract: Any, command: Any) -> Any:
        refusal = right(contract, command)
        is_moved = isinstance(command, MoveDeadline) and command.signer is Role.PAYEE
        is_lifted = is_moved and refusal is not None and refusal.code == "WRONG_ROLE"
        return None if is_lifted else refusal

    patch.setattr(decide, "_admit", admit)


@plant
def extension_may_be_earlier(patch: pytest.MonkeyPatch) -> None:
    """The payee draws its money early, and calls it more time."""
    without(patch, deadlines._wrong_way)
    patch.setattr(evolve, "assert_loser_moved", nothing)


@plant
def generation_is_lost(patch: pytest.MonkeyPatch) -> None:
    """The new deadline bears the old one's number, so that an old due message counts."""
    right = evolve._deadline_moved

    def moved(contract: Any, event: Any) -> Any:
        known = {t.number: t.generation for t in contract.tranches}
        after = right(contract, event)
        return replace(
            after,
            tranches=tuple(replace(t, generation=known[t.number]) for t in after.tranches),
        )

    patch.setattr(evolve, "_deadline_moved", moved)
    patch.setattr(evolve, "assert_conserved", nothing)


@plant
def cap_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """A party moves a deadline as far as it likes."""
    without(patch, deadlines._beyond_cap)


@plant
def cap_counts_from_the_last_move(patch: pytest.MonkeyPatch) -> None:
    """Each move may go as far as all of them together."""
    patch.setattr(deadlines, "_first", lambda tranche: tranche.deadline_at)


@plant
def money_arrives_at_the_old_deadline(patch: pytest.MonkeyPatch) -> None:
    """What the clock decides knows nothing of moves."""
    right = arrivals.by_deadline

    def by_deadline(contract: Any) -> Any:
        return sorted(
            ((t.first_deadline_at or deadline_at, t) for deadline_at, t in right(contract)),
            key=lambda pair: (pair[0], pair[1].number),
        )

    patch.setattr(arrivals, "by_deadline", by_deadline)


@plant
def old_due_message_counts(patch: pytest.MonkeyPatch) -> None:
    """A due message of a deadline that was moved executes what is due by the new one."""
    right = decide.fire

    def fire(contract: Any, due: Any, t: Any) -> Any:
        named = [x for x in contract.tranches if x.number == due.tranche] if contract else []
        if named and due.timer == "chain" and due.generation < named[0].generation:
            due = replace(due, generation=named[0].generation)
        return right(contract, due, t)

    patch.setattr(decide, "fire", fire)


@plant
def deadline_is_moved_at_the_deadline(patch: pytest.MonkeyPatch) -> None:
    """``>`` where ``>=`` belongs: a move at the very deadline goes before the arrival."""
    judged_a_tick_early(patch, MoveDeadline)
    patch.setattr(evolve, "assert_loser_moved", nothing)


@plant
def deadline_may_be_moved_into_the_past(patch: pytest.MonkeyPatch) -> None:
    """The payer releases by an advance, and nothing says so."""
    without(patch, deadlines._past)
    patch.setattr(evolve, "assert_loser_moved", nothing)


@plant
def deadline_of_a_disputed_tranche_moves(patch: pytest.MonkeyPatch) -> None:
    """A move is taken down where no money waits for the deadline."""
    without(patch, deadlines._not_open)


@plant
def moves_spend_no_acts(patch: pytest.MonkeyPatch) -> None:
    """Who may act twice moves deadlines for ever."""
    without(patch, deadlines._act_budget)


@plant
def tranche_of_a_move_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """Whichever tranche a party names, the first one's deadline moves."""
    patch.setattr(deadlines, "named_tranche", lambda contract, _: contract.tranches[0])


@pytest.mark.parametrize("name", sorted(PLANTS))
async def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await PLANTS.expect_found(name, monkeypatch)
