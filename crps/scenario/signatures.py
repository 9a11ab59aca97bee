"""The parties' own signatures: each person of a scenario has one key, by the name of the role."""

from dataclasses import replace
from functools import cache
from typing import Final, Literal

from joserfc.jwk import OKPKey

from crps.proofs import proof_header, public_key
from crps.scenario.letters import Letter
from schemas.envelope import PROOF_HEADER

PARTIES: Final[tuple[Literal["payer", "payee"], ...]] = ("payer", "payee")


@cache
def key_of(role: str) -> OKPKey:
    """Return the private key of ``role``: the same in every scenario."""
    return OKPKey.derive_key(f"the {role} of a scenario")


def key_in_terms(role: str) -> str:
    """Return the public key of ``role`` as the terms name it."""
    return public_key(key_of(role))


def signed(letter: Letter, by: str) -> Letter:
    """Return the letter with the proof of ``by``, in place of any that it bore."""
    bare = unsigned(letter)
    return replace(bare, headers=(*bare.headers, *proof_header(bare.value, key_of(by))))


def unsigned(letter: Letter) -> Letter:
    """Return the letter without a proof."""
    headers = tuple(header for header in letter.headers if header[0] != PROOF_HEADER)
    return replace(letter, headers=headers)
