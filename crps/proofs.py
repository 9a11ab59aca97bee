"""How a party signs: a detached JWS over a record's exact bytes, for one environment (SPEC 3)."""

import os
from typing import Any, Final

from joserfc import jws
from joserfc.jwk import OKPKey

from crps.replay.signing import Headers
from schemas.envelope import PROOF_ALGORITHM, PROOF_HEADER, PROOF_TYPE

ENVIRONMENT: Final = "sandbox"
"""What a system is called that was given no other name."""

VARIABLE: Final = "CRPS_ENVIRONMENT"

_REGISTRY: Final = jws.JWSRegistry(algorithms=[PROOF_ALGORITHM], strict_check_header=False)


def environment_here() -> str:
    """Return the name of the system that this process speaks to, as its services are given it."""
    return os.environ.get(VARIABLE, ENVIRONMENT)


def sign(value: bytes, key: OKPKey, environment: str) -> str:
    """Return the proof that the holder of the private ``key`` wrote exactly ``value``."""
    protected: dict[str, Any] = {
        "alg": PROOF_ALGORITHM,
        "typ": PROOF_TYPE,
        "env": environment,
    }
    return jws.detach_content(jws.serialize_compact(protected, value, key, registry=_REGISTRY))


def proof_header(value: bytes, key: OKPKey, environment: str = ENVIRONMENT) -> Headers:
    """Return the header by which a record bears the proof."""
    return ((PROOF_HEADER, sign(value, key, environment).encode()),)


def public_key(key: OKPKey) -> str:
    """Return the public half as the terms name it."""
    return str(key.as_dict(private=False)["x"])
