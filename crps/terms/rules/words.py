"""Rules about words: whose word counts, what was read, and names that mislead."""

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from crps.terms.rules.rule import Draft, Found, Severity, rule

_NO_TEXT: Final = {hashlib.sha256(b"").hexdigest(), "0" * 64}
_NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@rule(Severity.WARNING, "Demand the parties' own signatures where they need not trust it.")
def upstreams_word(draft: Draft) -> Iterator[Found]:
    """Find that the platform can act for both."""
    if draft.terms.proof == "upstream":
        yield Found(
            "proof",
            "The platform's word is enough for every act: it could release the payer's money and"
            " return the payee's without asking them.",
        )


@rule(Severity.WARNING, "Name the tranche after what it pays for, such as delivery.")
def name_like_a_number(draft: Draft) -> Iterator[Found]:
    """Find names that say another number than the tranche has."""
    for index, tranche in enumerate(draft.claimed.tranches):
        number = _number_in(tranche.name or "")
        if number is not None and number != index + 1:
            yield Found(
                f"tranches[{index}].name",
                f"Tranche {index + 1} is called {tranche.name}: who means tranche {number} by that"
                " moves the money of another.",
            )


@rule(Severity.WARNING, "Take SHA-256 over the text that both parties read.")
def no_text(draft: Draft) -> Iterator[Found]:
    """Find a digest of nothing."""
    if draft.terms.text_digest in _NO_TEXT:
        yield Found(
            "text_digest",
            "It is the digest of no text: neither side can show later what it was promised.",
        )


def _number_in(name: str) -> int | None:
    if name in _NUMBERS:
        return _NUMBERS.index(name) + 1
    match = re.fullmatch(r"[a-z_-]+?0*([1-9][0-9]*)", name)
    return int(match[1]) if match else None
