"""Area disputes: what is stated in an open dispute, and how it ends (SPEC section 6).

Commands travel on ``crps.disputes.commands.v1``, events on ``crps.disputes.events.v1``, answers on
``crps.disputes.answers.v1``. Money moves by
``crps.funds.attributed.v1`` alone, which stands on ``crps.disputes.events.v1`` too.
"""

from typing import Annotated, Literal

from schemas.contracts_v1 import Generation, Role, Timed, TrancheName, TrancheNumber
from schemas.fields import AssetCode, ClaimedMoney, Instant, Minor, Named, Request, Token

Ending = Annotated[
    Literal["settled", "proposal", "ruling", "silence", "to_payee", "to_payer", "ratio"],
    Named(
        "Ending",
        "`settled`: statements left nothing contested; `proposal`: one was accepted; `ruling`: the"
        " adjudicator decided. The others came of the signed clauses, by the clock.",
    ),
]


# --- commands -----------------------------------------------------------------------------------


class LowerClaim(Request):
    """``crps.claim.lower.v1``: a party lowers its own claim; the cut settles at once to the other.

    The payee's first one is its answer: it may concede nothing and still ends the silence. A
    payer that lowers to its minimum withdraws. The tranche may be left out where there is only one.
    """

    party: Token
    claim: ClaimedMoney
    """All that this party should end with, as a total over the tranche."""
    tranche: TrancheName | None = None


# --- events -------------------------------------------------------------------------------------


class DisputeRegistered(Timed):
    """``crps.dispute.registered.v1``: disputes has taken over the contested part."""

    tranche: TrancheNumber
    asset: AssetCode
    contested: Minor
    payer_claim: Minor
    generation: Generation
    opened_at: Instant
    deadline_at: Instant
    """Until when claims and proposals count."""
    ruling_deadline_at: Instant | None = None
    """Until when a ruling counts, where the signed ending is external."""


class ClaimStated(Timed):
    """``crps.claim.stated.v1``: a party stated its total; what it gave up is attributed next."""

    by: Role
    tranche: TrancheNumber
    asset: AssetCode
    payer_claim: Minor
    payee_claim: Minor | None = None
    """Absent while the payee is silent."""
    contested: Minor
    """What is left once the cut has settled."""
    command_id: Token
    judged_at: Instant


class DisputeEnded(Timed):
    """``crps.dispute.ended.v1``: nothing is contested in this tranche any more, for good."""

    tranche: TrancheNumber
    asset: AssetCode
    ending: Ending
    payee: Minor
    """All of the tranche that is the payee's, whenever it was attributed."""
    payer: Minor
    judged_at: Instant
    due_at: Instant | None = None
    """Of an ending by the clock: the deadline that it executes."""
