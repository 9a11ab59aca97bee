"""Area contracts: the parties' commands, and what the contracts service decided.

Commands travel on ``crps.contracts.commands.v1`` (their envelope's ``id`` is the command id),
events on ``crps.contracts.events.v1``; answers have shapes of their own (``answers_v1``).
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from schemas.fields import (
    AssetCode,
    ClaimedMoney,
    Digest,
    Fact,
    Instant,
    Minor,
    MinorSum,
    MoneyField,
    Named,
    Request,
    Token,
)
from schemas.orders_v1 import Acceptance
from schemas.periods_v1 import Derivation, LapseReason
from schemas.terms_v1 import TermsDocument

Role = Annotated[Literal["payer", "payee"], Named("Role", "One of the two sides.")]
TrancheNumber = Annotated[int, Field(ge=1), Named("TrancheNumber", "A tranche's number, from 1.")]
Generation = Annotated[int, Field(ge=1), Named("Generation", "Which of a tranche's deadlines.")]
Cause = Annotated[
    Literal[
        "release", "return", "arrival", "admission", "concession", "proposal", "dispute_default",
        "ruling",
    ],
    Named(
        "Cause",
        "Why money is attributed: the first three and a payer's admission by contracts, the rest"
        " by disputes.",
    ),
]  # fmt: skip
ReceiptCause = Literal["over_funding", "late_funding", "offer_lapsed", "declined"]
TimerKind = Annotated[Literal["offer", "chain", "dispute"], Named("TimerKind", "What ends then.")]
TrancheName = Annotated[
    Annotated[int, Field(strict=True, ge=1)] | Token,
    Named("TrancheName", "A tranche as a command names it: its number from 1, or its name."),
]


# --- commands -----------------------------------------------------------------------------------


class AcceptContract(Request):
    """``crps.contract.accept.v1``: one party accepts the offer."""

    party: Token
    terms_version: Annotated[int, Field(strict=True, ge=1)]
    """The terms' own `version`."""
    terms_digest: Digest
    consent: Literal["subjective_and_automatic", "none"]
    """That the bank executes subjective and automatic instructions."""

    def acceptance(self) -> Acceptance:
        """Return the same acceptance as an order event would carry it."""
        return Acceptance.model_construct(**dict(self))


class DeclineContract(Request):
    """``crps.contract.decline.v1``: one party declines; possible until effective."""

    party: Token


class MoveFunds(Request):
    """``crps.funds.release.v1`` and ``crps.funds.return.v1``: give up money, never take it.

    Exactly one of ``amount`` (money, or the token ``ALL``) and ``to_total``. A tranche is named
    by its number from 1 or its name; without one the act draws on all (SPEC section 4).
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["amount"]}, {"required": ["to_total"]}]}
    )

    party: Token
    amount: Literal["ALL"] | ClaimedMoney | None = None
    """How much of what is free."""
    to_total: ClaimedMoney | None = None
    """What the other side shall have in all, at least: repeats and reorders converge."""
    tranche: TrancheName | None = None
    expected_remaining: ClaimedMoney | None = None
    """What the sender believes to be free: if it is not, the act is refused."""


class DeadlineReached(Request):
    """``crps.deadline.reached.v1``: the due message, for contracts and for disputes.

    It carries no amount: who holds the truth computes it. Anybody may forge one: it is judged by
    its own append time, so a forgery does nothing that the clock would not do anyway.
    """

    timer: TimerKind
    tranche: TrancheNumber
    generation: Annotated[Generation, Field(strict=True)]
    due_at: Instant


# --- events -------------------------------------------------------------------------------------


class Timer(Fact):
    """One instant that the scheduler must announce."""

    timer: TimerKind
    tranche: TrancheNumber
    generation: Generation
    due_at: Instant


class Timed(Fact):
    """Base of events that may move timers: ``timers`` is all that is waiting afterwards."""

    timers: list[Timer]
    """All that is waiting for an instant after this event."""


class ContractOffered(Timed):
    """``crps.contract.offered.v1``: an offer stands, not yet accepted by both."""

    upstream: Token
    order_id: Token
    terms: TermsDocument
    terms_digest: Digest
    offer_expires_at: Instant
    accepted_by: list[Role]


class ContractAccepted(Timed):
    """``crps.contract.accepted.v1``: both accepted the same digest; the money may come."""

    upstream: Token
    order_id: Token
    terms: TermsDocument
    terms_digest: Digest
    offer_expires_at: Instant


class OfferAccepted(Timed):
    """``crps.offer.accepted.v1``: one party accepted; the other has not yet."""

    by: Role


class ReceiptShare(Fact):
    """One bank receipt and what of it is meant."""

    receipt: Token
    amount: Minor


class ContractDeclined(Timed):
    """``crps.contract.declined.v1``: a party declined; what had been received goes back."""

    by: Role
    asset: AssetCode
    returns: list[ReceiptShare]
    """The first of them, in their order; each further one is a `receipt.returned` right after."""


class OfferLapsed(Timed):
    """``crps.offer.lapsed.v1``: the offer period ended; what had been received goes back."""

    asset: AssetCode
    returns: list[ReceiptShare]
    """The first of them, in their order; each further one is a `receipt.returned` right after."""
    reason: LapseReason | None = None


class ReceiptCounted(Fact):
    """``crps.receipt.counted.v1``: it counts towards a total not yet whole or accepted."""

    receipt: Token
    asset: AssetCode
    amount: Minor


class ReceiptRefused(Fact):
    """``crps.receipt.refused.v1``: never ours to move; the bank refunds its origin."""

    receipt: Token
    reason: Literal["foreign_account", "foreign_currency"]


class ReceiptReturned(Fact):
    """``crps.receipt.returned.v1``: money that never entered the total goes back to its origin."""

    receipt: Token
    asset: AssetCode
    amount: Minor
    cause: ReceiptCause


class EffectiveTranche(Fact):
    """A tranche at the start of its chain period, with its frozen deadline."""

    tranche: TrancheNumber
    name: str | None = None
    amount: Minor
    deadline_at: Instant
    generation: Generation
    derivation: Derivation


class ContractEffective(Timed):
    """``crps.contract.effective.v1``: exactly the total is there; the chain period runs."""

    effective_at: Instant
    asset: AssetCode
    total: Minor
    receipts: Annotated[int, Field(ge=1)]
    """How many receipts were counted."""
    received: MinorSum
    """What they brought in all."""
    excess: ReceiptShare | None = None
    """What came beyond the total, cited by the receipt that brought it; it goes back at once."""
    tranches: list[EffectiveTranche]


class Buckets(Fact):
    """Whose the money of a tranche is; together always its whole amount."""

    free: Minor
    contested: Minor
    payee: Minor
    """Decided for the payee, for ever."""
    payer: Minor
    """Decided for the payer, for ever."""


class Part(Fact):
    """What moved in one tranche."""

    tranche: TrancheNumber
    amount: Minor
    before: Buckets
    after: Buckets


class Authorisation(Fact):
    """Who gave the money up, and by what: a live act or a clause it signed (SPEC I3)."""

    signer: Role
    basis: Literal["live", "clause"]
    clause: str | None = None
    """Of basis `clause`: which."""
    command_id: Token | None = None
    """Of basis `live`: the id of the command."""


class FundsAttributed(Timed):
    """``crps.funds.attributed.v1``: it is decided whose money this is, for ever.

    The only message that attributes money: contracts says it of what was free, disputes of what
    was contested. Each of them counts its own ``timers``.
    """

    to: Role
    cause: Cause
    kind: Literal["subjective", "automatic"]
    """Whether a party acted, or a clause that it signed beforehand."""
    money: MoneyField
    parts: list[Part]
    authorisation: Authorisation
    judged_at: Instant
    """The append time (monotone per contract) by which it was judged."""
    due_at: Instant | None = None
    """Of an arrival: the deadline it executes."""


class TrancheAttributed(Fact):
    """``crps.tranche.attributed.v1``: contracts has read the end of this tranche's dispute."""

    tranche: TrancheNumber
    asset: AssetCode
    payee: Minor
    """All of the tranche that is the payee's, whenever it was attributed."""
    payer: Minor


class ContractClosed(Fact):
    """``crps.contract.closed.v1``: nothing is due or sent any more."""

    asset: AssetCode
    payee: Minor
    payer: Minor


class ContractReopened(Fact):
    """``crps.contract.reopened.v1``: the bank gave money back after it had arrived."""
