"""Bugs of contracts in who may ask, in offers and in consents, one at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.refusals import Code
from services.chassis import answers
from services.contracts.domain import arrivals, contract, decide, evolve, funding, offers
from services.contracts.domain.commands import (
    Move,
    MoveDeadline,
    Offer,
    OpenDispute,
    RevokeConsent,
)
from services.contracts.domain.contract import Status
from services.contracts.domain.events import ConsentRevoked, OfferAccepted

from .planting import ON_OFFER, UNDISPUTED, Plants, nothing, seen_as

TICK = timedelta(microseconds=1)
BUGS = Plants()
plant = BUGS.plant


def passes(patch: pytest.MonkeyPatch, kind: type, code: Code) -> None:
    """Let such commands pass where their asker is refused with ``code``."""
    right = decide._admit

    def admit(state: Any, command: Any) -> Any:
        refusal = right(state, command)
        is_lifted = refusal is not None and refusal.code is code and isinstance(command, kind)
        return None if is_lifted else refusal

    patch.setattr(decide, "_admit", admit)
    patch.setattr(decide, "_unproven", nothing)  # It asserts that strangers were refused.


# --- who may ask, and once ----------------------------------------------------------------------


@plant(UNDISPUTED)
def the_payee_may_release(patch: pytest.MonkeyPatch) -> None:
    passes(patch, Move, Code.WRONG_ROLE)


@plant(UNDISPUTED)
def the_payer_may_extend_and_the_payee_advance(patch: pytest.MonkeyPatch) -> None:
    passes(patch, MoveDeadline, Code.WRONG_ROLE)


@plant(UNDISPUTED)
def the_payee_may_open_a_dispute(patch: pytest.MonkeyPatch) -> None:
    passes(patch, OpenDispute, Code.WRONG_ROLE)


@plant()
def a_stranger_speaks_for_a_party(patch: pytest.MonkeyPatch) -> None:
    passes(patch, Move, Code.NOT_A_PARTY)


@plant()
def a_command_id_counts_again(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "answer", lambda asked, judge: (replace(asked, first=None), judge))


@plant()
def another_body_under_the_same_id_hears_the_first_answer(patch: pytest.MonkeyPatch) -> None:
    def other(asked: Any, judge: Any) -> Any:
        first = asked.first and replace(asked.first, body_digest=asked.body_digest)
        return replace(asked, first=first), judge

    seen_as(patch, decide, "answer", other)


@plant()
def one_refusal_too_many_is_stored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answers, "REFUSALS_STORED_MAX", 1_001)


@plant(ON_OFFER)
def a_party_may_offer(patch: pytest.MonkeyPatch) -> None:
    passes(patch, Offer, Code.WRONG_ROLE)


@plant(ON_OFFER)
def anybody_may_offer_through_an_upstream(patch: pytest.MonkeyPatch) -> None:
    passes(patch, Offer, Code.NOT_A_PARTY)


# --- on offer -----------------------------------------------------------------------------------


@plant(ON_OFFER)
def an_offer_lapses_only_after_its_end(patch: pytest.MonkeyPatch) -> None:
    right = arrivals.lapse_by
    patch.setattr(arrivals, "lapse_by", lambda state, t: right(state, t - TICK))
    patch.setattr(funding, "lapse_by", lambda state, t: right(state, t - TICK))


@plant(ON_OFFER)
def an_acceptance_without_consent_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(offers, "_consent_missing", lambda acceptances: None)


@plant(ON_OFFER)
def other_terms_may_be_accepted(patch: pytest.MonkeyPatch) -> None:
    right = offers.judge_acceptance

    def judge(state: Any, command: Any, at: Any) -> Any:
        same = replace(command.acceptance, terms_digest=state.terms_digest)
        return right(state, replace(command, acceptance=same), at)

    patch.setattr(decide, "judge_acceptance", judge)


@plant(ON_OFFER)
def money_of_a_foreign_account_enters(patch: pytest.MonkeyPatch) -> None:
    def own(state: Any, status: Any, report: Any, now: Any) -> Any:
        return state, status, replace(report, account=state.clauses.payer.account), now

    seen_as(patch, funding, "_receipt", own)


@plant(ON_OFFER)
def money_of_another_currency_enters(patch: pytest.MonkeyPatch) -> None:
    def own(state: Any, status: Any, report: Any, now: Any) -> Any:
        return state, status, replace(report, asset=state.clauses.asset), now

    seen_as(patch, funding, "_receipt", own)


@plant(ON_OFFER, accepted=[2], tranches=[1])
def one_unit_less_than_the_total_is_enough(patch: pytest.MonkeyPatch) -> None:
    right = contract.Contract.total.fget
    assert right is not None
    less = property(lambda self: right(self) - (len(self.receipts) > 0))
    patch.setattr(contract.Contract, "total", less)


@plant(ON_OFFER)
def the_excess_stays(patch: pytest.MonkeyPatch) -> None:
    right = funding.effect

    def effect(*args: Any) -> Any:
        return tuple(replace(event, excess=None) for event in right(*args))

    patch.setattr(funding, "effect", effect)
    patch.setattr(offers, "effect", effect)


@plant(ON_OFFER)
def a_late_receipt_is_called_excess(patch: pytest.MonkeyPatch) -> None:
    def effective(state: Any, status: Any, report: Any, now: Any) -> Any:
        late = status in {Status.DECLINED, Status.OFFER_LAPSED}
        return state, Status.EFFECTIVE if late else status, report, now

    seen_as(patch, funding, "_receipt", effective)


# --- consents -----------------------------------------------------------------------------------


@plant(UNDISPUTED)
def a_stranger_revokes_the_payers_consent(patch: pytest.MonkeyPatch) -> None:
    passes(patch, RevokeConsent, Code.NOT_A_PARTY)
    right = decide.judge_revocation

    def judge(state: Any, command: Any) -> Any:
        party = command.asked.party if state.role_of(command.asked.party) else "alice"
        return right(state, replace(command, asked=replace(command.asked, party=party)))

    patch.setattr(decide, "judge_revocation", judge)


@plant(UNDISPUTED)
def a_consent_is_revoked_again(patch: pytest.MonkeyPatch) -> None:
    seen_as(patch, decide, "judge_revocation", lambda state, command: (
        replace(state, revoked_by=frozenset()), command))  # fmt: skip


@plant(ON_OFFER)
def a_revocation_takes_an_acceptance_back(patch: pytest.MonkeyPatch) -> None:
    right = evolve.evolve

    def undone(state: Any, event: Any) -> Any:
        after = right(state, event)
        if isinstance(event, ConsentRevoked) and state.effective_at is None:
            return replace(after, accepted_by=after.accepted_by - {event.by})
        return after

    patch.setattr(evolve, "evolve", undone)


@plant(ON_OFFER, accepted=[0])
def an_acceptance_after_a_revocation_revokes_nothing_any_more(patch: pytest.MonkeyPatch) -> None:
    right = evolve.evolve

    def restored(state: Any, event: Any) -> Any:
        after = right(state, event)
        if isinstance(event, OfferAccepted):
            return replace(after, revoked_by=after.revoked_by - {event.by})
        return after

    patch.setattr(evolve, "evolve", restored)
