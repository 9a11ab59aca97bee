"""Given terms, when they are offered, accepted, declined or left alone, then they stand or fall."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.values import MoneyFlaw
from services.contracts.domain.commands import Acceptance
from services.contracts.domain.contract import Party, Role, waiting_timers
from services.contracts.domain.events import OfferDeclined, OfferLapsed, OfferMade

PAYER, PAYEE = Party("alice", "acc-alice"), Party("bob", "acc-bob")
HOUR_MS = 3_600_000


def test_an_order_with_both_acceptances_is_accepted_by_one_event(story):
    tale = story()
    tale.offer(PAYER, PAYEE)
    assert [type(event) for event in tale.events] == [OfferMade]
    assert tale.status == "ACCEPTED"
    (timer,) = waiting_timers(tale.contract)
    assert (timer.timer, timer.due_at) == ("offer", tale.contract.offer_expires_at)


def test_both_parties_accept_in_turn(story):
    tale = story()
    tale.offer()
    assert tale.status == "OFFERED"
    tale.accept("alice")
    assert tale.status == "OFFERED"
    tale.accept("bob")
    assert tale.status == "ACCEPTED"


def test_acceptance_after_the_money_makes_effective_at_once(story):
    tale = story((100, 1))
    tale.offer(PAYER)
    tale.fund(100)
    assert tale.status == "OFFERED"
    tale.accept("bob")
    assert tale.status == "EFFECTIVE"
    assert tale.buckets == (100, 0, 0)


RAIL = "RAIL_CANNOT_HONOUR"
OFFERS = [
    ({"payee": replace(PAYEE, party="alice")}, "SAME_PARTY"),
    ({"payee": replace(PAYEE, account="acc-alice")}, "SAME_PARTY"),
    ({"asset": MoneyFlaw.CURRENCY_UNKNOWN}, "CURRENCY_UNKNOWN"),
    ({"asset": MoneyFlaw.EXPONENT_WRONG}, "EXPONENT_WRONG"),
    ({"dispute_ms": 0}, "PERIOD_INVALID"),
    ({"rail_minimum": MoneyFlaw.AMOUNT_INVALID}, "AMOUNT_INVALID"),
    ({"rail_minimum": 10_001}, RAIL),
    ({"rail_minimum": 10_000}, "Applied"),
    ({"rail_partial": "single_shot"}, RAIL),
    ({"rail_partial": "single_shot", "rail_minimum": 5_000}, RAIL),
    ({"rail_partial": "single_shot", "rail_minimum": 5_001}, "Applied"),
    ({"rail_partial": "none"}, "Applied"),
    ({"rail_max_hold_hours": 120 + 72 + 24}, "Applied"),
    ({"rail_max_hold_hours": 120 + 72 + 24 - 1}, RAIL),
]


@pytest.mark.parametrize(("changes", "expected"), OFFERS)
def test_what_the_terms_get(story, code, changes, expected):
    if "dispute_ms" in changes:
        changes = {"dispute": replace(story().terms.dispute, period_ms=changes["dispute_ms"])}
    assert code(story(**changes).offer()) == expected


@pytest.mark.parametrize(
    ("tranches", "changes", "expected"),
    [
        ([(0, 1)], {}, "AMOUNT_INVALID"),
        ([(MoneyFlaw.AMOUNT_INVALID, 1)], {}, "AMOUNT_INVALID"),
        ([(10**18 - 1, 1)], {}, "Applied"),
        ([(10**18 - 1, 1), (1, 1)], {}, "AMOUNT_INVALID"),
        ([(100, 0)], {}, "PERIOD_INVALID"),
        ([(100, -1)], {}, "PERIOD_INVALID"),
        ([(100, 101 * 366 * 24)], {}, "PERIOD_INVALID"),
        ([(100, 1), (100, 1)], {"rail_max_parts": 1}, RAIL),
        ([(100, 1), (100, 1)], {"rail_max_parts": 2}, "Applied"),
        ([(100, 1), (100, 1)], {"rail_partial": "none"}, RAIL),
        ([(0, 0)], {"rail_max_hold_hours": 1}, "AMOUNT_INVALID"),
        ([(100, 0)], {"rail_max_hold_hours": 1}, "PERIOD_INVALID"),
    ],
)
def test_what_the_tranches_get(story, code, tranches, changes, expected):
    assert code(story(*tranches, **changes).offer(PAYER, PAYEE)) == expected


def test_the_refused_clause_is_named(story):
    outcome = story(rail_max_hold_hours=1).offer().outcome
    assert outcome.facts["clause"] == "rail.max_hold_hours"


def other(**changes):
    return (replace(Acceptance("alice", 1, "a" * 64, consents=True), **changes),)


@pytest.mark.parametrize(
    ("acceptances", "expected"),
    [
        (other(party="mallory"), "NOT_A_PARTY"),
        (other(terms_digest="b" * 64), "TERMS_MISMATCH"),
        (other(terms_version=2), "TERMS_MISMATCH"),
        (other(consents=False), "CONSENT_MISSING"),
        (other() + other(), "NOT_ON_OFFER"),
        (other(consents=False) + other(party="mallory"), "NOT_A_PARTY"),
    ],
)
def test_a_flawed_acceptance_refuses_the_whole_order(story, code, acceptances, expected):
    tale = story()
    assert code(tale.offer(acceptances=acceptances)) == expected
    assert tale.contract is None


def test_an_offer_at_its_own_end_is_lapsed(story, code):
    assert code(story().wait(23.999).offer()) == "Applied"
    assert code(story().wait(24).offer()) == "OFFER_LAPSED"


def test_a_second_offer_is_refused_by_what_became_of_the_first(story, code):
    tale = story()
    tale.offer()
    assert code(tale.offer()) == "NOT_ON_OFFER"
    assert code(tale.offer(asked=tale.ask("shop", upstream="rival"))) == "NOT_A_PARTY"
    tale.decline("bob")
    assert code(tale.offer()) == "DECLINED"
    lapsed = story()
    lapsed.offer()
    lapsed.wait(24).due(timer="offer")
    assert code(lapsed.offer(hours=99)) == "OFFER_LAPSED"


def test_acceptances_are_judged(story, code):
    tale = story()
    tale.offer(PAYER)
    assert code(tale.accept("mallory")) == "NOT_A_PARTY"
    assert code(tale.accept("bob", terms_digest="b" * 64)) == "TERMS_MISMATCH"
    assert code(tale.accept("bob", consents=False)) == "CONSENT_MISSING"
    assert code(tale.accept("alice")) == "NOT_ON_OFFER"
    assert code(tale.accept("bob")) == "Applied"
    assert code(tale.accept("bob")) == "NOT_ON_OFFER"
    assert code(tale.accept("alice", consents=False)) == "CONSENT_MISSING"


def test_either_may_decline_until_effective(story, code):
    tale = story((100, 1))
    tale.offer(PAYER, PAYEE)
    tale.fund(60)
    assert code(tale.decline("alice")) == "Applied"
    declined = tale.events[-1]
    assert isinstance(declined, OfferDeclined)
    assert declined.by is Role.PAYER
    assert [(s.receipt, s.amount) for s in declined.returns] == [("r2", 60)]
    assert code(tale.decline("bob")) == "DECLINED"
    assert code(tale.accept("bob")) == "DECLINED"
    assert code(tale.release(1)) == "DECLINED"


def test_a_decline_after_effectiveness_is_too_late(effective, code):
    assert code(effective().decline("bob")) == "NOT_ON_OFFER"


def test_any_command_at_the_end_of_the_offer_executes_the_lapse_first(story, code):
    for act in ("accept", "decline"):
        tale = story((100, 1))
        tale.offer(PAYER)
        tale.fund(40)
        tale.fund(50)
        decision = getattr(tale.wait(24), act)("bob")
        assert code(decision) == "OFFER_LAPSED"
        assert [[s.amount for s in event.returns] for event in decision.due] == [[40, 50]]
        assert tale.status == "OFFER_LAPSED"


def test_a_due_message_lapses_the_offer_only_when_it_is_due(story):
    tale = story()
    tale.offer()
    assert tale.wait(23).due(timer="offer").due == ()
    tale.wait(1)
    assert tale.due(timer="offer", generation=2).due == ()
    assert tale.due(timer="offer", tranche=2).due == ()
    assert tale.due(timer="chain").due == ()
    (lapse,) = tale.due(timer="offer").due
    assert isinstance(lapse, OfferLapsed)
    assert tale.due(timer="offer").due == ()


def test_an_acceptance_in_time_but_read_late_still_makes_effective(story):
    tale = story((100, 1))
    tale.offer(PAYER)
    tale.fund(100)
    read_late = tale.contract.offer_expires_at + timedelta(hours=5)
    tale.accept("bob", now=read_late)
    assert tale.status == "EFFECTIVE"
    assert tale.contract.effective_at == read_late


def test_what_is_allowed_is_said(story):
    tale = story()
    tale.offer(PAYER)
    refusal = tale.accept("bob", consents=False).outcome
    assert [a.command for a in refusal.allowed] == ["contract.accept", "contract.decline"]
    assert {a.until for a in refusal.allowed} == {tale.contract.offer_expires_at}
    assert tale.accept("mallory").outcome.allowed == ()


@pytest.mark.parametrize(
    ("by", "expected"), [("alice", "WRONG_ROLE"), ("bob", "WRONG_ROLE"), ("carol", "NOT_A_PARTY")]
)
def test_only_the_upstream_offers(story, code, by, expected):
    tale = story((100, 1))
    assert code(tale.offer(asked=tale.ask(by), is_command=True)) == expected
    assert tale.contract is None
    assert code(tale.offer(asked=tale.ask("shop"), is_command=True)) == "Applied"
    assert code(tale.offer(asked=tale.ask(by), is_command=True)) == expected
    assert code(tale.offer(asked=tale.ask("shop"), is_command=True)) == "NOT_ON_OFFER"


def test_a_party_of_the_contract_offers_no_other_terms_under_its_id(story, code):
    tale = story((100, 1))
    tale.offer()
    tale.terms = replace(tale.terms, payer=Party("dora", "acc-dora"))
    assert code(tale.offer(asked=tale.ask("alice"), is_command=True)) == "WRONG_ROLE"


def test_an_outsider_is_no_party_before_anything_else_is_looked_at(story, code):
    tale = story((0, 0))
    offer = tale.offer(PAYER, asked=tale.ask("carol"), acceptances=(), is_command=True)
    assert code(offer) == "NOT_A_PARTY"
