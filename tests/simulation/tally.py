"""What a history has reached, so that a test can tell whether the generator still reaches it."""

from collections import Counter
from typing import Any

from .model import Case


def tally(simulator: Any) -> Counter[str]:
    """Count, for one seed, what was said and refused, and which edges were met."""
    seen: Counter[str] = Counter(seeds=1)
    for fault, count in simulator.happened.items():
        seen[fault] += count > 0
    for case in simulator.watch.contracts.cases.values():
        _count(case, seen)
        for message in simulator.watch.contracts.stream.of(case.contract_id):
            _count_event(message.kind, message.data, seen)
    for service in simulator.world.services.values():
        seen.update(f"letter {row['code']}" for row in service.database["dead_letter"])
    return seen


def _count(case: Case, seen: Counter[str]) -> None:
    seen[f"status {case.status}"] += 1
    for answer in case.answers.values():
        seen[answer.data.get("code") or "duplicate"] += 1
        seen["duplicates"] += answer.kind == "command.duplicated"
    for tranche in case.tranches:
        seen["tranche shared by both sides"] += bool(tranche.payee and tranche.payer)


def _count_event(kind: str, told: Any, seen: Counter[str]) -> None:
    seen[kind] += 1
    if kind == "funds.attributed":
        seen[told["cause"]] += 1
        seen["across tranches"] += len(told["parts"]) > 1
        seen["arrival at the very deadline"] += told.get("due_at") == told["judged_at"]
    elif kind == "contract.effective":
        seen["excess"] += told.get("excess") is not None
    elif kind == "receipt.returned":
        seen[told["cause"]] += 1
    elif kind in {"offer.lapsed", "contract.declined"}:
        seen[f"{kind} with money"] += bool(told["returns"])
