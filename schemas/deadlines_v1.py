"""Moving a deadline: the parties' commands, and what contracts says of it.

On the topics of contracts, beside ``contracts_v1``.
"""

from schemas.contracts_v1 import Generation, Role, Timed, TrancheName, TrancheNumber
from schemas.fields import Instant, Request, Token


class MoveDeadline(Request):
    """``crps.deadline.extend.v1`` and ``crps.deadline.advance.v1``: move a deadline for the other.

    The payee extends, later only; the payer advances, earlier only; both within the caps of the
    terms. The tranche may be left out where there is only one (SPEC section 4).
    """

    party: Token
    to: Instant
    """The new deadline."""
    tranche: TrancheName | None = None


class DeadlineMoved(Timed):
    """``crps.deadline.moved.v1``: a tranche has a new deadline, by who loses by it (SPEC I3).

    A due message of an older generation means nothing from here on.
    """

    by: Role
    """The payee moves it later only, the payer earlier only."""
    command_id: Token
    tranche: TrancheNumber
    before: Instant
    after: Instant
    generation: Generation
    """Of the new deadline."""
    first_deadline_at: Instant
    """The deadline at effect, from which the caps count."""
    judged_at: Instant
    """The append time (monotone per contract) by which it was judged."""
