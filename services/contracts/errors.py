"""What the asker of contracts can do instead, a sentence a code that contracts gives."""

from typing import Final

from schemas.refusals import Code

REMEDY: Final[dict[Code, str]] = {
    Code.MALFORMED: "Mend the message as the detail says and send it again.",
    Code.WRONG_PARTITION: "Send with the murmur2 partitioner, keyed by contract id.",
    Code.UNKNOWN_CONTRACT: "Offer the contract first, or correct its id.",
    Code.NOT_A_PARTY: "Only this contract's upstream may send, for one of its parties.",
    Code.WRONG_ROLE: "This act belongs to the other party.",
    Code.SIGNATURE_REQUIRED: "Send the party's signature over the exact bytes in crps-proof.",
    Code.SIGNATURE_INVALID: "Sign these exact bytes with the key in the terms, for this system.",
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
    Code.IN_DISPUTE: "Send claim.lower to disputes instead: lowering your claim gives the same.",
    Code.DISPUTE_BUDGET_SPENT: "A tranche is disputed once: state claims in its dispute.",
    Code.NOTHING_LEFT: "Nothing is free any more: all of it is attributed.",
    Code.INSUFFICIENT_REMAINDER: "Ask for at most the remainder, or ALL.",
    Code.PRECONDITION_FAILED: "Look at the remainder and decide again.",
    Code.DUST_REMAINDER: "Choose one of the amounts that the rail can pay.",
    Code.DEADLINE_PAST: "Name an instant still to come; to pay now, release instead.",
    Code.DEADLINE_ONLY_LATER: "Extend to an instant after the present deadline.",
    Code.DEADLINE_ONLY_EARLIER: "Advance to an instant before the present deadline.",
    Code.BEYOND_CAP: "Stay within what the terms allow, as the facts name it.",
    Code.CLAIM_OUT_OF_BOUNDS: "Claim a total within the bounds that the facts name.",
    Code.NO_CHANGE: "Nothing to do: it is so already.",
}
