"""Area contracts: the parties' commands, and what the contracts service decided.

Commands travel on ``crps.contracts.commands.v1`` (their envelope's ``id`` is the command id),
events on ``crps.contracts.events.v1``, answers on ``crps.contracts.answers.v1``.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.fields import (
    AssetCode,
    ClaimedMoney,
    Digest,
    Fact,
    Instant,
    Minor,
    MoneyField,
    Request,
    Token,
)
from schemas.orders_v1 import Acceptance

Role = Literal["payer", "payee"]
TrancheNumber = Annotated[int, Field(ge=1)]
Cause = Literal["release", "return", "arrival"]
ReceiptCause = Literal["over_funding", "late_funding", "offer_lapsed", "declined"]


# --- commands -----------------------------------------------------------------------------------


class AcceptContract(Request):
    """``crps.contract.accept.v1``: one party accepts the offer."""

    party: Token
    terms_version: Annotated[int, Field(strict=True, ge=1)]
    terms_digest: Digest
    consent: Literal["subjective_and_automatic", "none"]

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

    party: Token
    amount: Literal["ALL"] | ClaimedMoney | None = None
    to_total: ClaimedMoney | None = None
    tranche: Annotated[int, Field(strict=True, ge=1)] | Token | None = None
    expected_remaining: ClaimedMoney | None = None


class DeadlineReached(Request):
    """``crps.deadline.reached.v1``: the due message. Carries no amount: contracts computes it.

    Anybody may forge one: it is judged by its own append time, so a forgery does nothing that
    the clock would not do anyway.
    """

    timer: Literal["offer", "chain"]
    tranche: TrancheNumber
    generation: Annotated[int, Field(strict=True, ge=1)]
    due_at: Instant


# --- events -------------------------------------------------------------------------------------


class Timer(Fact):
    """One instant that the scheduler must announce."""

    timer: Literal["offer", "chain"]
    tranche: TrancheNumber
    generation: Annotated[int, Field(ge=1)]
    due_at: Instant


class Timed(Fact):
    """Base of events that may move timers: ``timers`` is all that is waiting afterwards."""

    timers: list[Timer]


class ContractOffered(Timed):
    """``crps.contract.offered.v1``: an offer stands, not yet accepted by both."""

    upstream: Token
    order_id: Token
    terms: dict[str, Any]
    terms_digest: Digest
    offer_expires_at: Instant
    accepted_by: list[Role]


class ContractAccepted(Timed):
    """``crps.contract.accepted.v1``: both accepted the same digest; the money may come."""

    upstream: Token
    order_id: Token
    terms: dict[str, Any]
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


class OfferLapsed(Timed):
    """``crps.offer.lapsed.v1``: the offer period ended; what had been received goes back."""

    asset: AssetCode
    returns: list[ReceiptShare]


class ReceiptCounted(Fact):
    """``crps.receipt.counted.v1``: it counts towards T, which is not whole or not yet accepted."""

    receipt: Token
    asset: AssetCode
    amount: Minor


class ReceiptRefused(Fact):
    """``crps.receipt.refused.v1``: never ours to move; the bank refunds its origin."""

    receipt: Token
    reason: Literal["foreign_account", "foreign_currency"]


class ReceiptReturned(Fact):
    """``crps.receipt.returned.v1``: money that never entered T goes back to its origin."""

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
    generation: Annotated[int, Field(ge=1)]
    derivation: str
    """Why this instant, in words that a person can check."""


class ContractEffective(Timed):
    """``crps.contract.effective.v1``: exactly T is there; the chain period runs."""

    effective_at: Instant
    asset: AssetCode
    total: Minor
    receipts: list[ReceiptShare]
    """The receipts that were counted, in their order."""
    excess: ReceiptShare | None = None
    """What came beyond T, cited by the receipt that brought it; it goes back at once."""
    tranches: list[EffectiveTranche]


class Buckets(Fact):
    """The four buckets of SPEC section 2."""

    free: Minor
    contested: Minor
    payee: Minor
    payer: Minor


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
    command_id: Token | None = None


class FundsAttributed(Timed):
    """``crps.funds.attributed.v1``: it is decided whose money this is, for ever."""

    to: Role
    cause: Cause
    kind: Literal["subjective", "automatic"]
    money: MoneyField
    parts: list[Part]
    authorisation: Authorisation
    judged_at: Instant
    """The append time (monotone per contract) by which it was judged."""
    due_at: Instant | None = None
    """Of an arrival: the deadline it executes."""


class ContractClosed(Fact):
    """``crps.contract.closed.v1``: nothing is due or sent any more."""

    asset: AssetCode
    payee: Minor
    payer: Minor


class ContractReopened(Fact):
    """``crps.contract.reopened.v1``: the bank gave money back after it had arrived."""


# --- answers ------------------------------------------------------------------------------------


class Allowed(Fact):
    """Something the asker could do now instead, and until when."""

    command: str
    until: Instant | None = None


class CommandRefused(Fact):
    """``crps.command.refused.v1``: no, with the code, the facts, and what is allowed now."""

    command_id: Token
    party: Token | None = None
    code: str
    detail: str
    facts: dict[str, str]
    allowed: list[Allowed]


class CommandDuplicated(Fact):
    """``crps.command.duplicated.v1``: this id was already judged; here is its first answer."""

    command_id: Token
    party: Token
    first: Literal["applied", "refused"]
    code: str | None = None
    event_id: Token | None = None
    """Of an applied one: the event it led to."""
