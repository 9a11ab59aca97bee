"""Given who signs, when an act comes with a proof or without, then only its own party's counts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.answers import Decision, Duplicate, FirstAnswer
from services.contracts.domain.contract import Caps, Party
from tests.unit.contracts.conftest import HOUR_MS, START, Story, terms

ALICE, BOB = Party("alice", "acc-alice", "alices-key"), Party("bob", "acc-bob", "bobs-key")
LATER = START + timedelta(hours=144)
SOONER = START + timedelta(hours=96)
FIRST = FirstAnswer(b"body", "applied", None, "event-1")


class Proof:
    """A proof by the holder of one key, which counts how often it is verified."""

    def __init__(self, key: str) -> None:
        self.key, self.asked = key, 0

    def __call__(self, key: str) -> bool:
        self.asked += 1
        return key == self.key


def signing(required: bool = True) -> Story:
    """A contract that is effective, of parties with keys."""
    changes = {"payer": ALICE, "payee": BOB, "caps": Caps(48 * HOUR_MS)}
    tale = Story(terms(proof_required=required, **changes))
    tale.offer()
    for party in ("alice", "bob"):
        tale.accept_signed(party)
    tale.fund(10_000)
    return tale


Act = Callable[[Story, Any], Decision]
ACTS: dict[str, tuple[str, Act]] = {
    "release": ("alice", lambda tale, asked: tale.release(1, asked=asked)),
    "return": ("bob", lambda tale, asked: tale.give_back(1, asked=asked)),
    "extend": ("bob", lambda tale, asked: tale.extend(LATER, asked=asked)),
    "advance": ("alice", lambda tale, asked: tale.advance(SOONER, asked=asked)),
    "dispute": ("alice", lambda tale, asked: tale.dispute(6_000, asked=asked)),
}
EVERY = pytest.mark.parametrize("act", ACTS)


@EVERY
def test_an_act_needs_its_partys_own_signature(act: str, code: Any) -> None:
    party, perform = ACTS[act]
    other = {"alice": "bob", "bob": "alice"}[party]
    tale = signing()
    before = tale.contract
    assert code(perform(tale, tale.ask(party))) == "SIGNATURE_REQUIRED"
    for forger in (f"{other}s-key", "shops-key"):
        assert code(perform(tale, tale.ask(party, proof=Proof(forger)))) == "SIGNATURE_INVALID"
    assert tale.contract == before
    own = Proof(f"{party}s-key")
    assert code(perform(tale, tale.ask(party, proof=own))) == "Applied"
    assert own.asked == 1


@EVERY
def test_where_it_is_not_demanded_a_proof_must_be_valid_all_the_same(act: str, code: Any) -> None:
    party, perform = ACTS[act]
    tale = signing(required=False)
    assert code(perform(tale, tale.ask(party, proof=Proof("another")))) == "SIGNATURE_INVALID"
    assert code(perform(tale, tale.ask(party, proof=Proof(f"{party}s-key")))) == "Applied"
    assert code(perform(signing(required=False), tale.ask(party))) == "Applied"


@EVERY
def test_without_a_key_in_the_terms_no_proof_is_valid(act: str, effective: Any, code: Any) -> None:
    party, perform = ACTS[act]
    tale = effective((10_000, 120), caps=Caps(48 * HOUR_MS))
    proof = Proof(f"{party}s-key")
    assert code(perform(tale, tale.ask(party, proof=proof))) == "SIGNATURE_INVALID"
    assert proof.asked == 0
    assert code(perform(tale, tale.ask(party))) == "Applied"


# --- what comes before it, and after ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"upstream": "rival"}, "NOT_A_PARTY"),
        ({"party": "stranger"}, "NOT_A_PARTY"),
        ({"party": "bob"}, "WRONG_ROLE"),
    ],
)
@pytest.mark.parametrize("act", ["release", "advance", "dispute"])
def test_no_signature_is_verified_where_a_cheaper_reason_refuses(
    act: str, changes: dict[str, Any], why: str, code: Any
) -> None:
    tale, proof = signing(), Proof("alices-key")
    asked = tale.ask(**{"party": "alice", **changes}, proof=proof)
    assert code(ACTS[act][1](tale, asked)) == why
    assert code(ACTS[act][1](tale, replace(asked, proof=None))) == why
    assert proof.asked == 0


def test_no_signature_is_verified_of_a_tranche_that_is_not_or_a_contract_unknown(code: Any) -> None:
    proof = Proof("alices-key")
    tale = signing()
    assert code(tale.release(1, asked=tale.ask(proof=proof), tranche=7)) == "MALFORMED"
    unknown = Story(terms())
    assert code(unknown.release(1, asked=unknown.ask(proof=proof))) == "UNKNOWN_CONTRACT"
    assert proof.asked == 0


def test_an_id_is_looked_up_only_for_whoever_proves_to_be_its_party(code: Any) -> None:
    tale = signing()
    for body in (b"body", b"other"):
        forged = tale.ask(first=FIRST, body_digest=body, proof=Proof("bobs-key"))
        assert code(tale.release(1, asked=forged)) == "SIGNATURE_INVALID"
        bare = replace(forged, proof=None)
        assert code(tale.release(1, asked=bare)) == "SIGNATURE_REQUIRED"
    own = tale.ask(first=FIRST, proof=Proof("alices-key"))
    assert tale.release(1, asked=own).outcome == Duplicate(FIRST)
    conflict = replace(own, body_digest=b"other")
    assert code(tale.release(1, asked=conflict)) == "IDEMPOTENCY_CONFLICT"


def test_a_valid_signature_buys_nothing_beyond_the_law(code: Any) -> None:
    tale = signing()
    for amount, why in ((10_001, "INSUFFICIENT_REMAINDER"), (0, "AMOUNT_INVALID")):
        asked = tale.ask(proof=Proof("alices-key"))
        assert code(tale.release(amount, asked=asked)) == why
    tale.wait(120)
    late = tale.ask(proof=Proof("alices-key"))
    assert code(tale.release(1, asked=late)) == "ALREADY_ARRIVED"


def test_what_is_due_happens_although_the_act_that_came_with_it_is_forged(code: Any) -> None:
    tale = signing().wait(120)
    decision = tale.release(1, asked=tale.ask(proof=Proof("bobs-key")))
    assert code(decision) == "SIGNATURE_INVALID"
    assert tale.buckets == (0, 10_000, 0)


# --- offers and acceptances ---------------------------------------------------------------------


def offered() -> Story:
    tale = Story(terms(proof_required=True, payer=ALICE, payee=BOB))
    tale.offer()
    return tale


@pytest.mark.parametrize("accepted", [(ALICE,), (BOB,), (ALICE, BOB)])
def test_an_offer_bears_no_acceptance_of_those_who_sign_themselves(
    accepted: tuple[Party, ...], code: Any
) -> None:
    tale = Story(terms(proof_required=True, payer=ALICE, payee=BOB))
    assert code(tale.offer(*accepted)) == "SIGNATURE_REQUIRED"
    proof = Proof("alices-key")
    assert code(tale.offer(*accepted, asked=tale.ask("shop", proof=proof))) == "SIGNATURE_REQUIRED"
    assert tale.contract is None
    assert code(tale.offer()) == "Applied"


def test_an_upstream_has_no_key_so_that_nothing_of_its_own_is_proved(code: Any) -> None:
    for required in (True, False):
        tale = Story(terms(proof_required=required, payer=ALICE, payee=BOB))
        proof = Proof("alices-key")
        assert code(tale.offer(asked=tale.ask("shop", proof=proof))) == "SIGNATURE_INVALID"
        assert proof.asked == 0


@pytest.mark.parametrize("party", ["alice", "bob"])
def test_each_accepts_and_declines_by_its_own_signature(party: str, code: Any) -> None:
    tale = offered()
    other = {"alice": "bobs-key", "bob": "alices-key"}[party]
    assert code(tale.accept(party)) == "SIGNATURE_REQUIRED"
    assert code(tale.decline(party)) == "SIGNATURE_REQUIRED"
    assert code(tale.accept_signed(party, other)) == "SIGNATURE_INVALID"
    assert code(tale.accept_signed(party)) == "Applied"
    assert tale.status == "OFFERED"


def test_two_sides_with_one_key_would_be_one_signer() -> None:
    for required in (True, False):
        same = replace(BOB, key=ALICE.key)
        tale = Story(terms(proof_required=required, payer=ALICE, payee=same))
        refusal = tale.offer().outcome
        assert (refusal.code, refusal.facts) == ("SAME_PARTY", {"same": "key"})


def test_two_sides_without_keys_are_not_the_same(code: Any) -> None:
    assert code(Story(terms()).offer()) == "Applied"
