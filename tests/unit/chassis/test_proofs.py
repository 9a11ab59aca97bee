"""Given a proof, when anything about it or under it is not as its party signed it, it is none."""

import base64
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from crps.proofs import public_key, sign
from schemas.envelope import PROOF_HEADER
from services.chassis.inbox import Headers, Record
from services.chassis.proofs import PROOF_MAX_BYTES, is_signed, read_proof
from tests.unit.chassis.wire import (
    COMMANDS,
    ENVIRONMENT,
    OTHER,
    RELEASE,
    body,
    encode,
    intake,
    raw,
    signed,
)

ALICE, MALLORY = OKPKey.derive_key("alice"), OKPKey.derive_key("mallory")
KEY = public_key(ALICE)
VALUE = encode(body(RELEASE))
PROOF = sign(VALUE, ALICE, ENVIRONMENT)
OURS = {"alg": "Ed25519", "typ": "crps-act+jws", "env": ENVIRONMENT}
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group in which Ed25519 signs."""


def b64(raw_bytes: bytes) -> str:
    return base64.urlsafe_b64encode(raw_bytes).decode().rstrip("=")


def by_hand(protected: Any, value: bytes = VALUE, key: OKPKey = ALICE) -> str:
    """A proof whose signature is right, whatever its header says (JSON, or its exact bytes)."""
    header = protected if isinstance(protected, bytes) else json.dumps(protected).encode()
    signature = key.get_op_key("sign").sign(f"{b64(header)}.{b64(value)}".encode())
    return f"{b64(header)}..{b64(signature)}"


def holds(proof: str | bytes, value: bytes = VALUE, key: str = KEY) -> bool:
    given = proof.encode() if isinstance(proof, str) else proof
    return is_signed(given, value, ENVIRONMENT, key)


def flips(whole: bytes) -> list[bytes]:
    """``whole`` with each of its bits wrong in turn."""
    return [
        whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
        for place in range(len(whole))
        for bit in range(8)
    ]


@pytest.mark.parametrize(
    "protected",
    [
        OURS,
        {**OURS, "kid": "phone-2"},
        dict(reversed(OURS.items())),
        json.dumps(OURS, indent=1).encode(),
    ],
    ids=["ours", "with a key id", "in another order", "with spaces"],
)
def test_what_its_party_signed_is_proved_however_its_library_writes_the_header(
    protected: Any,
) -> None:
    assert holds(PROOF)
    assert holds(by_hand(protected))


def test_no_bit_of_header_or_signature_may_be_another() -> None:
    assert [bent for bent in flips(PROOF.encode()) if holds(bent)] == []


def test_no_bit_of_what_was_signed_may_be_another() -> None:
    assert [bent for bent in flips(VALUE) if holds(PROOF, bent)] == []


@pytest.mark.parametrize(
    "value",
    [
        encode(body(RELEASE, subject=str(OTHER))),
        encode(body(RELEASE, id="m-2")),
        encode(body("crps.funds.release.v1", type="crps.funds.return.v1")),
        encode(body(RELEASE, data={"party": "p-2", "amount": "ALL"})),
        json.dumps(body(RELEASE), separators=(",", ":")).encode(),
        json.dumps(body(RELEASE), sort_keys=True).encode(),
        VALUE + b"\n",
        b" " + VALUE,
        b"\xef\xbb\xbf" + VALUE,
        b"",
    ],
    ids=["contract", "command id", "action", "party", "compact", "sorted", "newline", "space",
         "byte order mark", "nothing"],
)  # fmt: skip
def test_a_proof_speaks_of_its_exact_bytes_only(value: bytes) -> None:
    assert not holds(PROOF, value)


def test_a_proof_speaks_for_its_key_and_its_environment_only() -> None:
    assert not holds(sign(VALUE, MALLORY, ENVIRONMENT))
    assert not holds(PROOF, key=public_key(MALLORY))
    assert not holds(sign(VALUE, ALICE, "production"))
    assert not is_signed(PROOF.encode(), VALUE, "production", KEY)


@pytest.mark.parametrize(
    "protected",
    [
        {**OURS, "alg": "none"},
        {**OURS, "alg": "EdDSA"},
        {**OURS, "alg": "Ed448"},
        {**OURS, "alg": "ed25519"},
        {**OURS, "alg": ["Ed25519"]},
        {**OURS, "alg": None},
        {**OURS, "env": "production"},
        {**OURS, "env": [ENVIRONMENT]},
        {**OURS, "typ": "JOSE"},
        {**OURS, "typ": "application/crps-act+jws"},
        {**OURS, "kid": 1},
        {**OURS, "kid": None},
        {**OURS, "b64": True},
        {**OURS, "b64": False, "crit": ["b64"]},
        {**OURS, "crit": ["env"]},
        {**OURS, "crit": []},
        {**OURS, "jwk": MALLORY.as_dict(private=False)},
        {**OURS, "jku": "https://example.org/keys"},
        {**OURS, "x5c": []},
        {**OURS, "iat": 1},
        {name: said for name, said in OURS.items() if name != "alg"},
        {name: said for name, said in OURS.items() if name != "typ"},
        {name: said for name, said in OURS.items() if name != "env"},
        {},
        [],
        [OURS],
        1,
        None,
        "Ed25519",
        b"",
        b"{",
        b'{"alg":"none",' + json.dumps(OURS).encode()[1:],
        json.dumps(OURS).encode("utf-16"),
        b"\xff" + json.dumps(OURS).encode(),
        json.dumps(OURS).encode() + b"{}",
        b"[" * 300,
        b'{"kid":' * 40,
    ],
    ids=str,
)
def test_a_header_that_says_anything_else_proves_nothing_though_the_signature_is_right(
    protected: Any,
) -> None:
    assert not holds(by_hand(protected))
    assert not holds(by_hand(protected, key=MALLORY))


def test_no_other_algorithm_takes_the_public_key_for_a_secret() -> None:
    # The classic confusion: an HMAC that anybody can compute, verified as a signature.
    for secret in (KEY.encode(), base64.urlsafe_b64decode(KEY + "=")):
        forged = jws.serialize_compact(
            {**OURS, "alg": "HS256"}, VALUE, OctKey.import_key(secret), registry=_ANY
        )
        assert not holds(jws.detach_content(forged))
    for header in (OURS, {**OURS, "alg": "none"}):
        assert not holds(f"{b64(json.dumps(header).encode())}..")


_ANY = jws.JWSRegistry(algorithms=["HS256", "Ed25519"], strict_check_header=False)


def _segments() -> tuple[str, str]:
    protected, _, signature = PROOF.split(".")
    return protected, signature


def _one_order_up() -> str:
    """The same signature with its second half one group order higher: equal to a lax reader."""
    protected, signature = _segments()
    two = base64.urlsafe_b64decode(signature + "==")
    higher = (int.from_bytes(two[32:], "little") + ORDER).to_bytes(32, "little")
    return f"{protected}..{b64(two[:32] + higher)}"


def _foreign_payload() -> str:
    return jws.serialize_compact(OURS, b'{"amount":"1"}', ALICE, registry=_ANY)


@pytest.mark.parametrize(
    "proof",
    [
        "",
        ".",
        "..",
        "...",
        PROOF + ".",
        "." + PROOF,
        PROOF + "=",
        PROOF + "==",
        PROOF + "\n",
        " " + PROOF,
        PROOF[:-1],
        PROOF + "A",
        PROOF.replace("..", "."),
        PROOF.replace("..", f".{b64(VALUE)}."),
        PROOF.replace("..", ". ."),
        f"{_segments()[0]}=..{_segments()[1]}",
        f"{PROOF}..{PROOF}",
        json.dumps({"protected": _segments()[0], "signature": _segments()[1]}),
        by_hand({**OURS, "kid": "k" * PROOF_MAX_BYTES}),
        "A" * 10_000,
        _one_order_up(),
        _foreign_payload(),
        PROOF.encode() + b"\xff",
        "é" + PROOF,
        PROOF.encode("utf-16"),
    ],
    ids=repr,
)
def test_a_proof_of_another_form_proves_nothing(proof: str | bytes) -> None:
    assert not holds(proof)


def test_a_signature_has_one_spelling() -> None:
    # Two bits of its last character belong to nothing: a lax decoder ignores them.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/"
    assert [last for last in alphabet if holds(PROOF[:-1] + last)] == [PROOF[-1]]


@pytest.mark.parametrize("key", ["A" * 43, "_" * 42 + "8", "AQ" + "A" * 41])
def test_a_key_that_is_no_point_of_the_curve_verifies_nothing(key: str) -> None:
    assert not holds(PROOF, key=key)


# --- the record that bears it -------------------------------------------------------------------


def read(headers: Headers, value: bytes = VALUE) -> Record:
    found = intake().read(raw(COMMANDS, value, (*signed(value), *headers)))
    assert isinstance(found, Record)
    return found


def test_a_record_that_bears_no_proof_costs_no_verification_and_says_so() -> None:
    assert read(()).proof is None
    assert read((("crps-proofs", PROOF.encode()), ("CRPS-PROOF", PROOF.encode()))).proof is None


def test_a_records_proof_is_of_its_own_bytes_and_its_own_system() -> None:
    proof = read(((PROOF_HEADER, PROOF.encode()),)).proof
    assert proof is not None
    assert proof(KEY)
    assert not proof(public_key(MALLORY))
    elsewhere = read_proof(((PROOF_HEADER, PROOF.encode()),), VALUE, "production")
    assert elsewhere is not None
    assert not elsewhere(KEY)
    other = read(((PROOF_HEADER, PROOF.encode()),), encode(body(RELEASE, id="m-2"))).proof
    assert other is not None
    assert not other(KEY)


@pytest.mark.parametrize(
    "worn",
    [
        (None,),
        (b"",),
        (b"\xff\xfe",),
        (PROOF.encode(), PROOF.encode()),
        (PROOF.encode(), b"another"),
        (b"another", PROOF.encode()),
        (PROOF.encode(), None),
    ],
    ids=repr,
)
def test_a_header_that_cannot_be_one_proof_is_one_that_nobody_made(
    worn: tuple[bytes | None, ...],
) -> None:
    proof = read(tuple((PROOF_HEADER, each) for each in worn)).proof
    assert proof is not None
    assert not proof(KEY)
