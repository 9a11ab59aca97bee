"""Why a command is refused: every code, declared in the one order of precedence (SPEC section 4).

A refusal is an answer, never an exception. A code stands for one cause and is never reused. Each
service says what to do about the codes that it gives.
"""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """A reason for a refusal; of several that hold, the first is given."""

    MALFORMED = "MALFORMED"
    WRONG_PARTITION = "WRONG_PARTITION"
    UNKNOWN_CONTRACT = "UNKNOWN_CONTRACT"
    NOT_A_PARTY = "NOT_A_PARTY"
    WRONG_ROLE = "WRONG_ROLE"
    SIGNATURE_REQUIRED = "SIGNATURE_REQUIRED"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    ACT_BUDGET_SPENT = "ACT_BUDGET_SPENT"
    TERMS_MISMATCH = "TERMS_MISMATCH"
    SAME_PARTY = "SAME_PARTY"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    EXPONENT_WRONG = "EXPONENT_WRONG"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    AMOUNT_INVALID = "AMOUNT_INVALID"
    PERIOD_INVALID = "PERIOD_INVALID"
    RAIL_CANNOT_HONOUR = "RAIL_CANNOT_HONOUR"
    CALENDAR_NOT_PUBLISHED = "CALENDAR_NOT_PUBLISHED"
    CONSENT_MISSING = "CONSENT_MISSING"
    DECLINED = "DECLINED"
    OFFER_LAPSED = "OFFER_LAPSED"
    NOT_ON_OFFER = "NOT_ON_OFFER"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    ALREADY_ARRIVED = "ALREADY_ARRIVED"
    CHAIN_PERIOD_ENDED = "CHAIN_PERIOD_ENDED"
    IN_DISPUTE = "IN_DISPUTE"
    NOT_IN_DISPUTE = "NOT_IN_DISPUTE"
    DISPUTE_BUDGET_SPENT = "DISPUTE_BUDGET_SPENT"
    DISPUTE_PERIOD_ENDED = "DISPUTE_PERIOD_ENDED"
    PROPOSAL_SUPERSEDED = "PROPOSAL_SUPERSEDED"
    NOTHING_LEFT = "NOTHING_LEFT"
    INSUFFICIENT_REMAINDER = "INSUFFICIENT_REMAINDER"
    PRECONDITION_FAILED = "PRECONDITION_FAILED"
    DUST_REMAINDER = "DUST_REMAINDER"
    DEADLINE_PAST = "DEADLINE_PAST"
    DEADLINE_ONLY_LATER = "DEADLINE_ONLY_LATER"
    DEADLINE_ONLY_EARLIER = "DEADLINE_ONLY_EARLIER"
    BEYOND_CAP = "BEYOND_CAP"
    CLAIM_MAY_ONLY_FALL = "CLAIM_MAY_ONLY_FALL"
    CLAIM_OUT_OF_BOUNDS = "CLAIM_OUT_OF_BOUNDS"
    PROPOSAL_NAME_USED = "PROPOSAL_NAME_USED"
    PROPOSAL_UNKNOWN = "PROPOSAL_UNKNOWN"
    PROPOSAL_STALE = "PROPOSAL_STALE"
    PROPOSAL_EXPIRED = "PROPOSAL_EXPIRED"
    NO_CHANGE = "NO_CHANGE"


_RANKS: Final = {code: rank for rank, code in enumerate(Code)}


def rank(code: Code) -> int:
    """Return the place of ``code`` in the order of precedence; the first is refused first."""
    return _RANKS[code]


def is_stored(code: Code) -> bool:
    """Tell whether a refusal uses up the command id.

    What anybody could provoke with another's id never does (SPEC sections 3 and 4).
    """
    return rank(code) > rank(Code.ACT_BUDGET_SPENT)
