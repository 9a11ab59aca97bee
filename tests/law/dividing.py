"""A division of all that is contested: what a rail can pay of it, and how it happens."""

from collections.abc import Iterable, Mapping

from .deal import OTHER, Deal, Tranche
from .disputing import live, move, voided
from .offering import Said


def unpayable(deal: Deal, tranche: Tranche, shares: Iterable[int]) -> set[str]:
    """Why the rail could not pay both; a share of nothing is none (SPEC sections 3 and 4)."""
    some, parts = [x for x in shares if x], tranche.dispute.parts
    reasons = {"DUST_REMAINDER"} if any(x < deal.terms.least for x in some) else set()
    scarce = parts is not None and len(some) > parts
    if len(some) == 2 and (deal.terms.partial != "many" or scarce):
        reasons.add("RAIL_CANNOT_HONOUR")
    return reasons


def divide(
    tranche: Tranche,
    shares: Mapping[str, int],
    cause: str,
    signed: Mapping[str, str],
    t: int,
    accepted: str | None = None,
) -> list[Said]:
    """To the payee first; each share is given up by the other side, as ``signed`` says.

    Proposals that are not the one ``accepted`` are dead with it.
    """
    dead = [name for name in live(tranche, t) if name != accepted]
    said = [
        move(tranche, to, cause, signed[OTHER[to]], shares[to], t, None)
        for to in ("payee", "payer")
        if shares[to]
    ]
    tranche.dispute.ended = cause
    return [*said, *voided(tranche, dead, t), ("ended", tranche.number, cause, t)]
