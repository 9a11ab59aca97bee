"""The signed ending of a dispute: what the clock alone decides (SPEC section 6).

At the dispute deadline first the silence rule, then the signed division; where the ending is
external, its fallback at the bound of a ruling.
"""

from datetime import datetime
from typing import Final

from services.disputes.domain.commands import Due
from services.disputes.domain.division import divided
from services.disputes.domain.docket import Dispute, Docket, Ending, Role
from services.disputes.domain.events import (
    ENDING_CLAUSE,
    FALLBACK_CLAUSE,
    SILENCE_CLAUSE,
    Authorisation,
    DisputeEnded,
    Event,
)

_WHOLE_BP: Final = 10_000


def due_by(docket: Docket, t: datetime) -> tuple[Event, ...]:
    """Return every ending due at ``t``, in deadline order, in the order of the terms on ties.

    Intervals are half-open: what ends at ``t`` is over at ``t``.
    """
    due = [each for each in docket.disputes if each.is_open and each.due_at <= t]
    due.sort(key=lambda dispute: (dispute.due_at, dispute.tranche))
    return tuple(event for dispute in due for event in _ending(dispute, t))


def fire(docket: Docket, due: Due, t: datetime) -> tuple[Event, ...]:
    """Return what a due message sets off: of the present generation and not early, else nothing.

    One that counts executes all that is due by ``t``, in deadline order (SPEC section 10).
    """
    dispute = docket.dispute_of(due.tranche)
    if dispute is None or t < dispute.due_at:
        return ()
    is_present = (due.timer, due.generation) == ("dispute", dispute.generation)
    return due_by(docket, t) if is_present else ()


def parts_to_end(dispute: Dispute) -> int:
    """Return how many instructions the signed ending may need; a ruling may divide as it likes."""
    ratio = dispute.clause.ratio_bp
    divides = dispute.clause.ending == "external" or (ratio is not None and 0 < ratio < _WHOLE_BP)
    return 2 if divides and not dispute.rail.whole_only else 1


def split(contested: int, ratio_bp: int, odd_unit: Role, minimum: int) -> dict[Role, int]:
    """Return each side's share by ``ratio_bp``, basis points to the payee, floored.

    The unit that cannot be split goes to ``odd_unit``. A share below ``minimum`` goes to the other
    side; when both are, ``odd_unit`` gets all (SPEC sections 2, 4 and 10).
    """
    shares = {
        Role.PAYEE: contested * ratio_bp // _WHOLE_BP,
        Role.PAYER: contested * (_WHOLE_BP - ratio_bp) // _WHOLE_BP,
    }
    shares[odd_unit] += contested - sum(shares.values())
    dust = [role for role, share in shares.items() if 0 < share < minimum]
    if not dust:
        return shares
    heir = odd_unit if len(dust) == len(shares) else dust[0].other
    return {heir: contested, heir.other: 0}


def _ending(dispute: Dispute, t: datetime) -> tuple[Event, ...]:
    ending, name = _by_clause(dispute)
    signed = {role: Authorisation(role, "clause", clause=name) for role in Role}
    shares = _shares(dispute, ending)
    attributed = divided(dispute, shares, signed, "dispute_default", t, dispute.due_at)
    return (*attributed, DisputeEnded(dispute.tranche, ending, t, dispute.due_at))


def _by_clause(dispute: Dispute) -> tuple[Ending, str]:
    """Return how the clock ends it, and the clause of the terms that says so."""
    clause = dispute.clause
    if clause.silence_rule and dispute.is_silent:
        return Ending.SILENCE, SILENCE_CLAUSE
    if clause.fallback is not None:
        return Ending(clause.fallback), FALLBACK_CLAUSE
    return Ending(clause.ending), ENDING_CLAUSE


def _shares(dispute: Dispute, ending: Ending) -> dict[Role, int]:
    contested, clause = dispute.buckets.contested, dispute.clause
    if ending is Ending.TO_PAYEE:
        return {Role.PAYEE: contested}
    if ending is not Ending.RATIO:
        return {Role.PAYER: contested}
    assert clause.ratio_bp is not None
    # Where the rail moves only the whole, the offer saw to it that one share is below the minimum.
    return split(contested, clause.ratio_bp, clause.odd_unit, dispute.rail.minimum)
