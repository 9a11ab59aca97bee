"""Area ledger: what the books say, on ``crps.ledger.events.v1``."""

from schemas.fields import AssetCode, Fact, Minor, Token


class FundingReceived(Fact):
    """``crps.funding.received.v1``: a bank receipt was booked. Contracts decides what it is."""

    receipt: Token
    amount: Minor
    asset: AssetCode
    account: Token
    """The account it came from, as the bank's opaque token."""


class BooksEmptied(Fact):
    """``crps.books.emptied.v1``: nothing is held, contested, due or sent any more."""

    asset: AssetCode
    payee_arrived: Minor
    payer_arrived: Minor


class BooksReopened(Fact):
    """``crps.books.reopened.v1``: the bank gave back what had arrived (SPEC section 7)."""

    instruction_id: Token
    reason: Token | None = None
    """The bank's reason code, if it gave one."""
