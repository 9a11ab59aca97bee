"""What contracts tells of a contract: known once, never undone by an older fact told again."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.disputes.domain.commands import (
    BecameEffective,
    ContractOffered,
    DisputeOpened,
    Fact,
    OfferEnded,
)
from services.disputes.domain.docket import Dispute, Docket, Standing
from services.disputes.domain.events import DisputeRegistered


def learn(docket: Docket | None, fact: Fact) -> Docket:
    """Return the docket with ``fact`` in it; the same one if it knew that already.

    AssertionError when two facts exclude each other: contracts never tells such.
    """
    if isinstance(fact, ContractOffered):
        return docket or Docket(
            fact.upstream,
            fact.payer,
            fact.payee,
            fact.asset,
            fact.tranches,
            fact.proofs,
            fact.adjudicator,
        )
    assert docket is not None, "contracts tells of an offer before anything else"
    match fact:
        case BecameEffective(effective_at):
            return _moved(docket, Standing.EFFECTIVE, effective_at)
        case OfferEnded(standing):
            return _moved(docket, standing, None)
        case _:
            assert_never(fact)


def _moved(docket: Docket, standing: Standing, effective_at: datetime | None) -> Docket:
    if docket.standing is Standing.ON_OFFER:
        return replace(docket, standing=standing, effective_at=effective_at)
    assert (docket.standing, docket.effective_at) == (standing, effective_at)
    return docket


def register(docket: Docket, opened: DisputeOpened) -> tuple[DisputeRegistered, ...]:
    """Return the taking over of a dispute; nothing when it is known already."""
    known = docket.dispute_of(opened.tranche)
    if known is not None:
        assert known.opening_sequence == opened.sequence, "a tranche is disputed once"
        return ()
    assert docket.standing is Standing.EFFECTIVE
    assert opened.asset == docket.asset
    assert 1 <= opened.tranche <= len(docket.tranches)
    return (
        DisputeRegistered(
            Dispute(
                tranche=opened.tranche,
                amount=opened.amount,
                buckets=opened.buckets,
                payer_claim=opened.claim,
                payee_claim=None,
                clause=opened.clause,
                rail=opened.rail,
                contested_at_opening=opened.buckets.contested,
                opening_sequence=opened.sequence,
                opened_at=opened.opened_at,
                deadline_at=opened.deadline_at,
                proposals_budget=opened.proposals_budget,
                ruling_deadline_at=opened.ruling_deadline_at,
            )
        ),
    )
