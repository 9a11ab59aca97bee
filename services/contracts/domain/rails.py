"""What terms promise of their rail against what the rail declares (SPEC section 3, offer)."""

from collections.abc import Set
from typing import Final

from schemas.currencies import EXPONENTS
from schemas.refusals import Code
from services.chassis.answers import Refusal
from services.contracts.domain.commands import ClaimedRail

_FREEDOM: Final = {"single_shot": 0, "none": 1, "many": 2}


def beyond_declared(rail: ClaimedRail, asset: str) -> Refusal | None:
    """Refuse the first clause that promises more than the rail declares, or not ``asset``.

    A promise of less is one that the rail keeps. The minima must be amounts.
    """
    declared = rail.declared
    if declared is None:
        return _refusal(rail, "name", f"nobody declares a rail {rail.name}")
    for clause, is_more in (
        ("minimum", _least(rail) < _least(declared)),
        ("partial", _FREEDOM[rail.partial] > _FREEDOM[declared.partial]),
        ("max_parts", _is_above(rail.max_parts, declared.max_parts)),
        ("max_hold_hours", _is_above(rail.max_hold_hours, declared.max_hold_hours)),
        ("margin_hours", rail.margin_hours < declared.margin_hours),
        ("currencies", _moves_more(rail, declared)),
    ):
        if is_more:
            detail = f"the terms promise more than the {clause} that the rail declares"
            return _refusal(rail, clause, detail, declared=_told(declared, clause))
    currency = asset.partition("/")[0]
    if currency not in _moves(rail):
        return _refusal(rail, "currencies", f"the rail moves no {currency} by these terms")
    return None


def _told(declared: ClaimedRail, clause: str) -> str:
    if clause == "currencies":
        return " ".join(sorted(_moves(declared)))
    return str(getattr(declared, clause))


def _least(rail: ClaimedRail) -> int:
    assert isinstance(rail.minimum, int)
    return max(rail.minimum, 1)


def _is_above(promised: int | None, declared: int | None) -> bool:
    return declared is not None and (promised is None or promised > declared)


def _moves_more(rail: ClaimedRail, declared: ClaimedRail) -> bool:
    if rail.currencies is None:
        return declared.currencies is not None
    return not rail.currencies <= _moves(declared)


def _moves(rail: ClaimedRail) -> Set[str]:
    return EXPONENTS.keys() if rail.currencies is None else rail.currencies


def _refusal(rail: ClaimedRail, clause: str, detail: str, **facts: str) -> Refusal:
    facts = {"clause": f"rail.{clause}", "rail": rail.name, **facts}
    return Refusal(Code.RAIL_CANNOT_HONOUR, detail, facts)
