"""What is expected against what is found, once all services are quiet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from crps.scenario.script import Expectations, InstructionExpected
from crps.scenario.stage import Sent, Stage
from crps.scenario.words import Came


class Difference(NamedTuple):
    """Something that is not as expected, both in words."""

    expected: str
    found: str


def answer_differs(expected: Came, found: Came, what: str = "") -> Difference | None:
    """Return the difference of an answer; a bank's report is refused by being set aside."""
    is_met = expected.met_by(found)
    if expected.kind == "refused" and found.kind == "quarantined":
        is_met = expected.code == found.code
    return None if is_met else Difference(f"{what}{expected}", str(found))


def first_difference(
    stage: Stage, expected: Expectations, sent: Mapping[str, Sent]
) -> Difference | None:
    """Return the first of the expectations that does not hold; ``sent`` is by step id."""
    for step_id, came in (expected.answers or {}).items():
        if step_id not in sent:
            return Difference(f"{step_id}: {came}", "nothing was sent by that step")
        if found := answer_differs(came, stage.came_of(sent[step_id]), f"{step_id}: "):
            return found
    for differs in _CHECKS:
        if found := differs(stage, expected):
            return found
    return None


def _buckets(stage: Stage, expected: Expectations) -> Difference | None:
    if expected.buckets is None:
        return None
    tranches = [stage.view.tranches[number] for number in sorted(stage.view.tranches)]
    if isinstance(expected.buckets, list):
        if len(expected.buckets) != len(tranches):
            return Difference(f"buckets of {len(expected.buckets)} tranches", f"{len(tranches)}")
        named = [each.model_dump(exclude_unset=True) for each in expected.buckets]
        found = [
            {name: tranche[name] for name in wanted}
            for wanted, tranche in zip(named, tranches, strict=True)
        ]
        return _unequal("buckets", named, found)
    wanted = expected.buckets.model_dump(exclude_unset=True)
    sums = {name: str(sum(int(tranche[name]) for tranche in tranches)) for name in wanted}
    return _unequal("buckets", wanted, sums)


def _state(stage: Stage, expected: Expectations) -> Difference | None:
    if expected.state is None:
        return None
    return _unequal("state", expected.state, stage.view.state)


def _deadline(stage: Stage, expected: Expectations) -> Difference | None:
    if expected.deadline is None:
        return None
    wanted = expected.deadline if isinstance(expected.deadline, list) else [expected.deadline]
    tranches = (stage.view.tranches[number] for number in sorted(stage.view.tranches))
    found = [_instant(tranche.get("deadline_at")) for tranche in tranches]
    return _unequal("deadline", [instant.isoformat() for instant in wanted], found)


def _instant(text: str | None) -> str | None:
    return None if text is None else datetime.fromisoformat(text).isoformat()


def _instructions(stage: Stage, expected: Expectations) -> Difference | None:
    if expected.instructions is None:
        return None
    wanted = [_wanted(each) for each in expected.instructions]
    found = [_told(row) for row in stage.instructions]
    named = [
        {name: have[name] for name in want if name in have}
        for want, have in zip(wanted, found, strict=False)
    ]
    if len(wanted) == len(found) and named == wanted:
        return None
    return Difference(f"instructions: {_in_words(wanted)}", _in_words(found))


def _wanted(expected: InstructionExpected) -> dict[str, str]:
    direction, amount = (
        ("settle", expected.settle) if expected.settle else ("return", expected.back)
    )
    said = {direction: amount, "kind": expected.kind, "cause": expected.cause}
    said["status"] = expected.status
    return {name: value for name, value in said.items() if value is not None}


def _told(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        row["direction"]: str(row["amount"]),
        "kind": row["kind"],
        "cause": row["cause"],
        "status": "unknown" if row["unknown"] else row["status"],
    }


def _in_words(instructions: list[dict[str, str]]) -> str:
    return "; ".join(" ".join(map(" ".join, each.items())) for each in instructions) or "none"


def _unequal(what: str, wanted: Any, found: Any) -> Difference | None:
    return None if wanted == found else Difference(f"{what}: {wanted}", f"{found}")


_CHECKS: tuple[Callable[[Stage, Expectations], Difference | None], ...] = (
    _buckets,
    _state,
    _deadline,
    _instructions,
)
