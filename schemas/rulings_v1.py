"""Rulings: what an adjudicator that both parties named may say of a dispute (SPEC section 6).

On the topics of disputes, beside ``disputes_v1``.
"""

from schemas.contracts_v1 import TrancheName, TrancheNumber
from schemas.fields import AssetCode, ClaimedMoney, Fact, Instant, Minor, Request, Token


class SubmitRuling(Request):
    """``crps.ruling.submit.v1``: the adjudicator states what the payee should end with.

    A total over the tranche, like a claim. What the parties conceded beyond it stands; the rest of
    what is contested goes as ruled. Always signed with the adjudicator's key in the terms. The
    tranche may be left out where there is only one.
    """

    party: Token
    """The adjudicator, as the terms name it."""
    payee_total: ClaimedMoney
    tranche: TrancheName | None = None


class RulingMade(Fact):
    """``crps.ruling.made.v1``: what was contested is divided as ruled, and the dispute ends."""

    adjudicator: Token
    tranche: TrancheNumber
    asset: AssetCode
    payee_total: Minor
    """As ruled, over the tranche."""
    to_payee: Minor
    """Of what was contested."""
    to_payer: Minor
    command_id: Token
    judged_at: Instant
