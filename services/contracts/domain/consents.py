"""Revoking a consent: it binds the future only, so nothing that was signed moves by it."""

from schemas.refusals import Code
from services.chassis.answers import Applied, Refusal
from services.contracts.domain.commands import RevokeConsent
from services.contracts.domain.contract import Contract
from services.contracts.domain.events import ConsentRevoked, Event
from services.contracts.domain.grounds import ended


def judge_revocation(contract: Contract, command: RevokeConsent) -> Applied[Event] | Refusal:
    """Judge a party's revocation, once a party and whatever came of the contract by then.

    An acceptance given already stands, and one given afterwards consents afresh, for this contract
    (SPEC sections 3 and 10).
    """
    by = contract.role_of(command.asked.party)
    assert by is not None
    if refusal := ended(contract):
        return refusal
    if by in contract.revoked_by:
        return Refusal(Code.NO_CHANGE, f"the {by} has revoked its consent already")
    return Applied((ConsentRevoked(by),))
