"""Any sequence of messages has the answers of the law, and the machine reaches all of them.

Also where the planted bugs are looked for, by as many stories, the right rules pass.
"""

from collections import Counter
from functools import cache
from itertools import product

import pytest

from .machine import play
from .planting import DISPUTED, EXAMPLES, ON_OFFER, PROPOSED, ROUNDS, RULED, STEPS, UNDISPUTED
from .plotting import CODES

FOCI = {
    "anywhere": {},
    "on offer": ON_OFFER,
    "undisputed": UNDISPUTED,
    "disputed": DISPUTED,
    "proposed and ruled": {**PROPOSED, "ruling": [None, *RULED["ruling"]]},
}
SAID = {
    "offered", "accepted", "declined", "lapsed", "revoked", "counted", "foreign", "sent back",
    "effective", "opened", "stated", "over", "closed", "reopened", "proposed", "agreed",
    "withdrawn", "voided", "ruled",
}  # fmt: skip
MOVED = {
    "moved payee release", "moved payer return", "moved payee arrival", "moved payee admission",
    "moved payer admission", "moved payee concession", "moved payer concession",
    "moved payee dispute_default", "moved payer dispute_default", "deadline payee",
    "deadline payer", "ended settled", "ended silence", "ended to_payee", "ended to_payer",
    "ended ratio", "moved payee proposal", "moved payer proposal", "moved payee ruling",
    "moved payer ruling", "ended proposal", "ended ruling",
}  # fmt: skip


@pytest.mark.parametrize("focus", FOCI)
def test_any_sequence_of_messages_has_the_answers_of_the_law(focus: str) -> None:
    assert played(focus, 0)["effective"] > 0


def test_all_that_can_happen_does_happen() -> None:
    missing = SAID | MOVED | {f"{kind}: applied" for kind in CODES}
    for number, focus in product(range(ROUNDS), FOCI):
        if missing:
            missing -= set(played(focus, number))
    assert missing == set()


@cache
def played(focus: str, number: int) -> Counter[str]:
    return play(number, examples=EXAMPLES, steps=STEPS, **FOCI[focus])
