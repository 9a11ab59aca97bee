"""Bugs in who signs for a division of what is contested: the table of signers must find each.

That the right rules pass, ``test_signers`` shows.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from schemas.refusals import Code
from services.disputes.domain import decide, docket, responses, rulings

from .accords_plants import lifted
from .planting import Plants, seen_as, without_own_witnesses
from .promising import Broken
from .situations import EXTERNAL, PROPOSED
from .test_signers import try_all

BUGS = Plants()
plant = BUGS.plant


def divides(patch: pytest.MonkeyPatch, room: Any, change: Callable[..., Any]) -> None:
    """Let ``room`` divide by other shares or signatures: those that ``change`` makes of them."""
    seen_as(patch, room, "divided", lambda dispute, shares, signed, cause, t: (
        dispute, *change(shares, signed), cause, t))  # fmt: skip


@plant()
def a_maker_accepts_its_own_proposal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "is_others", lambda *_: False)


@plant()
def the_shares_of_a_proposal_change_sides(patch: pytest.MonkeyPatch) -> None:
    divides(patch, responses, lambda shares, signed: (
        {role: shares[role.other] for role in docket.Role}, signed))  # fmt: skip


@plant()
def the_accepter_signs_for_both(patch: pytest.MonkeyPatch) -> None:
    divides(patch, responses, lambda shares, signed: (
        shares, {x: replace(s, command_id="new") for x, s in signed.items()}))  # fmt: skip


@plant()
def who_gains_signs_a_proposal(patch: pytest.MonkeyPatch) -> None:
    divides(patch, responses, lambda shares, signed: (
        shares, {role: signed[role.other] for role in docket.Role}))  # fmt: skip


@plant()
def a_party_rules_on_its_own_dispute(patch: pytest.MonkeyPatch) -> None:
    lifted(patch, "_admit_ruling", Code.WRONG_ROLE)


@plant()
def a_stranger_rules(patch: pytest.MonkeyPatch) -> None:
    lifted(patch, "_admit_ruling", Code.NOT_A_PARTY)


@plant()
def a_ruling_is_the_losers_live_act(patch: pytest.MonkeyPatch) -> None:
    divides(patch, rulings, lambda shares, signed: (
        shares,
        {x: replace(s, basis="live", clause=None, command_id="new") for x, s in signed.items()},
    ))  # fmt: skip


@pytest.mark.parametrize("name", BUGS)
def test_a_wrong_signature_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = PROPOSED["proposed by both"](EXTERNAL)
    without_own_witnesses(monkeypatch)
    bug, _ = BUGS[name]
    bug(monkeypatch)
    with pytest.raises(Broken):
        try_all(stage)
