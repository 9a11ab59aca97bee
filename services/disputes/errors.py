"""What the asker of disputes can do instead, a sentence a code that disputes gives."""

from typing import Final

from schemas.refusals import Code

REMEDY: Final[dict[Code, str]] = {
    Code.MALFORMED: "Mend the message as the detail says and send it again.",
    Code.WRONG_PARTITION: "Send with the murmur2 partitioner, keyed by contract id.",
    Code.UNKNOWN_CONTRACT: "Offer the contract first, or correct its id.",
    Code.NOT_A_PARTY: "Only this contract's upstream may send, for one of its parties.",
    Code.WRONG_ROLE: "This act belongs to the other side.",
    Code.SIGNATURE_REQUIRED: "Send the party's signature over the exact bytes in crps-proof.",
    Code.SIGNATURE_INVALID: "Sign these exact bytes with the key in the terms, for this system.",
    Code.IDEMPOTENCY_CONFLICT: "This command id already stands for another body: use a new id.",
    Code.ACT_BUDGET_SPENT: "Too many refusals are on record, or too many proposals live.",
    Code.CURRENCY_UNKNOWN: "Name an ISO 4217 currency, such as CNY/2.",
    Code.EXPONENT_WRONG: "Write the currency with its ISO 4217 exponent.",
    Code.CURRENCY_MISMATCH: "State the amount in the contract's own asset.",
    Code.AMOUNT_INVALID: "Write minor units as a string of at most 18 digits.",
    Code.RAIL_CANNOT_HONOUR: "Move so much that nothing stays contested, or wait.",
    Code.DECLINED: "A party declined this contract: offer a new one.",
    Code.OFFER_LAPSED: "The offer period is over: offer a new contract.",
    Code.NOT_EFFECTIVE: "Wait until both accepted and the bank confirmed the money.",
    Code.NOT_IN_DISPUTE: "Use funds.release, funds.return or dispute.open instead.",
    Code.DISPUTE_PERIOD_ENDED: "Nothing to do: the signed ending decided what was contested.",
    Code.PROPOSAL_SUPERSEDED: "Nothing to do: the dispute ended before this acceptance.",
    Code.NOTHING_LEFT: "Nothing is contested any more: all of it is attributed.",
    Code.DUST_REMAINDER: "Choose one of the amounts that the rail can settle.",
    Code.CLAIM_MAY_ONLY_FALL: "State a total below your present claim.",
    Code.CLAIM_OUT_OF_BOUNDS: "Claim a total within the bounds that the facts name.",
    Code.PROPOSAL_NAME_USED: "Give the proposal another name: each is used once in a dispute.",
    Code.PROPOSAL_UNKNOWN: "Name a proposal that was made and not withdrawn.",
    Code.PROPOSAL_STALE: "Propose anew: the shares must sum to what is contested now.",
    Code.PROPOSAL_EXPIRED: "Propose anew, until an instant to come within the dispute period.",
    Code.NO_CHANGE: "Nothing to do: it is so already.",
}
