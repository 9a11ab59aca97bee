"""I3 in proposals: who makes one gives up the other's share, should the other accept in time.

Each is held against the command by which its maker sent it, each acceptance against the other's
(SPEC section 6).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from crps.audit.authorship import named, out_of_time, sent_by
from crps.audit.cases import Case, Promise
from crps.audit.messages import Message
from crps.audit.trail import Trail
from schemas.contracts_v1 import Authorisation, FundsAttributed, Role
from schemas.proposals_v1 import (
    MakeProposal,
    ProposalAccepted,
    ProposalMade,
    ProposalVoided,
    ProposalWithdrawn,
)
from schemas.terms_v1 import Terms
from schemas.values import Money


def proposals_followed(trail: Trail, terms: Terms, message: Message, case: Case) -> Iterator[str]:
    """Follow what an event says of a proposal; yield a sentence for each breach."""
    match message.data:
        case ProposalMade() as told:
            yield from _made(trail, terms, message, told, case)
        case ProposalAccepted() as told:
            yield from _accepted(trail, terms, message, told, case)
        case ProposalWithdrawn() as told:
            yield from _withdrawn(trail, terms, message, told, case)
        case ProposalVoided() as told:
            yield from _voided(message, told, case)


def divided(message: Message, told: FundsAttributed, case: Case) -> Iterator[str]:
    """Yield a sentence when an attribution is not the next that was promised."""
    if not case.promised:
        yield f"{message.id} takes {told.money.minor} that nobody gave up by a {told.cause}"
        return
    promise = case.promised.pop(0)
    if ((told.to, told.money.minor), told.judged_at) != (promise.share, promise.judged_at):
        yield f"{message.id} gives {told.money.minor} to the {told.to}, not {promise.share}"
    if (told.cause, told.kind) != (promise.cause, promise.kind):
        yield f"{message.id} is a {told.kind} {told.cause}, not a {promise.kind} {promise.cause}"
    if told.authorisation != promise.authorisation:
        yield f"{message.id}: it was {promise.authorisation} that gave it up"
    if message.causation_id != promise.causation_id:
        yield f"{message.id} is caused by {message.causation_id}, not {promise.causation_id}"


def _made(
    trail: Trail, terms: Terms, message: Message, told: ProposalMade, case: Case
) -> Iterator[str]:
    opening = case.opening
    if told.to_payee + told.to_payer != case.contested:
        yield f"{message.id} divides another sum than the {case.contested} that are contested"
    if not told.judged_at < told.expires_at <= opening.deadline_at:
        yield f"{message.id} ends at {told.expires_at}, which is no instant of the dispute to come"
    if told.proposal in case.made:
        yield f"{message.id} is called {told.proposal}, as another was"
    least = terms.rail.minimum
    if any(0 < share < least for share in (told.to_payee, told.to_payer)):
        yield f"{message.id} has a share that the rail cannot pay"
    live = [each for each in case.live(told.judged_at) if each.by == told.by]
    if len(live) >= terms.budget.proposals:
        yield f"{message.id}: the {told.by} has {len(live)} live proposals already"

    def differs(asked: MakeProposal) -> str | None:
        shares = (Money(told.to_payee, told.asset), Money(told.to_payer, told.asset))
        same = (asked.proposal, asked.expires_at) == (told.proposal, told.expires_at)
        return None if same and (asked.to_payee, asked.to_payer) == shares else "proposes otherwise"

    yield from _sent(trail, terms, message, "crps.proposal.make.v1", told, case, differs)
    case.made.setdefault(told.proposal, told)
    case.payee_proposed = case.payee_proposed or told.by == "payee"


def _accepted(
    trail: Trail, terms: Terms, message: Message, told: ProposalAccepted, case: Case
) -> Iterator[str]:
    yield from _sent(trail, terms, message, "crps.proposal.accept.v1", told, case, _names(told))
    proposal = case.made.get(told.proposal)
    if proposal is None:
        yield f"{message.id} accepts {told.proposal}, which nobody proposed"
        return
    if told.by == proposal.by:
        yield f"{message.id}: the {told.by} accepts its own proposal"
    if (told.to_payee, told.to_payer) != (proposal.to_payee, proposal.to_payer):
        yield f"{message.id} accepts another division than {told.proposal}"
    yield from _alive(message, proposal, told.judged_at, case)
    case.void(told.judged_at, accepted=told.proposal)
    # What each side gives up it gives up by its own act: one by proposing, one by accepting.
    acts: dict[Role, str] = {told.by: told.command_id, proposal.by: proposal.command_id}
    shares: tuple[tuple[Role, Role, int], ...] = (
        ("payee", "payer", told.to_payee),
        ("payer", "payee", told.to_payer),
    )
    case.promised = [
        Promise(
            (to, amount),
            "proposal",
            "subjective",
            Authorisation(signer=loser, basis="live", command_id=acts.get(loser)),
            told.command_id,
            told.judged_at,
        )
        for to, loser, amount in shares
        if amount
    ]
    case.agreed, case.contested = "proposal", 0


def _withdrawn(
    trail: Trail, terms: Terms, message: Message, told: ProposalWithdrawn, case: Case
) -> Iterator[str]:
    yield from _sent(trail, terms, message, "crps.proposal.withdraw.v1", told, case, _names(told))
    proposal = case.made.get(told.proposal)
    if proposal is None or proposal.by != told.by:
        yield f"{message.id}: the {told.by} withdraws {told.proposal}, which it never proposed"
    else:
        yield from _alive(message, proposal, told.judged_at, case)
    case.withdrawn.add(told.proposal)


def _voided(message: Message, told: ProposalVoided, case: Case) -> Iterator[str]:
    if told.proposals != case.dying or told.contested != case.contested:
        yield f"{message.id} calls {told.proposals} void, it was {case.dying} that died"
    case.dying = []


def _alive(message: Message, proposal: ProposalMade, t: datetime, case: Case) -> Iterator[str]:
    if proposal not in case.live(t):
        yield f"{message.id}: {proposal.proposal} was not alive at {t}"


def _names(told: ProposalAccepted | ProposalWithdrawn) -> Callable[[Any], str | None]:
    return lambda asked: None if asked.proposal == told.proposal else f"names {asked.proposal}"


def _sent(
    trail: Trail,
    terms: Terms,
    message: Message,
    wire_type: str,
    told: ProposalMade | ProposalAccepted | ProposalWithdrawn,
    case: Case,
    differs: Callable[[Any], str | None],
) -> Iterator[str]:
    """Demand that the party itself sent this, in time and as it was recorded."""
    opening = case.opening
    if message.causation_id != told.command_id:
        yield f"{message.id} names {told.command_id}, its cause is {message.causation_id}"
    party = (terms.payer if told.by == "payer" else terms.payee).party
    sent = sent_by(party, wire_type, told.command_id, trail, terms, trail.statements)
    if not sent:
        yield f"{message.id}: the {told.by} never sent {told.command_id}"
        return
    period = (opening.deadline_at,)
    flaws = [
        out_of_time(command, told.judged_at, opening.opened_at, period, "dispute period")
        or differs(asked)
        or (None if named(terms, asked.tranche) == told.tranche else "is about another tranche")
        for command, asked in sent
    ]
    if all(flaws):
        yield f"{message.id}: {told.command_id} {flaws[0]}"
