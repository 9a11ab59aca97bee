"""The golden samples of this area: read into the domain, and written back as they stand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas import topics
from schemas.registry import ADAPTERS, MODELS
from schemas.values import Money
from services.chassis.answers import Asked
from services.disputes.domain import commands
from services.disputes.domain.docket import (
    Adjudicator,
    Buckets,
    Clause,
    Proofs,
    Rail,
    Role,
    Standing,
)
from services.disputes.messages import incoming
from tests.unit.disputes import wire
from tests.unit.records import START

SAMPLES = Path("schemas/samples")
KEY = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
JUDGE = {"party": "judy", "key": KEY}
ASKED = Asked("shop-1", "party-payee-9", "cmd-claim-1", b"")
OURS = [
    (topic.name, wire_type)
    for topic in (topics.DISPUTES_EVENTS, topics.DISPUTES_ANSWERS)
    for wire_type in MODELS[topic.name]
]


def golden(wire_type):
    return (SAMPLES / f"crps.{wire_type}.v1.json").read_bytes()


def read(topic, wire_type):
    return ADAPTERS[topic.name, f"crps.{wire_type}.v1"].validate_json(golden(wire_type))


@pytest.mark.parametrize(("topic", "wire_type"), OURS)
def test_what_we_say_is_written_as_the_sample_stands(topic, wire_type):
    stored = (SAMPLES / f"{wire_type}.json").read_bytes()
    adapter = ADAPTERS[topic, wire_type]
    written = adapter.dump_json(adapter.validate_json(stored), exclude_none=True)
    assert json.loads(written) == json.loads(stored)


def test_what_is_wanted_is_what_can_be_read():
    assert set(MODELS[topics.CONTRACTS_EVENTS.name]) >= incoming.WANTED
    for wire_type in incoming.WANTED:
        short = wire_type.removeprefix("crps.").removesuffix(".v1")
        assert incoming.read_fact(read(topics.CONTRACTS_EVENTS, short)) is not None


def test_of_an_offer_what_disputes_need_is_read():
    told = incoming.read_fact(read(topics.CONTRACTS_EVENTS, "contract.offered"))
    terms = json.loads(golden("contract.offered"))["data"]["terms"]
    assert told == commands.ContractOffered(
        upstream="shop-1",
        payer=terms["payer"]["party"],
        payee=terms["payee"]["party"],
        asset="CNY/2",
        tranches=tuple(tranche.get("name") for tranche in terms["tranches"]),
        proofs=Proofs(terms["payer"]["key"], terms["payee"]["key"], required=True),
        adjudicator=None,
    )
    accepted = incoming.read_fact(read(topics.CONTRACTS_EVENTS, "contract.accepted"))
    assert isinstance(accepted, commands.ContractOffered)
    assert accepted.proofs == Proofs()


@pytest.mark.parametrize(
    ("wire_type", "standing"),
    [("contract.declined", Standing.DECLINED), ("offer.lapsed", Standing.OFFER_LAPSED)],
)
def test_the_end_of_an_offer_is_read(wire_type, standing):
    told = incoming.read_fact(read(topics.CONTRACTS_EVENTS, wire_type))
    assert told == commands.OfferEnded(standing)


def test_an_opening_is_read_with_all_that_its_dispute_will_need():
    told = incoming.read_fact(read(topics.CONTRACTS_EVENTS, "dispute.opened"))
    assert (told.tranche, told.amount, told.claim, told.sequence) == (1, 20_000, 6_000, 5)
    assert told.buckets == Buckets(6_000, 14_000, 0)
    assert told.clause == Clause(True, "to_payee", Role.PAYEE)
    assert told.rail == Rail(1, whole_only=False, parts=None)


def test_a_ratio_ending_is_read_with_its_ratio():
    clause = {"silence_rule": False, "ending": "ratio", "ratio_to_payee_bp": 2_500,
              "odd_unit": "payer"}  # fmt: skip
    rail = {"minimum": "5", "whole_only": True, "parts": 3}
    record = wire.fact("dispute.opened", 4, wire.opening(clause=clause, rail=rail))
    told = incoming.read_fact(record.message)
    assert told.clause == Clause(False, "ratio", Role.PAYER, 2_500)
    assert told.rail == Rail(5, whole_only=True, parts=3)


def test_a_claim_is_read_as_it_was_stated():
    message = read(topics.DISPUTES_COMMANDS, "claim.lower")
    assert incoming.read_command(message, ASKED) == commands.LowerClaim(
        ASKED, Money(17_000, "CNY/2"), 1
    )


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        (
            "proposal.make",
            commands.MakeProposal(
                ASKED, "meet-halfway", Money(1_500, "CNY/2"), Money(1_500, "CNY/2"),
                datetime(2026, 1, 10, 15, tzinfo=UTC), 1,
            ),
        ),
        ("proposal.accept", commands.AcceptProposal(ASKED, "meet-halfway", 1)),
        ("proposal.withdraw", commands.WithdrawProposal(ASKED, "first-try", 1)),
        ("ruling.submit", commands.SubmitRuling(ASKED, Money(15_500, "CNY/2"), 1)),
    ],
)  # fmt: skip
def test_what_is_asked_in_a_dispute_is_read(noun, expected):
    message = read(topics.DISPUTES_COMMANDS, noun)
    assert incoming.read_command(message, ASKED) == expected
    assert incoming.proposal_named(message) == getattr(expected, "name", None)


@pytest.mark.parametrize(
    ("dispute", "adjudicator"),
    [
        ({"ending": "external", "adjudicator": JUDGE}, Adjudicator("judy", KEY)),
        ({"ending": "external"}, None),
        ({"ending": "to_payee", "adjudicator": JUDGE}, None),
        ({"ending": {"ratio_to_payee_bp": 5_000}, "adjudicator": JUDGE}, None),
    ],
)
def test_an_adjudicator_counts_under_an_external_ending_only(dispute, adjudicator):
    told = wire.agreed()
    told["terms"]["dispute"] = dispute
    record = wire.fact("contract.accepted", 1, told)
    assert incoming.read_fact(record.message).adjudicator == adjudicator


def test_an_external_ending_is_read_with_its_fallback_and_its_bound():
    clause = {"silence_rule": False, "ending": "external", "fallback": "ratio",
              "ratio_to_payee_bp": 2_500, "odd_unit": "payer"}  # fmt: skip
    bound = {"ruling_deadline_at": "2026-01-10T04:00:00Z", "proposals_budget": 3}
    told = incoming.read_fact(
        wire.fact("dispute.opened", 4, wire.opening(clause=clause, **bound)).message
    )
    assert told.clause == Clause(False, "external", Role.PAYER, 2_500, "ratio")
    assert told.ruling_deadline_at == datetime(2026, 1, 10, 4, tzinfo=UTC)
    assert told.proposals_budget == 3


def test_a_due_message_is_read_without_its_instant():
    due = wire.due("d-1", tranche=2, generation=3, at=START)
    assert incoming.read_due(due.message) == commands.Due("dispute", 2, 3)


@pytest.mark.parametrize("reader", [incoming.read_fact, lambda m: incoming.read_command(m, ASKED)])
def test_what_is_neither_fact_nor_command_is_our_mistake(reader):
    with pytest.raises(TypeError):
        reader(read(topics.DISPUTES_EVENTS, "dispute.ended"))
