"""The parties' own signatures: who signs what, and what the model makes of it.

Signed with the key by which a party is known, verified by hand with the curve alone: no JOSE
library, none of the services' code. One in six acts bears a wrong proof, or none.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADER = "crps-proof"
PROTECTED = {"alg": "Ed25519", "typ": "crps-act+jws", "env": "sandbox"}
NONE, ANOTHERS, TWO = 18, 34, 42
"""Of the 256 first bytes that a record's digest may have: up to where it bears which."""


@cache
def _private(party: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(party.encode()).digest())


def public_key(party: str) -> str:
    return _base64url(_private(party).public_key().public_bytes_raw())


def borne(value: bytes, party: str) -> tuple[tuple[str, bytes], ...]:
    """The proofs that a record bears: the same record the same ones, mostly its party's own."""
    draw = hashlib.sha256(value).digest()[0]
    if draw < NONE:
        return ()
    signer = "somebody else" if draw < ANOTHERS else party
    proof = ((HEADER, _proof(value, signer)),)
    return proof * 2 if ANOTHERS <= draw < TWO else proof


def why_not(record: Any, terms: Mapping[str, Any]) -> str | None:
    """Return the code by which the proofs of a party's command are refused; None if they hold."""
    judge = terms["dispute"].get("adjudicator", {"party": None})
    if not record.proofs:
        demanded = terms["proof"] == "signature" or record.data["party"] == judge["party"]
        return "SIGNATURE_REQUIRED" if demanded else None
    sides = {each["party"]: each for each in (judge, terms["payer"], terms["payee"])}
    key = sides[record.data["party"]].get("key")
    holds = len(record.proofs) == 1 and key and _holds(record.proofs[0], record.value, key)
    return None if holds else "SIGNATURE_INVALID"


def _proof(value: bytes, party: str) -> bytes:
    header = _base64url(json.dumps(PROTECTED).encode())
    signature = _private(party).sign(f"{header}.{_base64url(value)}".encode())
    return f"{header}..{_base64url(signature)}".encode()


def _holds(proof: bytes, value: bytes, key: str) -> bool:
    header, nothing, signature = proof.decode().split(".")
    if nothing or json.loads(_bytes(header)) != PROTECTED:
        return False
    public = Ed25519PublicKey.from_public_bytes(_bytes(key))
    try:
        public.verify(_bytes(signature), f"{header}.{_base64url(value)}".encode())
    except InvalidSignature:
        return False
    return True


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
