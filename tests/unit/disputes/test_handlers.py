"""The shell without a database: records in, events and answers out."""

from dataclasses import replace

import pytest

from schemas.envelope import MAX_RECORD_BYTES
from services.chassis.inbox import Hold
from services.disputes.domain.docket import Standing
from tests.unit.disputes import wire
from tests.unit.disputes.wire import PAYEE, PAYER, Bench, claim, fact
from tests.unit.records import CONTRACT_ID, money, types

ENDS = "2026-01-08T04:00:00.000000Z"
RESTS = {"topic": "crps.contracts.events.v1", "sequence": 4}


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def disputed(bench):
    bench.effective().open(6_000)
    return bench


def test_a_contract_without_a_dispute_says_nothing(bench):
    bench.effective()
    assert bench.said == []
    assert bench.aggregate.docket.standing is Standing.EFFECTIVE


def test_an_opening_is_taken_over_with_its_timer(bench):
    (registered,) = bench.effective().open(6_000)
    assert registered["type"] == "crps.dispute.registered.v1"
    assert registered["sequence"] == 1
    assert registered["restson"] == RESTS
    assert registered["causationid"] == f"{CONTRACT_ID}/contracts/4"
    assert registered["data"] == {
        "timers": [{"timer": "dispute", "tranche": 1, "generation": 1, "due_at": ENDS}],
        "tranche": 1,
        "asset": "CNY/2",
        "contested": "6000",
        "payer_claim": "6000",
        "generation": 1,
        "opened_at": "2026-01-05T04:00:00.000000Z",
        "deadline_at": ENDS,
    }


def test_facts_told_again_say_nothing(disputed):
    docket = disputed.aggregate.docket
    for again in (
        fact("contract.accepted", 1, wire.agreed()),
        fact("contract.offered", 1, {**wire.agreed(), "accepted_by": []}),
        fact("contract.effective", 2, wire.took_effect()),
        fact("dispute.opened", 4, wire.opening()),
    ):
        assert disputed.play(again) == []
    assert disputed.aggregate.docket is docket


def test_a_statement_is_three_events_when_it_ends_the_dispute(disputed):
    disputed.wait(1)
    stated, attributed, ended = disputed.lower(PAYEE, 4_000, message_id="mine")
    assert {each["causationid"] for each in (stated, attributed, ended)} == {"mine"}
    assert [each["restson"] for each in (stated, attributed, ended)] == [RESTS] * 3
    assert stated["data"] == {
        "by": "payee",
        "tranche": 1,
        "asset": "CNY/2",
        "payer_claim": "6000",
        "payee_claim": "4000",
        "contested": "0",
        "command_id": "mine",
        "judged_at": "2026-01-05T05:00:00.000000Z",
        "timers": [{"timer": "dispute", "tranche": 1, "generation": 1, "due_at": ENDS}],
    }
    assert attributed["type"] == "crps.funds.attributed.v1"
    assert attributed["data"] == {
        "timers": [],
        "to": "payer",
        "cause": "admission",
        "kind": "subjective",
        "money": money(6_000),
        "parts": [
            {
                "tranche": 1,
                "amount": "6000",
                "before": {"free": "0", "contested": "6000", "payee": "4000", "payer": "0"},
                "after": {"free": "0", "contested": "0", "payee": "4000", "payer": "6000"},
            }
        ],
        "authorisation": {"signer": "payee", "basis": "live", "command_id": "mine"},
        "judged_at": "2026-01-05T05:00:00.000000Z",
    }
    assert ended["data"] == {
        "timers": [],
        "tranche": 1,
        "asset": "CNY/2",
        "ending": "settled",
        "payee": "4000",
        "payer": "6000",
        "judged_at": "2026-01-05T05:00:00.000000Z",
    }


def test_a_silent_payee_is_not_quoted(disputed):
    stated, attributed = disputed.lower(PAYER, 5_000)
    assert "payee_claim" not in stated["data"]
    assert attributed["data"]["cause"] == "concession"
    assert attributed["data"]["timers"][0]["due_at"] == ENDS


def test_the_deadline_executes_the_signed_clause(disputed):
    assert disputed.wait(71).due() == []
    attributed, ended = disputed.wait(1).due()
    assert attributed["data"]["kind"] == "automatic"
    assert attributed["data"]["cause"] == "dispute_default"
    assert attributed["data"]["authorisation"] == {
        "signer": "payee", "basis": "clause", "clause": "dispute.silence_rule",
    }  # fmt: skip
    assert (attributed["data"]["judged_at"], attributed["data"]["due_at"]) == (ENDS, ENDS)
    assert attributed["data"]["timers"] == []
    assert (ended["data"]["ending"], ended["data"]["due_at"]) == ("silence", ENDS)
    assert ended["restson"] == RESTS
    assert disputed.due() == []


def test_a_claim_at_the_deadline_meets_the_ending_it_executed(disputed):
    said = disputed.wait(72).lower(PAYER, 0, message_id="late")
    assert types(said) == ["funds.attributed", "dispute.ended", "command.refused"]
    assert {each["causationid"] for each in said} == {"late"}
    refused = said[-1]["data"]
    assert refused["code"] == "DISPUTE_PERIOD_ENDED"
    assert refused["facts"]["ending"] == "silence"
    assert refused["allowed"] == []


def test_each_tranche_rests_on_its_own_opening(bench):
    bench.effective("a", "b")
    bench.open(6_000, sequence=4)
    (registered,) = bench.open(5_000, sequence=7, tranche=2)
    assert registered["restson"]["sequence"] == 7
    assert [timer["tranche"] for timer in registered["data"]["timers"]] == [1, 2]
    stated, _ = bench.lower(PAYEE, 9_000, tranche="a")
    assert stated["restson"]["sequence"] == 4
    said = bench.wait(72).due(tranche=2)
    assert [each["restson"]["sequence"] for each in said] == [4, 4, 7, 7]


# --- answers ------------------------------------------------------------------------------------


def test_a_redelivery_is_silent_and_a_repeat_is_a_duplicate(disputed):
    first = claim(PAYEE, 9_000, "mine", at=disputed.at)
    stated, _ = disputed.play(first)
    assert disputed.play(first) == []
    (duplicate,) = disputed.play(replace(first, offset=first.offset + 1_000))
    assert duplicate["type"] == "crps.command.duplicated.v1"
    assert duplicate["data"] == {
        "command_id": "mine", "party": PAYEE, "first": "applied", "event_id": stated["id"],
    }  # fmt: skip
    (conflict,) = disputed.lower(PAYEE, 8_999, message_id="mine")
    assert conflict["data"]["code"] == "IDEMPOTENCY_CONFLICT"


def test_a_refused_id_stays_refused_and_ids_are_scoped_to_their_party(disputed):
    (refused,) = disputed.lower(PAYER, 6_001, message_id="x")
    assert refused["data"]["code"] == "CLAIM_MAY_ONLY_FALL"
    assert refused["data"]["allowed"] == [
        {"command": "claim.lower", "until": ENDS},
        {"command": "proposal.make", "until": ENDS},
    ]
    (again,) = disputed.lower(PAYER, 6_001, message_id="x")
    assert (again["data"]["first"], again["data"]["code"]) == ("refused", "CLAIM_MAY_ONLY_FALL")
    assert types(disputed.lower(PAYEE, 9_000, message_id="x")) == [
        "claim.stated",
        "funds.attributed",
    ]
    assert disputed.aggregate.register.refusals == {PAYER: 1}


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ({"amount": 1, "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": "-1", "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ({"amount": "1e3", "asset": "CNY/2"}, "AMOUNT_INVALID"),
        ("ALL", "AMOUNT_INVALID"),
        ({"amount": "1", "asset": "CNY/0"}, "EXPONENT_WRONG"),
        ({"amount": "1", "asset": "XXX/2"}, "CURRENCY_UNKNOWN"),
        ({"amount": "1", "asset": "USD/2"}, "CURRENCY_MISMATCH"),
    ],
)
def test_flawed_amounts_are_refused_by_code(disputed, amount, code):
    (refused,) = disputed.lower(PAYER, amount)
    assert refused["data"]["code"] == code


def test_a_contract_answers_only_to_its_upstream(disputed):
    (refused,) = disputed.lower(PAYER, 5_000, upstream="rival")
    assert refused["data"]["code"] == "NOT_A_PARTY"
    assert refused["data"]["allowed"] == []
    assert disputed.aggregate.register.answers == {}


# --- facts before refusals ----------------------------------------------------------------------


def test_a_command_on_an_unknown_contract_waits_once_for_the_facts(bench):
    played = claim(PAYER, 5_000, "early")
    assert bench.play(played) is Hold.FACTS
    (refused,) = bench.play(replace(played, facts_read=True, held=True))
    assert refused["data"]["code"] == "UNKNOWN_CONTRACT"
    assert bench.aggregate is None


def test_a_command_on_an_unknown_dispute_waits_once_for_the_facts(bench):
    bench.effective("a", "b").open(6_000)
    played = claim(PAYER, 5_000, "early", tranche="b")
    assert bench.play(played) is Hold.FACTS
    (refused,) = bench.play(replace(played, facts_read=True, held=True))
    assert refused["data"]["code"] == "NOT_IN_DISPUTE"
    assert types(bench.lower(PAYER, 5_000, message_id="early", tranche="b")) == [
        "command.duplicated"
    ]


@pytest.mark.parametrize(
    ("noun", "told", "code"),
    [
        ("contract.declined", {"by": "payer", "asset": "CNY/2", "returns": [], "timers": []},
         "DECLINED"),
        ("offer.lapsed", {"asset": "CNY/2", "returns": [], "timers": []}, "OFFER_LAPSED"),
        (None, None, "NOT_EFFECTIVE"),
    ],
)  # fmt: skip
def test_before_effect_a_claim_says_where_the_contract_stands(bench, noun, told, code):
    bench.play(fact("contract.offered", 1, {**wire.agreed(), "accepted_by": ["payer"]}))
    if noun is not None:
        bench.play(fact(noun, 2, told))
    (refused,) = bench.lower(PAYER, 5_000, facts_read=True)
    assert refused["data"]["code"] == code


# --- time ---------------------------------------------------------------------------------------


def test_time_never_runs_back_within_a_contract(disputed):
    disputed.wait(72).lower(PAYER, 5_000)
    (late,) = disputed.wait(-1).lower(PAYEE, 5_000)
    assert late["data"]["code"] == "DISPUTE_PERIOD_ENDED"
    assert late["data"]["facts"]["t"] == ENDS


def test_facts_do_not_move_a_contracts_time(disputed):
    disputed.wait(100)
    disputed.play(fact("contract.effective", 2, wire.took_effect(), at=disputed.at))
    assert disputed.aggregate.last_t is None
    assert types(disputed.wait(-50).lower(PAYER, 5_000)) == ["claim.stated", "funds.attributed"]


def test_a_due_message_for_an_unknown_contract_is_void(bench):
    assert bench.due() == []
    assert bench.aggregate is None


def test_a_contract_disputed_in_every_tranche_fits_its_events(bench):
    bench.effective(*[f"tranche_{number:03}".ljust(40, "x") for number in range(100)])
    for number in range(1, 101):
        bench.open(6_000, sequence=3 + number, tranche=number)
    bench.lower(PAYEE, 9_000, tranche=100, message_id="c" * 128)
    assert max(len(each.value) for each in bench.said) < MAX_RECORD_BYTES
