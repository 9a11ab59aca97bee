"""Bugs planted where consents are revoked and contracts offered: the simulator must find each."""

from dataclasses import replace
from typing import Any

import pytest

from services.contracts.domain import decide, evolve
from services.contracts.domain.events import ConsentRevoked
from services.contracts.messages import incoming

from .planting import Plants

PLANTS = Plants()
plant = PLANTS.plant


@plant
def party_may_offer(patch: pytest.MonkeyPatch) -> None:
    """Whoever writes through the upstream may offer."""
    right = decide._admit_offer

    def admit(contract: Any, offer: Any) -> Any:
        upstreams = replace(offer, asked=replace(offer.asked, party=offer.asked.upstream))
        return right(contract, upstreams)

    patch.setattr(decide, "_admit_offer", admit)


@plant
def consent_is_revoked_again_and_again(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether it was revoked before."""
    right = decide.judge_revocation

    def judge(contract: Any, command: Any) -> Any:
        return right(replace(contract, revoked_by=frozenset()), command)

    patch.setattr(decide, "judge_revocation", judge)


@plant
def revocation_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What was revoked in an earlier batch is not read."""
    patch.setattr(incoming, "is_revocation", lambda _: False)


@plant
def revocation_takes_the_acceptance_back(patch: pytest.MonkeyPatch) -> None:
    """It reaches back to what was signed."""
    right = evolve._next

    def after(contract: Any, event: Any) -> Any:
        done = right(contract, event)
        if not isinstance(event, ConsentRevoked) or contract.status != "OFFERED":
            return done
        return replace(done, accepted_by=done.accepted_by - {event.by})

    patch.setattr(evolve, "_next", after)


@pytest.mark.parametrize("name", sorted(PLANTS))
async def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await PLANTS.expect_found(name, monkeypatch)
