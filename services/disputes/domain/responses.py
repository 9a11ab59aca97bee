"""What becomes of a proposal: the other side accepts it, or its maker withdraws it (SPEC 6).

The first acceptance in the log wins. It executes both concessions at once, each by its own side's
live act: the accepter's by the acceptance, the maker's by the proposal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.refusals import Code
from schemas.values import written
from services.chassis.answers import Applied, Refusal
from services.disputes.domain.commands import AcceptProposal, WithdrawProposal
from services.disputes.domain.division import divided
from services.disputes.domain.docket import Dispute, Docket, Ending, Proposal, Role
from services.disputes.domain.events import (
    Authorisation,
    DisputeEnded,
    Event,
    ProposalAccepted,
    ProposalWithdrawn,
)
from services.disputes.domain.grounds import (
    Case,
    before_effect,
    not_in_dispute,
    nothing_left,
    period_ended,
)
from services.disputes.domain.proposals import voided

Response = AcceptProposal | WithdrawProposal


def judge_response(docket: Docket, command: Response, t: datetime) -> Applied[Event] | Refusal:
    """Judge it at ``t``; the endings due by then are already executed."""
    case = _case(docket, command, t)
    for rung in _WITHDRAWAL if isinstance(command, WithdrawProposal) else _ACCEPTANCE:
        if refusal := rung(case):
            return refusal
    dispute, proposal = case.live, case.proposal
    assert dispute is not None
    assert proposal is not None
    command_id = command.asked.command_id
    if isinstance(command, WithdrawProposal):
        return Applied((ProposalWithdrawn(dispute.tranche, proposal, command_id, t),))
    return Applied(_accepted(dispute, proposal, command_id, t))


def is_others(docket: Docket, command: Response, role: Role) -> bool:
    """Tell whether only the other side may ask this.

    Nobody accepts his own proposal, nor withdraws another's; of a name that nobody gave nothing
    is known.
    """
    tranche = docket.named_tranche(command.tranche)
    assert tranche is not None
    dispute = docket.dispute_of(tranche)
    proposal = None if dispute is None else dispute.proposal_named(command.name)
    if proposal is None:
        return False
    return (proposal.by is role) == isinstance(command, AcceptProposal)


def _accepted(
    dispute: Dispute, proposal: Proposal, command_id: str, t: datetime
) -> tuple[Event, ...]:
    signed = {
        proposal.by: Authorisation(proposal.by, "live", command_id=proposal.command_id),
        proposal.by.other: Authorisation(proposal.by.other, "live", command_id=command_id),
    }
    shares = {Role.PAYEE: proposal.to_payee, Role.PAYER: proposal.to_payer}
    return (
        ProposalAccepted(dispute.tranche, proposal, command_id, t),
        *divided(dispute, shares, signed, "proposal", t),
        *voided(dispute, t, accepted=proposal),
        DisputeEnded(dispute.tranche, Ending.PROPOSAL, t),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case(Case):
    """A response laid out."""

    command: Response
    proposal: Proposal | None
    """The one of this name, whatever became of it."""


def _case(docket: Docket, command: Response, t: datetime) -> _Case:
    tranche = docket.named_tranche(command.tranche)
    assert tranche is not None
    dispute = docket.dispute_of(tranche)
    return _Case(
        docket=docket,
        tranche=tranche,
        dispute=dispute,
        t=t,
        command=command,
        proposal=None if dispute is None else dispute.proposal_named(command.name),
    )


# --- the ladders, in the order of SPEC section 4 ------------------------------------------------


def _superseded(case: _Case) -> Refusal | None:
    dispute = case.dispute
    if dispute is None or dispute.is_open:
        return None
    return Refusal(
        Code.PROPOSAL_SUPERSEDED,
        f"the dispute of tranche {case.tranche} has ended otherwise, before this came",
        case.facts(proposal=case.command.name, ending=dispute.ending),
    )


def _unknown(case: _Case) -> Refusal | None:
    proposal, name = case.proposal, case.command.name
    if proposal is not None and proposal.fate is None:
        return None
    what = "was made" if proposal is None else "stands: it was withdrawn"
    return Refusal(Code.PROPOSAL_UNKNOWN, f"no proposal {name} {what}", case.facts(proposal=name))


def _stale(case: _Case) -> Refusal | None:
    dispute, proposal = case.live, case.proposal
    assert dispute is not None
    assert proposal is not None
    contested = dispute.buckets.contested
    if proposal.contested == contested:
        return None
    return Refusal(
        Code.PROPOSAL_STALE,
        f"it divides {proposal.contested}, {contested} is still contested",
        case.facts(proposal=proposal.name),
    )


def _expired(case: _Case) -> Refusal | None:
    proposal = case.proposal
    assert proposal is not None
    if case.t < proposal.expires_at:
        return None
    return Refusal(
        Code.PROPOSAL_EXPIRED,
        f"it could be accepted until {written(proposal.expires_at)}",
        case.facts(proposal=proposal.name, t=written(case.t)),
    )


_Ladder = tuple[Callable[[_Case], Refusal | None], ...]
_GROUNDS: Final[_Ladder] = (before_effect, not_in_dispute, period_ended)
_ACCEPTANCE: Final[_Ladder] = (*_GROUNDS, _superseded, _unknown, _stale, _expired)
_WITHDRAWAL: Final[_Ladder] = (*_GROUNDS, nothing_left, _unknown, _stale, _expired)
