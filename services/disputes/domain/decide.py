"""One message, one decision: who may ask, what was answered before, what the rules say.

The ladder of refusals is climbed in the one order of SPEC section 4; the first that holds is the
answer. A business "no" is a value.
"""

from dataclasses import replace
from datetime import datetime
from functools import reduce

from schemas.refusals import Code
from services.chassis.answers import Applied, Asked, Decision, Outcome, Refusal, answer, unproven
from services.disputes.domain.allowed import allowed
from services.disputes.domain.claims import judge_claim
from services.disputes.domain.commands import (
    AcceptProposal,
    Command,
    DisputeOpened,
    Due,
    LowerClaim,
    MakeProposal,
    PartyCommand,
    SubmitRuling,
    WithdrawProposal,
)
from services.disputes.domain.docket import Docket, Role
from services.disputes.domain.endings import due_by, fire
from services.disputes.domain.events import Event
from services.disputes.domain.evolve import evolve
from services.disputes.domain.facts import register
from services.disputes.domain.invariants import assert_at_rest
from services.disputes.domain.proposals import judge_making
from services.disputes.domain.responses import is_others, judge_response
from services.disputes.domain.rulings import judge_ruling


def decide(docket: Docket | None, command: Command, t: datetime) -> Decision[Event]:
    """Decide ``command`` on ``docket`` as it stands at ``t``; changes nothing.

    The caller applies ``due`` and then the outcome's events with ``evolve``, in that order.
    """
    if docket is None:
        assert not isinstance(command, DisputeOpened), "contracts tells of an offer first"
        if isinstance(command, Due):
            return Decision(Applied())  # Forged: we never set a timer for what we do not know.
        return Decision(
            Refusal(Code.UNKNOWN_CONTRACT, "no offer for this contract id was ever made")
        )
    assert_at_rest(docket)
    decision = _decide(docket, command, t)
    assert_at_rest(reduce(evolve, (*decision.due, *decision.applied), docket))
    return decision


def awaits_fact(docket: Docket | None, command: PartyCommand) -> bool:
    """Tell whether ``command`` names a contract or a dispute that may only not be known yet."""
    if docket is None:
        return True
    tranche = docket.named_tranche(command.tranche)
    return (
        command.asked.first is None and tranche is not None and docket.dispute_of(tranche) is None
    )


def _decide(docket: Docket, command: Command, t: datetime) -> Decision[Event]:
    match command:
        case DisputeOpened():
            return Decision(Applied(register(docket, command)))
        case Due():
            return Decision(Applied(), due=fire(docket, command, t))
        case _:
            return _decide_party(docket, command, t)


def _decide_party(docket: Docket, command: PartyCommand, t: datetime) -> Decision[Event]:
    due = due_by(docket, t)
    current = reduce(evolve, due, docket)
    outcome = _judge(current, command, t)
    if isinstance(outcome, Refusal) and command.asked.upstream == current.upstream:
        tranche = current.named_tranche(command.tranche)
        meant = [each for each in current.disputes if tranche in (None, each.tranche)]
        outcome = replace(outcome, allowed=allowed(current, meant, command.asked.party, t))
    return Decision(outcome, due)


def _judge(docket: Docket, command: PartyCommand, t: datetime) -> Outcome[Event]:
    if refusal := _admit(docket, command):
        return refusal
    return answer(command.asked, lambda: _on_merits(docket, command, t))


def _on_merits(docket: Docket, command: PartyCommand, t: datetime) -> Applied[Event] | Refusal:
    match command:
        case LowerClaim():
            return judge_claim(docket, command, t)
        case MakeProposal():
            return judge_making(docket, command, t)
        case AcceptProposal() | WithdrawProposal():
            return judge_response(docket, command, t)
        case SubmitRuling():
            return judge_ruling(docket, command, t)


def _admit(docket: Docket, command: PartyCommand) -> Refusal | None:
    """Refuse what the asker may not even ask; such a refusal never uses up the id."""
    if docket.named_tranche(command.tranche) is None:
        detail = (
            "with several tranches a command names one"
            if command.tranche is None
            else f"tranche {command.tranche} is not in the terms"
        )
        return Refusal(Code.MALFORMED, detail, {"tranches": str(len(docket.tranches))})
    asked = command.asked
    if asked.upstream != docket.upstream:
        return Refusal(Code.NOT_A_PARTY, "the contract belongs to another upstream")
    role = docket.role_of(asked.party)
    if isinstance(command, SubmitRuling):
        return _admit_ruling(docket, asked, role)
    if role is None:
        return Refusal(Code.NOT_A_PARTY, f"{asked.party} is on neither side")
    # A repeat hears its first answer, whatever the name may stand for by now.
    is_repeat = asked.first is not None and asked.first.body_digest == asked.body_digest
    match command:
        case AcceptProposal() | WithdrawProposal() if not is_repeat:
            if is_others(docket, command, role):
                detail = f"this is the {role.other}'s to say of {command.name}"
                return Refusal(Code.WRONG_ROLE, detail)
    return unproven(asked, docket.key_of(role), demanded=docket.proofs.required)


def _admit_ruling(docket: Docket, asked: Asked, role: Role | None) -> Refusal | None:
    """Refuse a ruling by anybody but the adjudicator of an external ending, always signed."""
    if role is not None:
        return Refusal(Code.WRONG_ROLE, f"the {role} does not rule on its own dispute")
    adjudicator = docket.adjudicator
    if adjudicator is None or asked.party != adjudicator.party:
        return Refusal(Code.NOT_A_PARTY, f"the terms name no adjudicator {asked.party}")
    return unproven(asked, adjudicator.key, demanded=True)
