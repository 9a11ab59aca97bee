"""The parties' own signatures, verified anew: by the library and this file, by no service's code.

A command that bears a proof speaks for its party only if that is the party's own, over the exact
bytes in the log; where the terms demand proofs, one that bears none speaks for nobody.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.registry import HeaderParameter

from crps.audit.log import LogRecord
from schemas.envelope import PROOF_ALGORITHM, PROOF_HEADER, PROOF_TYPE
from schemas.terms_v1 import Terms

Proof = Callable[[str], bool]
"""Whether it is by the holder of this public key."""

_REGISTRY: Final = jws.JWSRegistry(
    header_registry={"env": HeaderParameter("Environment", "str", required=True)},
    algorithms=[PROOF_ALGORITHM],
)
_OURS: Final = {"alg", "typ", "env", "kid"}


def proof_of(record: LogRecord, environment: str) -> Proof | None:
    """Return what `record` bears as a proof; None if it bears none."""
    borne = [given for name, given in record.headers if name == PROOF_HEADER]
    return partial(_verifies, borne, record.value, environment) if borne else None


def is_partys_own(proof: Proof | None, terms: Terms, party: str) -> bool:
    """Tell whether a command that bears `proof` is `party`'s by the terms that both signed."""
    if proof is None:
        return terms.proof == "upstream"
    side = terms.payer if party == terms.payer.party else terms.payee
    return side.key is not None and proof(side.key)


def _verifies(borne: list[bytes], value: bytes, environment: str, key: str) -> bool:
    # Attached, the payload would be what was signed, and the record's bytes anything.
    if len(borne) != 1 or b".." not in (borne[0] or b""):
        return False
    public = OKPKey.import_key({"kty": "OKP", "crv": PROOF_ALGORITHM, "x": key})
    try:
        verified = jws.deserialize_compact(borne[0], public, registry=_REGISTRY, payload=value)
    except (JoseError, ValueError, TypeError):
        return False
    said = verified.headers()
    return (said.get("typ"), said["env"]) == (PROOF_TYPE, environment) and set(said) <= _OURS
