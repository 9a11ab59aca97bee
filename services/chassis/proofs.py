"""A party's own signature over a command: a detached JWS in the header ``crps-proof``.

Pure. The record's exact bytes hold contract, command id, action and party; the protected header
holds the environment, and nothing else but the algorithm, its type and perhaps a key id: whatever
else a signature could be taken for is refused (SPEC section 3).
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64decode

from schemas.envelope import PROOF_ALGORITHM, PROOF_HEADER, PROOF_TYPE
from services.chassis.documents import read_document
from services.chassis.inbox import Headers

PROOF_MAX_BYTES: Final = 512
"""A longer one is not even parsed."""

Proof = Callable[[str], bool]
"""Whether it is a signature by the holder of this public key."""

# The header is compared as a whole before the library reads it.
_ED25519: Final = jws.JWSRegistry(algorithms=[PROOF_ALGORITHM], strict_check_header=False)


def read_proof(headers: Headers, value: bytes, environment: str) -> Proof | None:
    """Return the signature that a record bears, to be verified when it is asked; None: none.

    Of two there is no telling which is meant: they are one that nobody's key verifies.
    """
    worn = [given for name, given in headers if name == PROOF_HEADER]
    if not worn:
        return None
    proof = worn[0] if len(worn) == 1 else None
    return partial(is_signed, proof or b"", value, environment)


def is_signed(proof: bytes, value: bytes, environment: str, key: str) -> bool:
    """Tell whether ``proof`` is by the holder of ``key``, over exactly ``value``; never raises.

    ``proof``: a JWS in compact form whose payload part is empty. ``key``: ``fields.PublicKey``.
    """
    protected, *rest = proof.split(b".")
    if len(proof) > PROOF_MAX_BYTES or len(rest) != 2 or rest[0]:
        return False
    try:
        if not _is_ours(urlsafe_b64decode(protected), environment):
            return False
        public_key = OKPKey.import_key({"kty": "OKP", "crv": PROOF_ALGORITHM, "x": key})
        jws.deserialize_compact(proof, public_key, registry=_ED25519, payload=value)
    except (JoseError, ValueError):
        return False
    return True


def _is_ours(protected: bytes, environment: str) -> bool:
    members = read_document(protected).members
    if not isinstance(members, dict) or not isinstance(members.pop("kid", ""), str):
        return False
    return members == {"alg": PROOF_ALGORITHM, "typ": PROOF_TYPE, "env": environment}
