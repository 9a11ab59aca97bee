import hashlib
import hmac

import rfc8785

from crps.replay.messages import (
    Outgoing,
    act,
    answer,
    opening,
    order_placed,
    payment_order,
    terms,
)
from schemas.registry import ADAPTERS
from schemas.terms_v1 import Terms
from schemas.values import Money
from tests.unit.replay.played import (
    CONTRACT,
    DAY,
    SCALE_MS,
    START,
    UPSTREAM,
    make_plan,
    quarrel,
    release,
)


def read(message: Outgoing):
    wire_type = dict(message.headers)["type"].decode()
    parsed = ADAPTERS[message.topic, wire_type].validate_json(message.value)
    assert parsed.type == wire_type
    assert parsed.subject == CONTRACT
    assert parsed.id == message.id
    assert message.key == str(CONTRACT).encode()
    return parsed.data


def offer(plan) -> Outgoing:
    return order_placed(
        plan, CONTRACT, UPSTREAM, scale_ms=SCALE_MS, at=START, offer_expires_at=START + DAY
    )


def test_an_order_bears_both_acceptances_of_the_digest_of_its_terms() -> None:
    data = read(offer(make_plan()))
    assert data.offer_expires_at == START + DAY
    assert [acceptance.party for acceptance in data.acceptances] == ["c1", "s1"]
    digest = hashlib.sha256(rfc8785.dumps(data.terms)).hexdigest()
    assert {acceptance.terms_digest for acceptance in data.acceptances} == {digest}


def test_the_terms_are_whole_and_compressed() -> None:
    read_terms = Terms.model_validate(terms(make_plan(), SCALE_MS))
    (tranche,) = read_terms.tranches
    assert tranche.amount == 1000
    assert tranche.period.duration_ms == 1000
    assert read_terms.dispute.period_ms == 300
    assert read_terms.payer.account != read_terms.payee.account


def test_no_account_pays_by_itself() -> None:
    assert not terms(make_plan(), SCALE_MS)["payer"]["account"].startswith("auto-")


def test_the_payer_pays_the_total_from_its_registered_account() -> None:
    data = read(payment_order(make_plan(), CONTRACT, UPSTREAM, at=START))
    assert data.money == Money(1000, "BRL/2")
    assert data.account == terms(make_plan(), SCALE_MS)["payer"]["account"]


def test_a_release_is_the_payers_and_a_return_the_payees() -> None:
    plan = make_plan()
    whole = release(1)
    part = release(1, 400)
    given_back = type(whole)("return", DAY, "ALL")
    for planned, party, amount in (
        (whole, "c1", "ALL"),
        (part, "c1", Money(400, "BRL/2")),
        (given_back, "s1", "ALL"),
    ):
        message = act(plan, planned, CONTRACT, UPSTREAM, number=1, at=START)
        assert f"crps.funds.{planned.kind}.v1" == dict(message.headers)["type"].decode()
        data = read(message)
        assert (data.party, data.amount) == (party, amount)


def test_a_dispute_is_opened_by_the_payer_for_what_it_claims() -> None:
    message = opening(make_plan(), quarrel(claim=600), CONTRACT, UPSTREAM, at=START)
    assert message.topic == "crps.contracts.commands.v1"
    data = read(message)
    assert (data.party, data.claim, data.reason) == ("c1", Money(600, "BRL/2"), "half")
    assert data.evidence == (hashlib.sha256(b"o1").hexdigest(),)
    assert data.tranche is None


def test_the_payee_answers_with_all_that_it_claims() -> None:
    message = answer(make_plan(), 700, CONTRACT, UPSTREAM, at=START)
    assert message.topic == "crps.disputes.commands.v1"
    data = read(message)
    assert (data.party, data.claim, data.tranche) == ("s1", Money(700, "BRL/2"), None)


def test_two_acts_have_two_ids() -> None:
    plan = make_plan(release(1, 500), release(2))
    ids = {
        act(plan, planned, CONTRACT, UPSTREAM, number=number, at=START).id
        for number, planned in enumerate(plan.acts, start=1)
    }
    assert len(ids) == 2


def test_party_writable_records_are_signed_over_their_exact_bytes() -> None:
    plan = make_plan(release(1))
    for message in (
        offer(plan),
        act(plan, plan.acts[0], CONTRACT, UPSTREAM, number=1, at=START),
        opening(plan, quarrel(), CONTRACT, UPSTREAM, at=START),
        answer(plan, 700, CONTRACT, UPSTREAM, at=START),
    ):
        headers = dict(message.headers)
        assert headers["crps-upstream"] == b"olist-test"
        expected = hmac.new(b"secret", message.value, "sha256").hexdigest()
        assert headers["crps-hmac"].decode() == expected
