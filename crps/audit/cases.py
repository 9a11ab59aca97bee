"""A dispute as far as the auditor has followed it, and what has been promised and not yet done.

Arithmetic of the auditor's own (SPEC section 6): nothing here comes of a service's code.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from crps.audit.trail import Trail
from schemas.contracts_v1 import Authorisation, Role
from schemas.disputes_v1 import ClaimStated, DisputeEnded
from schemas.envelope import RestsOn
from schemas.openings_v1 import DisputeOpened
from schemas.proposals_v1 import ProposalMade

Share = tuple[Role, int]
"""Who gets it, and how much."""


@dataclass(frozen=True, slots=True)
class Promise:
    """An attribution that an acceptance or a ruling must lead to."""

    share: Share
    cause: str
    kind: str
    authorisation: Authorisation
    causation_id: str
    judged_at: datetime


@dataclass(slots=True)
class Case:
    """A dispute as far as it was followed."""

    opening: DisputeOpened
    opened_in: RestsOn
    """The opening, on which everything said of the dispute rests."""
    payer_claim: int
    contested: int
    payee_claim: int | None = None
    payee_proposed: bool = False
    registered: bool = False
    cut: tuple[ClaimStated, Share, str] | None = None
    """A statement whose cut is not attributed yet: to whom, how much, by which cause."""
    promised: list[Promise] = field(default_factory=list)
    """What an acceptance or a ruling gave and is not attributed yet."""
    made: dict[str, ProposalMade] = field(default_factory=dict)
    """Proposals, by their names."""
    withdrawn: set[str] = field(default_factory=set)
    dying: list[str] = field(default_factory=list)
    """Proposals that could be accepted until less was contested, and are not called void yet."""
    agreed: str = "settled"
    """How it ended if nothing is contested: by statements, unless another act was the last."""
    executed: list[tuple[Share, str | None]] = field(default_factory=list)
    """What was attributed by a clause, and by which."""
    ended: DisputeEnded | None = None

    @property
    def is_silent(self) -> bool:
        """Whether the payee neither stated a claim nor made a proposal."""
        return self.payee_claim is None and not self.payee_proposed

    @property
    def due_at(self) -> datetime:
        """When the clock would end it as it stands."""
        opening = self.opening
        strikes = opening.clause.silence_rule and self.is_silent
        if opening.ruling_deadline_at is None or strikes:
            return opening.deadline_at
        return opening.ruling_deadline_at

    def live(self, t: datetime) -> list[ProposalMade]:
        """Return what could be accepted at `t`, as much being contested as now."""
        return [
            each
            for name, each in self.made.items()
            if name not in self.withdrawn
            and each.to_payee + each.to_payer == self.contested
            and t < each.expires_at
        ]

    def void(self, t: datetime, accepted: str | None = None) -> None:
        """Note whatever dies because less is contested from `t` on."""
        self.dying = sorted(each.proposal for each in self.live(t) if each.proposal != accepted)


def cases_of(trail: Trail) -> dict[int, Case]:
    """Return a case for each tranche that was disputed, as its opening tells."""
    cases: dict[int, Case] = {}
    for message, told in trail.events_of(DisputeOpened):
        opened_in = RestsOn(topic=message.topic, sequence=message.sequence or 0)
        case = Case(told, opened_in, payer_claim=told.claim, contested=told.after.contested)
        cases.setdefault(told.tranche, case)
    return cases


def promises_kept(case: Case, where: str) -> Iterator[str]:
    """Yield a sentence for each thing that should have followed and did not; then forget it."""
    if case.cut is not None:
        yield f"{where}: what {case.cut[0].command_id} gave up was never attributed"
    for promise in case.promised:
        to, amount = promise.share
        yield f"{where}: {amount} to the {to} by {promise.causation_id} was never attributed"
    if case.dying:
        yield f"{where}: {', '.join(case.dying)} died, and nobody was told"
    case.cut, case.promised, case.dying = None, [], []
