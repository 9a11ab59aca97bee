"""Given who signs, when a claim comes with a proof or without, then only its own party's counts."""

from dataclasses import replace
from typing import Any

import pytest

from services.chassis.answers import Duplicate, FirstAnswer
from services.disputes.domain.commands import BecameEffective
from services.disputes.domain.docket import Proofs
from services.disputes.domain.facts import learn
from tests.unit.disputes.story import OFFERED, PARTY, START, Story, code, opened

FIRST = FirstAnswer(b"body", "applied", None, "event-1")
SIDES = pytest.mark.parametrize(("side", "other"), [("payer", "payee"), ("payee", "payer")])


class Proof:
    """A proof by the holder of one key, which counts how often it is verified."""

    def __init__(self, key: str) -> None:
        self.key, self.asked = key, 0

    def __call__(self, key: str) -> bool:
        self.asked += 1
        return key == self.key


def disputed(*, required: bool = True, keys: bool = True) -> Story:
    """A dispute over 60 of 100 between parties with keys."""
    proofs = Proofs("payers-key", "payees-key", required) if keys else Proofs()
    tale = Story(learn(None, replace(OFFERED, proofs=proofs)))
    tale.docket = learn(tale.docket, BecameEffective(START))
    tale.hear(opened(60))
    return tale


def claim(tale: Story, side: str, **asked: Any) -> Any:
    party = {role.value: name for role, name in PARTY.items()}[side]
    return tale.lower(party, {"payer": 50, "payee": 90}[side], **asked)


@SIDES
def test_a_claim_needs_its_partys_own_signature(side: str, other: str) -> None:
    tale = disputed()
    assert code(claim(tale, side)) == "SIGNATURE_REQUIRED"
    assert code(claim(tale, side, proof=Proof(f"{other}s-key"))) == "SIGNATURE_INVALID"
    assert tale.dsr() == (60, 40, 0)
    own = Proof(f"{side}s-key")
    assert code(claim(tale, side, proof=own)) == "Applied"
    assert own.asked == 1


@SIDES
def test_where_it_is_not_demanded_a_proof_must_be_valid_all_the_same(side: str, other: str) -> None:
    tale = disputed(required=False)
    assert code(claim(tale, side, proof=Proof(f"{other}s-key"))) == "SIGNATURE_INVALID"
    assert code(claim(tale, side, proof=Proof(f"{side}s-key"))) == "Applied"
    keyless = disputed(keys=False)
    assert code(claim(keyless, side, proof=Proof(f"{side}s-key"))) == "SIGNATURE_INVALID"
    assert code(claim(keyless, side)) == "Applied"


def test_no_signature_is_verified_where_a_cheaper_reason_refuses() -> None:
    tale, proof = disputed(), Proof("payers-key")
    assert code(claim(tale, "payer", upstream="rival", proof=proof)) == "NOT_A_PARTY"
    assert code(tale.lower("mallory", 50, proof=proof)) == "NOT_A_PARTY"
    assert code(tale.lower("alice", 50, 7, proof=proof)) == "MALFORMED"
    assert code(Story().lower("alice", 50, proof=proof)) == "UNKNOWN_CONTRACT"
    assert proof.asked == 0


def test_an_id_is_looked_up_only_for_whoever_proves_to_be_its_party() -> None:
    tale = disputed()
    assert code(claim(tale, "payer", first=FIRST)) == "SIGNATURE_REQUIRED"
    forged = claim(tale, "payer", first=FIRST, proof=Proof("payees-key"))
    assert code(forged) == "SIGNATURE_INVALID"
    own = claim(tale, "payer", first=FIRST, proof=Proof("payers-key"))
    assert own.outcome == Duplicate(FIRST)


def test_what_is_due_happens_although_the_claim_that_came_with_it_is_forged() -> None:
    tale = disputed().wait(72)
    assert code(claim(tale, "payer", proof=Proof("payees-key"))) == "SIGNATURE_INVALID"
    assert tale.dsr() == (0, 40, 60)
