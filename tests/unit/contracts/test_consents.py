"""Given a contract, when a party revokes its consent, then nothing that was signed changes."""

import pytest

from services.contracts.domain.commands import RevokeConsent
from services.contracts.domain.contract import Party
from services.contracts.domain.events import ConsentRevoked

PAYER, PAYEE = Party("alice", "acc-alice"), Party("bob", "acc-bob")


def revoke(tale, party):
    return tale.hear(RevokeConsent(tale.ask(party)))


def test_a_revocation_is_applied_and_moves_nothing(effective, code):
    tale = effective((100, 1))
    before = tale.contract
    assert code(revoke(tale, "alice")) == "Applied"
    assert tale.events[-1] == ConsentRevoked("payer")
    assert (tale.contract.status, tale.contract.tranches) == (before.status, before.tranches)
    tale.wait(1).due()
    assert tale.buckets == (0, 100, 0)


def test_each_party_revokes_once(effective, code):
    tale = effective((100, 1))
    assert code(revoke(tale, "alice")) == "Applied"
    assert code(revoke(tale, "bob")) == "Applied"
    assert code(revoke(tale, "alice")) == "NO_CHANGE"
    assert code(revoke(tale, "bob")) == "NO_CHANGE"


@pytest.mark.parametrize("party", ["carol", "shop"])
def test_nobody_revokes_for_another(effective, code, party):
    assert code(revoke(effective((100, 1)), party)) == "NOT_A_PARTY"


def test_an_acceptance_given_before_stands_and_the_contract_takes_effect(story, code):
    tale = story((100, 1))
    tale.offer(PAYER)
    assert code(revoke(tale, "alice")) == "Applied"
    tale.accept("bob")
    tale.fund(100)
    assert tale.status == "EFFECTIVE"


def test_an_acceptance_afterwards_consents_afresh_and_counts(story, code):
    tale = story((100, 1))
    tale.offer(PAYER)
    revoke(tale, "bob")
    assert code(tale.accept("bob", consents=False)) == "CONSENT_MISSING"
    assert code(tale.accept("bob")) == "Applied"
    assert tale.status == "ACCEPTED"
    assert code(revoke(tale, "bob")) == "NO_CHANGE"


def test_it_needs_no_effect_and_outlives_the_end(effective, story, code):
    tale = story((100, 1))
    assert code(revoke(tale, "alice")) == "UNKNOWN_CONTRACT"
    closed = effective((100, 1))
    closed.release("ALL")
    closed.books_emptied()
    assert closed.status == "CLOSED"
    assert code(revoke(closed, "bob")) == "Applied"


def test_after_a_decline_or_a_lapse_there_is_nothing_to_revoke(story, code):
    declined, lapsed = story((100, 1)), story((100, 1))
    declined.offer()
    declined.decline("bob")
    assert code(revoke(declined, "bob")) == "DECLINED"
    lapsed.offer()
    lapsed.wait(24)
    assert code(revoke(lapsed, "bob")) == "OFFER_LAPSED"
    assert lapsed.status == "OFFER_LAPSED"


def test_what_is_due_happens_before_it(effective, code):
    tale = effective((100, 1))
    tale.wait(1)
    assert code(revoke(tale, "alice")) == "Applied"
    assert tale.buckets == (0, 100, 0)
