"""Proposals: how the rest of an open dispute could be divided, and what came of it (SPEC 6).

On the topics of disputes, beside ``disputes_v1``. A proposal divides exactly what is contested
when it is made; the other side accepts it or it dies, by its expiry or because less is contested.
"""

from typing import Annotated

from pydantic import Field

from schemas.contracts_v1 import Role, Timed, TrancheName, TrancheNumber
from schemas.fields import AssetCode, ClaimedMoney, Fact, Instant, Minor, Request, Token

# --- commands -----------------------------------------------------------------------------------


class MakeProposal(Request):
    """``crps.proposal.make.v1``: a party proposes to divide what is contested.

    The two shares sum to the present contested amount; either may be 0. Several proposals may live
    at once. The tranche may be left out where there is only one.
    """

    party: Token
    proposal: Token
    """Its name, unique in the dispute."""
    to_payee: ClaimedMoney
    to_payer: ClaimedMoney
    expires_at: Instant
    """Until when it can be accepted, at most the dispute deadline; half-open as all periods are."""
    tranche: TrancheName | None = None


class NameProposal(Request):
    """``crps.proposal.accept.v1`` and ``crps.proposal.withdraw.v1``: take it, or take it back.

    The other side accepts, the maker withdraws. The tranche may be left out where there is one.
    """

    party: Token
    proposal: Token
    """The name that its maker gave it."""
    tranche: TrancheName | None = None


# --- events -------------------------------------------------------------------------------------


class ProposalMade(Timed):
    """``crps.proposal.made.v1``: the other side may accept it until it expires.

    Made by the payee it ends the payee's silence.
    """

    by: Role
    tranche: TrancheNumber
    asset: AssetCode
    proposal: Token
    to_payee: Minor
    to_payer: Minor
    expires_at: Instant
    command_id: Token
    """By which its maker gives up the other's share, should the other accept."""
    judged_at: Instant


class ProposalAccepted(Fact):
    """``crps.proposal.accepted.v1``: both concessions execute at once and end the dispute."""

    by: Role
    """Who accepted: not its maker."""
    tranche: TrancheNumber
    asset: AssetCode
    proposal: Token
    to_payee: Minor
    to_payer: Minor
    command_id: Token
    judged_at: Instant


class ProposalWithdrawn(Fact):
    """``crps.proposal.withdrawn.v1``: its maker took it back before anybody accepted it."""

    by: Role
    tranche: TrancheNumber
    proposal: Token
    command_id: Token
    judged_at: Instant


class ProposalVoided(Fact):
    """``crps.proposal.voided.v1``: less is contested now, so what was proposed before is dead."""

    tranche: TrancheNumber
    asset: AssetCode
    proposals: Annotated[list[Token], Field(min_length=1)]
    """The names of those that could have been accepted until now, in alphabetical order."""
    contested: Minor
    """What is left."""
    judged_at: Instant
