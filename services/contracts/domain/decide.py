"""One message, one decision: who may ask, what was answered before, what the rules say.

The ladder of refusals is climbed in the one order of SPEC section 4; the first that holds is the
answer. A business "no" is a value.
"""

from dataclasses import replace
from functools import reduce

from schemas.refusals import Code
from services.chassis.answers import Applied, Decision, Outcome, Refusal, answer, unproven
from services.contracts.domain.acts import find_tranche, judge_move, named_tranche
from services.contracts.domain.allowed import allowed
from services.contracts.domain.arrivals import due_by, fire
from services.contracts.domain.commands import (
    Accept,
    At,
    BooksEmptied,
    BooksReopened,
    Command,
    ContestedAttributed,
    Decline,
    Due,
    FundingReceived,
    Move,
    MoveDeadline,
    Offer,
    OpenDispute,
    PartyCommand,
)
from services.contracts.domain.contract import Contract, Role, Status
from services.contracts.domain.deadlines import judge_deadline
from services.contracts.domain.events import (
    ContractClosed,
    ContractReopened,
    Event,
    TrancheAttributed,
)
from services.contracts.domain.evolve import evolve
from services.contracts.domain.funding import receive
from services.contracts.domain.offers import judge_acceptance, judge_decline, judge_offer
from services.contracts.domain.openings import judge_opening


def decide(contract: Contract | None, command: Command, at: At) -> Decision[Event]:
    """Decide ``command`` on ``contract`` as it stands; changes nothing.

    The caller applies ``due`` and then the outcome's events with ``evolve``, in that order.
    """
    match command:
        case Due():
            return Decision(Applied(), due=fire(contract, command, at.t))
        case FundingReceived():
            return receive(_known(contract), command, at)
        case BooksEmptied():
            return Decision(Applied(_closing(_known(contract))))
        case BooksReopened():
            return Decision(Applied(_reopening(_known(contract))))
        case ContestedAttributed():
            return Decision(Applied(_attributed(_known(contract), command)))
        case _:
            return _decide_party(contract, command, at)


def _decide_party(contract: Contract | None, command: PartyCommand, at: At) -> Decision[Event]:
    due: tuple[Event, ...] = ()
    if not isinstance(command, Offer) or command.is_command:
        due = due_by(contract, at.t)
    current = reduce(evolve, due, contract)
    outcome = _judge(current, command, at)
    if isinstance(outcome, Refusal):
        role = _role(current, command)
        outcome = replace(outcome, allowed=allowed(current, role, at.t))
    return Decision(outcome, due)


def _judge(contract: Contract | None, command: PartyCommand, at: At) -> Outcome[Event]:
    if refusal := _admit(contract, command) or _unproven(contract, command):
        return refusal
    return answer(command.asked, lambda: _rule(contract, command, at))


def _admit(contract: Contract | None, command: PartyCommand) -> Refusal | None:
    """Refuse what the asker may not even ask; such a refusal never uses up the id."""
    if isinstance(command, Offer):
        return _admit_offer(contract, command)
    if contract is None:
        return Refusal(Code.UNKNOWN_CONTRACT, "no offer for this contract id was ever made")
    if refusal := _no_such_tranche(contract, command):
        return refusal
    if command.asked.upstream != contract.upstream:
        return Refusal(Code.NOT_A_PARTY, "the contract belongs to another upstream")
    role = contract.role_of(command.asked.party)
    if role is None:
        return Refusal(Code.NOT_A_PARTY, f"{command.asked.party} is on neither side")
    if isinstance(command, Move) and role is not command.signer:
        return Refusal(Code.WRONG_ROLE, f"only the {command.signer} can give this money up")
    if isinstance(command, MoveDeadline) and role is not command.signer:
        return Refusal(Code.WRONG_ROLE, f"only the {command.signer} can move the deadline so")
    if isinstance(command, OpenDispute) and role is not Role.PAYER:
        return Refusal(Code.WRONG_ROLE, "only the payer opens a dispute; the payee can return")
    return None


def _unproven(contract: Contract | None, command: PartyCommand) -> Refusal | None:
    """Refuse what its party did not sign as the terms demand; asked of what may be asked only."""
    if isinstance(command, Offer):
        if command.acceptances and command.terms.proof_required:
            return Refusal(
                Code.SIGNATURE_REQUIRED,
                "by these terms each party sends its acceptance itself, signed: offer without any",
            )
        return unproven(command.asked, None, demanded=False)  # No upstream has a key in the terms.
    known = _known(contract)
    role = known.role_of(command.asked.party)
    assert role is not None, "whoever is on neither side was refused"
    clauses = known.clauses
    return unproven(command.asked, clauses.side(role).key, demanded=clauses.proof_required)


def _no_such_tranche(contract: Contract, command: PartyCommand) -> Refusal | None:
    if isinstance(command, Move) and find_tranche(contract, command.tranche) is None:
        detail = f"tranche {command.tranche} is not in the terms"
    elif (
        isinstance(command, OpenDispute | MoveDeadline)
        and named_tranche(contract, command.tranche) is None
    ):
        detail = "name one tranche of the terms"
    else:
        return None
    return Refusal(Code.MALFORMED, detail, {"tranches": str(len(contract.tranches))})


def _admit_offer(contract: Contract | None, offer: Offer) -> Refusal | None:
    if contract is not None and offer.asked.upstream != contract.upstream:
        return Refusal(Code.NOT_A_PARTY, "the contract belongs to another upstream")
    sides = {offer.terms.payer.party, offer.terms.payee.party}
    for acceptance in offer.acceptances:
        if acceptance.party not in sides:
            return Refusal(Code.NOT_A_PARTY, f"{acceptance.party} is on neither side")
    return None


def _rule(contract: Contract | None, command: PartyCommand, at: At) -> Applied[Event] | Refusal:
    match command:
        case Offer():
            return judge_offer(contract, command, at)
        case Accept():
            return judge_acceptance(_known(contract), command, at)
        case Decline():
            return judge_decline(_known(contract), command)
        case Move():
            return judge_move(_known(contract), command, at)
        case MoveDeadline():
            return judge_deadline(_known(contract), command, at)
        case OpenDispute():
            return judge_opening(_known(contract), command, at)


def _role(contract: Contract | None, command: PartyCommand) -> Role | None:
    if contract is None or command.asked.upstream != contract.upstream:
        return None
    return contract.role_of(command.asked.party)


def _closing(contract: Contract) -> tuple[Event, ...]:
    # The books can only be empty once all is attributed; anything else is two books at odds.
    assert contract.status in {Status.ATTRIBUTED, Status.CLOSED}
    return (ContractClosed(),) if contract.status is Status.ATTRIBUTED else ()


def _reopening(contract: Contract) -> tuple[Event, ...]:
    return (ContractReopened(),) if contract.status is Status.CLOSED else ()


def _attributed(contract: Contract, told: ContestedAttributed) -> tuple[Event, ...]:
    tranche = contract.tranches[told.tranche - 1]
    assert tranche.in_dispute, "what is contested was contested by us"
    assert told.after.total == tranche.amount
    if told.after.contested:
        return ()  # Nothing that we decide depends on how far a dispute has come.
    return (TrancheAttributed(told.tranche, told.after.payee, told.after.payer),)


def _known(contract: Contract | None) -> Contract:
    # Reports follow our own events, so a report on an unknown contract is a broken promise.
    assert contract is not None
    return contract
