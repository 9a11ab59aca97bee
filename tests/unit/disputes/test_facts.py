"""Given facts in any order and amount, when one comes again, then it changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.refusals import Code
from schemas.values import Money
from services.chassis.answers import FirstAnswer
from services.disputes.domain.commands import (
    BecameEffective,
    LowerClaim,
    OfferEnded,
)
from services.disputes.domain.decide import awaits_fact, decide
from services.disputes.domain.docket import Buckets, Role, Standing
from services.disputes.domain.facts import learn
from tests.unit.disputes.story import (
    ASSET,
    OFFERED,
    START,
    disputed,
    effective,
    ended,
    offered,
    opened,
    several,
)

TOOK_EFFECT = BecameEffective(START)
DECLINED, LAPSED = OfferEnded(Standing.DECLINED), OfferEnded(Standing.OFFER_LAPSED)


@pytest.mark.parametrize("last", [TOOK_EFFECT, DECLINED, LAPSED])
def test_an_older_fact_told_again_never_undoes_a_newer(last):
    docket = learn(learn(None, OFFERED), last)
    for again in (OFFERED, last, OFFERED, last):
        assert learn(docket, again) is docket


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (TOOK_EFFECT, DECLINED),
        (TOOK_EFFECT, LAPSED),
        (DECLINED, TOOK_EFFECT),
        (DECLINED, LAPSED),
        (LAPSED, DECLINED),
        (TOOK_EFFECT, BecameEffective(START + timedelta(seconds=1))),
    ],
)
def test_facts_that_exclude_each_other_are_nobodys_to_choose(first, second):
    docket = learn(learn(None, OFFERED), first)
    with pytest.raises(AssertionError):
        learn(docket, second)


@pytest.mark.parametrize("fact", [TOOK_EFFECT, DECLINED, LAPSED])
def test_nothing_is_told_of_a_contract_before_its_offer(fact):
    with pytest.raises(AssertionError):
        learn(None, fact)


def test_an_opening_is_registered_once():
    tale = disputed(60)
    known = tale.docket
    tale.payee(70)
    after = tale.docket
    tale.hear(opened(60))
    assert tale.docket is after
    assert len(tale.events) == 3
    assert known.disputes[0].buckets == Buckets(60, 40, 0)
    with pytest.raises(AssertionError):
        tale.hear(opened(60, sequence=9))


def test_disputes_stand_in_the_order_of_the_terms_whenever_they_were_opened():
    openings = [opened(60, tranche=number, sequence=3 + number) for number in (3, 1, 2)]
    tale = effective("a", "b", "c")
    for each in [*openings, *reversed(openings)]:
        tale.hear(each)
    assert [dispute.tranche for dispute in tale.docket.disputes] == [1, 2, 3]
    assert len(tale.events) == 3


@pytest.mark.parametrize(
    "flawed",
    [
        opened(60, buckets=Buckets(60, 39, 0)),
        opened(60, buckets=Buckets(59, 41, 0)),
        opened(60, buckets=Buckets(61, 40, 0)),
        opened(60, amount=101, buckets=Buckets(60, 40, 0)),
        opened(60, buckets=Buckets(70, 40, -10)),
        opened(60, hours=0),
        opened(60, asset="USD/2"),
        opened(60, tranche=2),
        opened(0),
        opened(9, rail_minimum=10),
        opened(60, rail_parts=1, clause_ending="ratio", clause_ratio_bp=5000),
    ],
)
def test_an_opening_that_breaks_the_law_stops_us(flawed):
    with pytest.raises(AssertionError):
        effective().hear(flawed)


@pytest.mark.parametrize("tale", [offered(), ended(Standing.DECLINED)])
def test_what_never_took_effect_cannot_be_disputed(tale):
    with pytest.raises(AssertionError):
        tale.hear(opened(60))


def test_an_opening_of_the_unknown_stops_us():
    with pytest.raises(AssertionError):
        decide(None, opened(60), START)


@pytest.mark.parametrize(
    ("tale", "tranche", "waits"),
    [
        (effective(), None, True),
        (effective("a", "b"), "b", True),
        (effective("a", "b"), None, False),
        (effective("a", "b"), "c", False),
        (disputed(60), None, False),
        (several(opened(60)), 1, False),
        (several(opened(60)), 2, True),
    ],
)
def test_a_command_waits_only_for_a_dispute_that_may_exist(tale, tranche, waits):
    command = LowerClaim(tale.ask("alice"), Money(50, ASSET), tranche)
    assert awaits_fact(tale.docket, command) == waits
    assert awaits_fact(None, command)
    answered = FirstAnswer(b"body", "refused", Code.NOT_IN_DISPUTE, None)
    repeated = replace(command, asked=tale.ask("alice", first=answered))
    assert not awaits_fact(tale.docket, repeated)


def test_roles_are_two():
    docket = offered().docket
    assert docket.role_of("alice") is Role.PAYER
    assert docket.role_of("bob") is Role.PAYEE
    assert docket.role_of("mallory") is None
    assert replace(docket, payee="carol").role_of("bob") is None
