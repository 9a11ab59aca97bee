"""Area ledger: what the books say, on ``crps.ledger.events.v1``."""

from schemas.fields import AssetCode, Fact, Minor, Token


class FundingReceived(Fact):
    """``crps.funding.received.v1``: a bank receipt was booked. Contracts decides what it is."""

    receipt: Token
    """The bank's own reference of what came in."""
    amount: Minor
    asset: AssetCode
    account: Token
    """The account it came from, as the bank's opaque token."""


class BooksEmptied(Fact):
    """``crps.books.emptied.v1``: nothing is held, contested, due or sent any more."""

    asset: AssetCode
    payee_arrived: Minor
    """All that has arrived at the payee."""
    payer_arrived: Minor
    """All that has arrived back at the payer, of the contract's total."""


class BooksReopened(Fact):
    """``crps.books.reopened.v1``: the bank gave back what had arrived (SPEC section 7)."""

    instruction_id: Token
    """The one that was carried out and came back."""
    reason: Token | None = None
    """The bank's reason code, if it gave one."""
