"""Refusal codes, in their one order of precedence (SPEC section 4), each with its remedy.

A refusal is an answer, never an exception. A code stands for one cause and is never reused.
"""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Why a command is refused; declared in the order of precedence."""

    MALFORMED = "MALFORMED"
    WRONG_PARTITION = "WRONG_PARTITION"
    UNKNOWN_CONTRACT = "UNKNOWN_CONTRACT"
    NOT_A_PARTY = "NOT_A_PARTY"
    WRONG_ROLE = "WRONG_ROLE"
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
    CONSENT_MISSING = "CONSENT_MISSING"
    DECLINED = "DECLINED"
    OFFER_LAPSED = "OFFER_LAPSED"
    NOT_ON_OFFER = "NOT_ON_OFFER"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    ALREADY_ARRIVED = "ALREADY_ARRIVED"
    CHAIN_PERIOD_ENDED = "CHAIN_PERIOD_ENDED"
    NOTHING_LEFT = "NOTHING_LEFT"
    INSUFFICIENT_REMAINDER = "INSUFFICIENT_REMAINDER"
    PRECONDITION_FAILED = "PRECONDITION_FAILED"
    DUST_REMAINDER = "DUST_REMAINDER"
    NO_CHANGE = "NO_CHANGE"


REMEDY: Final[dict[Code, str]] = {
    Code.MALFORMED: "Mend the message as the detail says and send it again.",
    Code.WRONG_PARTITION: "Send with the murmur2 partitioner, keyed by contract id.",
    Code.UNKNOWN_CONTRACT: "Offer the contract first, or correct its id.",
    Code.NOT_A_PARTY: "Only this contract's upstream may send, for one of its parties.",
    Code.WRONG_ROLE: "This act belongs to the other party.",
    Code.IDEMPOTENCY_CONFLICT: "This command id already stands for another body: use a new id.",
    Code.ACT_BUDGET_SPENT: "The agreed number of acts is used up: use ALL, or wait.",
    Code.TERMS_MISMATCH: "Accept the version and digest of the terms on offer.",
    Code.SAME_PARTY: "Payer and payee must be two parties with two accounts.",
    Code.CURRENCY_UNKNOWN: "Name an ISO 4217 currency, such as CNY/2.",
    Code.EXPONENT_WRONG: "Write the currency with its ISO 4217 exponent.",
    Code.CURRENCY_MISMATCH: "State the amount in the contract's own asset.",
    Code.AMOUNT_INVALID: "Write minor units above zero as a string of at most 18 digits.",
    Code.PERIOD_INVALID: "Give a period above zero and of at most a hundred years.",
    Code.RAIL_CANNOT_HONOUR: "Change the named clause, or choose another rail.",
    Code.CONSENT_MISSING: "Consent to subjective and automatic instructions, or decline.",
    Code.DECLINED: "A party declined this contract: offer a new one.",
    Code.OFFER_LAPSED: "The offer period is over: offer a new contract.",
    Code.NOT_ON_OFFER: "This contract is past that step.",
    Code.NOT_EFFECTIVE: "Wait until both accepted and the bank confirmed the money.",
    Code.ALREADY_ARRIVED: "Nothing to do: the payee got it at the deadline.",
    Code.CHAIN_PERIOD_ENDED: "The chain period is over: pay outside it.",
    Code.NOTHING_LEFT: "Nothing is free any more: all of it is attributed.",
    Code.INSUFFICIENT_REMAINDER: "Ask for at most the remainder, or ALL.",
    Code.PRECONDITION_FAILED: "Look at the remainder and decide again.",
    Code.DUST_REMAINDER: "Choose one of the amounts that the rail can pay.",
    Code.NO_CHANGE: "Nothing to do: it is so already.",
}
"""What the asker can do instead, a sentence a code."""

_RANKS: Final = {code: rank for rank, code in enumerate(Code)}


def rank(code: Code) -> int:
    """Return the place of ``code`` in the order of precedence; the first is refused first."""
    return _RANKS[code]


def is_stored(code: Code) -> bool:
    """Tell whether a refusal uses up the command id.

    What anybody could provoke with another's id never does (SPEC sections 3 and 4).
    """
    return rank(code) > rank(Code.ACT_BUDGET_SPENT)
