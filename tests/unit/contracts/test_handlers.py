"""The shell without a database: records in, events and answers out."""

from dataclasses import replace

import pytest

from services.chassis.inbox import Hold
from services.contracts.messages.incoming import TRANCHES_MAX
from tests.unit.contracts import wire
from tests.unit.contracts.wire import (
    COMMANDS,
    ORDERS,
    Bench,
    attributed,
    buckets,
    terms,
)
from tests.unit.records import money, record, types


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def effective(bench):
    bench.order()
    bench.fund()
    return bench


def test_the_main_path_is_one_event_a_step(bench):
    assert types(bench.order()) == ["contract.accepted"]
    (effective,) = bench.fund()
    assert effective["type"] == "crps.contract.effective.v1"
    assert effective["restson"] == {"topic": "crps.ledger.events.v1", "sequence": 1}
    assert effective["data"]["tranches"][0]["deadline_at"] == "2026-01-10T04:00:00.000000Z"
    (attributed,) = bench.wait(1).release("ALL", message_id="give")
    assert attributed["causationid"] == "give"
    assert attributed["data"]["money"] == money("30000")
    assert attributed["data"]["timers"] == []
    emptied = {"asset": "CNY/2", "payee_arrived": "30000", "payer_arrived": "0"}
    (closed,) = bench.report("books.emptied", emptied)
    assert closed["data"] == {"asset": "CNY/2", "payee": "30000", "payer": "0"}
    assert [each.sequence for each in bench.said] == [1, 2, 3, 4]


def test_an_offer_is_accepted_party_by_party(bench):
    document = terms()
    (offered,) = bench.command("contract.offer", wire.order(document))
    assert offered["type"] == "crps.contract.offered.v1"
    assert offered["data"]["terms"] == document
    assert offered["data"]["terms_digest"] == wire.digest(document)
    assert offered["data"]["accepted_by"] == []
    assert types(bench.fund()) == ["receipt.counted"]
    payer, payee = (wire.acceptance(document, role) for role in ("payer", "payee"))
    assert types(bench.command("contract.accept", payer)) == ["offer.accepted"]
    said = bench.command("contract.accept", payee)
    assert types(said) == ["contract.accepted", "contract.effective"]
    assert said[0]["data"]["terms"] == document
    assert "restson" not in said[1]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (terms(surprise=1), "MALFORMED"),
        (terms(odd_unit=1.5), "MALFORMED"),
        (terms(asset="CNY/3"), "EXPONENT_WRONG"),
        (terms(asset="XXX/2"), "CURRENCY_UNKNOWN"),
        (terms(("030", 1)), "AMOUNT_INVALID"),
        (terms((30000, 1)), "AMOUNT_INVALID"),
        (terms((1.5, 1)), "AMOUNT_INVALID"),
        (terms(("1", 1), ("0", 1)), "AMOUNT_INVALID"),
        (terms(("1", 0)), "PERIOD_INVALID"),
        (terms(*[("1", 1)] * (TRANCHES_MAX + 1)), "MALFORMED"),
    ],
)
def test_flawed_terms_are_refused_and_make_no_contract(bench, document, code):
    (refused,) = bench.order(document)
    assert refused["type"] == "crps.command.refused.v1"
    assert refused["data"]["code"] == code
    assert bench.aggregate is None or bench.aggregate.contract is None


def test_tranches_of_one_name_are_ambiguous(bench):
    document = terms(("1", 1), ("1", 1))
    for tranche in document["tranches"]:
        tranche["name"] = "build"
    assert bench.order(document)[0]["data"]["code"] == "MALFORMED"


def test_terms_that_demand_signatures_without_keys_are_no_terms(bench):
    (said,) = bench.order(terms(proof="signature"))
    assert said["data"]["code"] == "MALFORMED"
    assert "keys of both" in said["data"]["detail"]


@pytest.mark.parametrize("key", ["", "A" * 43, "AQ" + "A" * 41, "not a key", 7])
def test_what_is_no_key_of_one_holder_stands_in_no_terms(bench, key):
    document = terms()
    document["payer"] = {**document["payer"], "key": key}
    (said,) = bench.order(document)
    assert said["data"]["code"] == "MALFORMED"
    assert said["data"]["detail"].startswith("terms.payer.key: ")


def test_a_refused_offer_uses_up_its_id_although_there_is_no_contract(bench):
    flawed = record(ORDERS, "order.placed", "o-1", wire.order(terms(("0", 1))))
    assert bench.play(flawed)[0]["data"]["code"] == "AMOUNT_INVALID"
    again = replace(flawed, offset=flawed.offset + 1_000)
    assert bench.play(again)[0]["data"] == {
        "command_id": "o-1", "party": "shop-1", "first": "refused", "code": "AMOUNT_INVALID",
    }  # fmt: skip
    other = record(ORDERS, "order.placed", "o-1", wire.order(terms()))
    assert bench.play(other)[0]["data"]["code"] == "IDEMPOTENCY_CONFLICT"
    mended = record(ORDERS, "order.placed", "o-2", wire.order(terms()))
    assert types(bench.play(mended)) == ["contract.offered"]


def test_a_redelivery_is_silent_and_a_repeat_is_a_duplicate(effective):
    effective.wait(1)
    told = {"party": "party-payer-7", "amount": money("10000")}
    first = record(COMMANDS, "funds.release", "give", told, at=effective.at)
    (attributed,) = effective.play(first)
    assert effective.play(first) == []
    (duplicate,) = effective.play(replace(first, offset=first.offset + 1_000))
    assert duplicate["type"] == "crps.command.duplicated.v1"
    assert duplicate["data"]["event_id"] == attributed["id"]
    assert effective.aggregate.contract.buckets.free == 20_000


def test_the_same_body_in_another_spelling_is_the_same_body(effective):
    effective.wait(1)
    told = {"party": "party-payer-7", "amount": money("10000")}
    effective.command("funds.release", told, message_id="x")
    respelt = {"amount": {"asset": "CNY/2", "amount": "10000"}, "party": "party-payer-7"}
    assert types(effective.command("funds.release", respelt, message_id="x")) == [
        "command.duplicated"
    ]
    (refused,) = effective.command(
        "funds.release", {**told, "amount": money("10001")}, message_id="x"
    )
    assert refused["data"]["code"] == "IDEMPOTENCY_CONFLICT"
    assert len(refused["data"]["facts"]["first_body_digest"]) == 64


def test_a_refused_id_stays_refused_and_ids_are_scoped_to_their_party(effective):
    effective.wait(1)
    too_much = {"party": "party-payer-7", "amount": money("30001")}
    (refused,) = effective.command("funds.release", too_much, message_id="x")
    assert refused["data"]["facts"]["remaining"] == "30000"
    assert refused["data"]["allowed"] == [
        {"command": "funds.release", "until": "2026-01-10T04:00:00.000000Z"},
        {"command": "dispute.open", "until": "2026-01-10T04:00:00.000000Z"},
        {"command": "deadline.advance", "until": "2026-01-10T04:00:00.000000Z"},
    ]
    assert types(effective.command("funds.release", too_much, message_id="x")) == [
        "command.duplicated"
    ]
    back = {"party": "party-payee-3", "amount": money("1")}
    assert types(effective.command("funds.return", back, message_id="x")) == ["funds.attributed"]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ({"amount": 1, "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": -1, "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": 1.5, "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": 10**400, "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": "+1", "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": "1e3", "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ("all", "AMOUNT_INVALID"),
        ({"amount": "1", "asset": "CNY/0"}, "EXPONENT_WRONG"),
        ({"amount": "1", "asset": "USD/2"}, "CURRENCY_MISMATCH"),
        (None, "AMOUNT_INVALID"),
    ],
)
def test_flawed_amounts_are_refused_by_code(effective, amount, code):
    (refused,) = effective.wait(1).release(amount)
    assert refused["data"]["code"] == code


@pytest.mark.parametrize(
    "told",
    [
        {"to_total": None},
        {"amount": None, "to_total": None},
        {"amount": None, "to_total": money("1")},
        {"amount": "ALL", "to_total": None},
        {"amount": money("1"), "expected_remaining": None},
    ],
)
def test_a_null_is_a_flawed_amount_and_never_an_absent_one(effective, told):
    (refused,) = effective.wait(1).command("funds.release", {"party": "party-payer-7", **told})
    assert refused["data"]["code"] == "AMOUNT_INVALID"


def test_neither_amount_nor_total_is_malformed(effective):
    (refused,) = effective.command("funds.release", {"party": "party-payer-7"})
    assert refused["data"]["code"] == "MALFORMED"


def test_amount_and_total_together_are_malformed(effective):
    told = {"party": "party-payer-7", "amount": "ALL", "to_total": money("1")}
    (refused,) = effective.command("funds.release", told)
    assert refused["data"]["code"] == "MALFORMED"


def test_facts_before_refusals(bench):
    told = {"party": "party-payer-7", "amount": "ALL"}
    assert bench.command("funds.release", told, facts_read=False) is Hold.FACTS
    assert bench.aggregate is None
    (refused,) = bench.command("funds.release", told)
    assert refused["data"]["code"] == "UNKNOWN_CONTRACT"
    assert bench.aggregate is None


def test_a_contract_answers_only_to_its_upstream(effective):
    (refused,) = effective.wait(1).release("ALL", upstream="rival")
    assert refused["data"]["code"] == "NOT_A_PARTY"
    assert refused["data"]["allowed"] == []


def test_time_never_runs_back_within_a_contract(effective):
    effective.wait(120)
    (arrived, refused) = effective.release("ALL")
    assert arrived["data"]["cause"] == "arrival"
    assert refused["data"]["code"] == "ALREADY_ARRIVED"
    effective.wait(-1)
    told = {"party": "party-payee-3", "amount": "ALL"}
    (late,) = effective.command("funds.return", told)
    assert late["data"]["code"] == "CHAIN_PERIOD_ENDED"
    assert late["data"]["facts"]["t"] == "2026-01-10T04:00:00.000000Z"


def test_records_of_other_topics_do_not_move_a_contracts_time(effective):
    effective.wait(121).fund()
    (duplicate_offer,) = effective.order(offer_expires_at="2026-02-01T00:00:00Z")
    assert duplicate_offer["data"]["code"] == "NOT_ON_OFFER"
    assert types(effective.wait(-2).release("ALL")) == ["funds.attributed"]
    assert effective.aggregate.contract.tranches[0].arrived == 0


def test_due_messages_fire_once_and_are_never_answered(effective):
    assert effective.wait(119).due() == []
    (arrival,) = effective.wait(1).due()
    assert arrival["data"]["kind"] == "automatic"
    assert arrival["data"]["authorisation"] == {
        "signer": "payer", "basis": "clause", "clause": "arrival",
    }  # fmt: skip
    assert arrival["data"]["due_at"] == "2026-01-10T04:00:00.000000Z"
    assert effective.due() == []


def test_a_due_message_for_an_unknown_contract_is_void(bench):
    assert bench.due() == []
    assert bench.aggregate is None


def test_receipts_of_every_kind(bench):
    bench.order()
    assert types(bench.fund("100")) == ["receipt.counted"]
    (refused,) = bench.fund("30000", account="acct-other")
    assert refused["data"] == {"receipt": "rcpt-3", "reason": "foreign_account"}
    (effective,) = bench.fund("30000")
    assert effective["data"]["excess"] == {"receipt": "rcpt-4", "amount": "100"}
    (returned,) = bench.fund("5")
    assert returned["data"]["cause"] == "over_funding"
    fates = [(r.ordinal, r.fate) for r in bench.aggregate.new_receipts]
    assert fates == [(1, "counted"), (2, "refused"), (3, "counted"), (4, "returned")]


def test_a_moved_deadline_is_told_with_all_that_waits(bench):
    bench.order(terms(("10000", 24), ("20000", 48), caps={"extend_ms": wire.HOUR_MS}))
    bench.fund()
    asked = {"party": "party-payee-3", "to": "2026-01-06T05:00:00Z", "tranche": 1}
    (moved,) = bench.wait(1).command("deadline.extend", asked, message_id="m-1")
    assert (moved["type"], moved["causationid"]) == ("crps.deadline.moved.v1", "m-1")
    assert moved["data"] == {
        "timers": [
            {
                "timer": "chain",
                "tranche": 1,
                "generation": 2,
                "due_at": "2026-01-06T05:00:00.000000Z",
            },
            {
                "timer": "chain",
                "tranche": 2,
                "generation": 1,
                "due_at": "2026-01-07T04:00:00.000000Z",
            },
        ],
        "by": "payee",
        "command_id": "m-1",
        "tranche": 1,
        "before": "2026-01-06T04:00:00.000000Z",
        "after": "2026-01-06T05:00:00.000000Z",
        "generation": 2,
        "first_deadline_at": "2026-01-06T04:00:00.000000Z",
        "judged_at": "2026-01-05T05:00:00.000000Z",
    }
    assert types(bench.command("deadline.extend", asked, message_id="m-1")) == [
        "command.duplicated"
    ]
    (refused,) = bench.command("deadline.extend", {**asked, "to": "2026-01-06T05:00:00.001Z"})
    assert refused["data"]["code"] == "BEYOND_CAP"
    assert refused["data"]["facts"]["latest"] == "2026-01-06T05:00:00.000000Z"
    assert refused["data"]["allowed"] == [
        {"command": "funds.return", "until": "2026-01-07T04:00:00.000000Z"},
        {"command": "deadline.extend", "until": "2026-01-07T04:00:00.000000Z"},
    ]
    assert bench.wait(23).due() == []


def test_a_dispute_from_its_opening_to_the_end_that_disputes_find(effective):
    effective.wait(1)
    asked = {"party": "party-payer-7", "claim": money("20000"), "reason": "damaged"}
    admission, opened = effective.command("dispute.open", asked, message_id="d-1")
    assert types([admission, opened]) == ["funds.attributed", "dispute.opened"]
    assert {admission["causationid"], opened["causationid"]} == {"d-1"}
    assert (admission["data"]["cause"], admission["data"]["kind"]) == ("admission", "subjective")
    told = opened["data"]
    assert told["before"] == admission["data"]["parts"][0]["after"] == buckets(20_000, 0, 10_000, 0)
    assert told["after"] == buckets(0, 20_000, 10_000, 0)
    assert (told["claim"], told["timers"], told["evidence"]) == ("20000", [], [])
    assert told["rail"] == {"minimum": "1", "whole_only": False}
    assert told["clause"] == {"silence_rule": True, "ending": "to_payee", "odd_unit": "payee"}
    assert types(effective.command("dispute.open", asked, message_id="d-1")) == [
        "command.duplicated"
    ]
    (refused,) = effective.release("ALL")
    assert refused["data"]["code"] == "IN_DISPUTE"
    assert refused["data"]["allowed"] == [{"command": "claim.lower", "until": told["deadline_at"]}]
    middle, end = buckets(0, 5_000, 10_000, 15_000), buckets(0, 0, 15_000, 15_000)
    assert effective.disputed(1, attributed("payer", told["after"], middle)) == []
    (over,) = effective.disputed(2, attributed("payee", middle, end))
    assert types([over]) == ["tranche.attributed"]
    assert (over["data"]["payee"], over["data"]["payer"]) == ("15000", "15000")
    assert over["restson"] == {"topic": "crps.disputes.events.v1", "sequence": 2}
    emptied = {"asset": "CNY/2", "payee_arrived": "15000", "payer_arrived": "15000"}
    assert types(effective.report("books.emptied", emptied)) == ["contract.closed"]


def test_a_revocation_is_said_once_and_costs_nothing_else(effective):
    revoke = {"party": "party-payer-7"}
    (revoked,) = effective.command("consent.revoke", revoke, message_id="no-more")
    assert (revoked["type"], revoked["data"]) == ("crps.consent.revoked.v1", {"by": "payer"})
    (again,) = effective.command("consent.revoke", revoke)
    assert again["data"]["code"] == "NO_CHANGE"
    (duplicate,) = effective.command("consent.revoke", revoke, message_id="no-more")
    assert duplicate["data"]["first"] == "applied"


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        ("party-payer-7", "WRONG_ROLE"),
        ("stranger", "NOT_A_PARTY"),
        ("shop-1", "contract.offered"),
        (None, "contract.offered"),
    ],
)
def test_an_offer_names_who_acts_or_is_its_upstreams(bench, party, expected):
    (said,) = bench.command("contract.offer", {**wire.order(terms()), "party": party})
    assert expected in (said["data"].get("code"), types([said])[0])
    if expected != "contract.offered":
        assert said["data"]["party"] == party
        assert types(bench.command("contract.offer", wire.order(terms()))) == ["contract.offered"]
